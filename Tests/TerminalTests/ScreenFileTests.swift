import Glibc
import TestSupport
import Testing

@testable import Terminal

@Suite struct ScreenFileTests {
  @Test func `a screen goes into a new file, and over nothing`() throws {
    let place = try TemporaryDirectory()
    let name = place.path + "/shot"
    #expect(symlink(place.path + "/target", name + "-2.txt") == 0)
    #expect(mkfifo(name + "-3.txt", 0o600) == 0)
    #expect(try ScreenFile.write("one\n", named: name) == name + ".txt")
    #expect(try ScreenFile.write("two\n", named: name) == name + "-4.txt")
    #expect(place.text("shot.txt") == "one\n" && place.text("shot-4.txt") == "two\n")
    #expect(!place.exists("target"))
  }

  @Test func `what cannot be written is one sentence, and nothing is left of it`() throws {
    let missing = #expect(throws: (any Error).self) { try ScreenFile.write("x", named: "/nonexistent/shot") }
    #expect(missing.map { "\($0)" } == "/nonexistent/shot.txt cannot be written: No such file or directory")
    let place = try TemporaryDirectory()
    try place.write("", to: "file")
    #expect(throws: (any Error).self) { try ScreenFile.write("x", named: place.path + "/file/shot") }
  }
}
