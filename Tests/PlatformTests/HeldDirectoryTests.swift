import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

@Suite struct HeldDirectoryTests {
  private let place: TemporaryDirectory
  private let held: HeldDirectory
  private var path: String { place.path + "/held" }

  init() throws {
    place = try TemporaryDirectory()
    mkdir(place.path + "/held", 0o700)
    held = try HeldDirectory(place.path + "/held")
  }

  @Test func `what is made goes into the directory that is held, whatever stands at its path`() throws {
    #expect(held.place == .itself)
    rename(path, place.path + "/moved")
    #expect(held.place == .movedAway)
    mkdir(path, 0o755)
    #expect(held.place == .replaced(owner: geteuid()))
    try held.replaceFile("a", with: [1])
    _ = try held.directory("d")
    #expect(place.exists("moved/a") && place.exists("moved/d") && !place.exists("held/a") && !place.exists("held/d"))
    #expect(held.entries.sorted() == ["a", "d"])
    #expect(throws: Errno.fileExists) { try held.remake() }
  }

  @Test func `one that was removed is made again, and others go over to it`() throws {
    let other = try HeldDirectory(path)
    rmdir(path)
    #expect(held.place == .removed)
    try held.remake()
    #expect(held.place == .itself && held.mode == 0o700)
    #expect(other.place == .replaced(owner: geteuid()))
    #expect(!other.follow("1:1") && other.follow(held.identity.description) && other.place == .itself)
    rmdir(path)
    try place.write("x", to: "held")
    #expect(throws: Errno.fileExists) { try held.remake() }
    #expect(place.text("held") == "x")
  }

  @Test func `links are not followed, and what has two names is not written`() throws {
    try place.write("mine", to: "mine")
    for name in ["file", "held/linked", "held/two"] { unlink("\(place.path)/\(name)") }
    symlink("../mine", path + "/linked")
    link(place.path + "/mine", path + "/two")
    mkfifo(path + "/pipe", 0o600)
    for name in ["linked", "two", "pipe"] {
      #expect(throws: FileError.self) { _ = try held.openOwn(name, O_WRONLY | O_CREAT | O_APPEND) }
      try held.replaceFile(name, with: [2])
    }
    #expect(place.text("mine") == "mine")
    symlink("..", path + "/inbox")
    #expect(throws: FileError.self) { try held.directory("inbox") }
  }

  @Test(.enabled(if: geteuid() == 0, "making directories of other users takes root"))
  func `another user's directory is not held`() throws {
    chown(path, 54321, 54321)
    #expect(throws: FileError.self) { try HeldDirectory(path) }
    #expect(try HeldDirectory(path, owner: .meOrAnyForRoot).place == .itself)
  }
}
