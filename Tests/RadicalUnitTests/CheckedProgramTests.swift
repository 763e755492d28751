import Glibc
import Platform
import TestSupport
import Testing
import Work

@testable import RadicalEngine

/// What runs on RADICAL-Pilot's nodes is what was written, whoever may put other files in its place.
@Suite struct CheckedProgramTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]) func `hashes are SHA-256`(_ text: String, _ hash: String) {
    #expect(SHA256.text(of: Array(text.utf8)) == hash)
  }

  @Test func `a program that was exchanged is not run`() async throws {
    for program in [CheckedProgram.runner, .stager] {
      let place = try MappingPlace()
      try place.write("text", to: "in")
      let task = TaskDescription(
        name: "t", argv: ["true"], inputs: [StagingDirective(source: "in", target: "in")])
      #expect(try await place.run(task).status == 0)
      let path = program.path(in: place.mapping.sessionDirectory)
      let mark = place.root.path + "/theirs"
      // Another file of that name, and the right one with something behind it.
      for text in [[], program.bytes] {
        let bytes = text + Array("\nopen('\(mark)', 'w')\n".utf8)
        try writeFile(path, bytes)
        let end = try await place.run(task, number: 1)
        let said = (end.text("stderr") ?? "") + end.scriptErrors
        #expect(end.status != 0 && said.contains("not the program that was written there"), "\(program) \(said)")
        #expect(!place.root.exists("theirs"))
      }
    }
  }

  @Test func `the helper's program is in no file, and modules beside it are not its own`() async throws {
    let helper = try FakeHelper(
      "hello()\nsay(event='log', level='info', text=repr(sys.argv[1:]))\nfor _ in requests(): pass")
    let running = try helper.start()
    try await wait(for: "its words") { helper.logs.count == 1 }
    #expect(!helper.logs[0].contains(helper.place.path) && helper.logs[0].contains("scalems.unit.test"))
    #expect(directoryEntries(helper.place.path + "/radical") == ["helper.log"])
    running.finish()
    await running.untilEnded()
  }
}
