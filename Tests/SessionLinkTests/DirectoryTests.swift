import SessionLink
import SessionModel
import SystemPackage
import Testing
import Work

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct DirectoryTests {
  private let scratch = Scratch()

  private func problem(_ directory: SessionDirectory) -> String? {
    #expect(throws: SessionDirectory.DirectoryError.self) { try directory.create() }?.description
  }

  @Test func `a session directory and those above it are made for their owner`() throws {
    let directory = SessionDirectory(scratch["runs/today/session.1"])
    try directory.create()
    for name in ["runs", "runs/today", "runs/today/session.1"] { #expect(mode(scratch[name]) == 0o700) }
    #expect(directory.journal == scratch["runs/today/session.1/journal.jsonl"])
    try directory.create()
  }

  @Test func `a directory that is there becomes its owner's alone`() throws {
    let path = scratch["open"]
    mkdir(path.string, 0o777)
    chmod(path.string, 0o777)
    try SessionDirectory(path).create()
    #expect(mode(path) == 0o700)
  }

  @Test func `a directory that holds a session is refused`() throws {
    let directory = SessionDirectory(scratch["session"])
    try directory.create()
    _ = try Journal(creating: directory.journal, session: "s", observer: { _, _ in })
    #expect(
      problem(directory) == "\(directory.path) holds a session already: name another directory with --session-dir")
  }

  @Test func `a directory that cannot be made says why`() {
    put(Array("x".utf8), into: scratch["file"])
    #expect(
      problem(SessionDirectory(scratch["file/session"]))
        == "the session directory \(scratch["file/session"]) cannot be made: Not a directory")
    let long = scratch[String(repeating: "x", count: 300)]
    #expect(problem(SessionDirectory(long)) == "the session directory \(long) cannot be made: File name too long")
  }

  @Test func `a file is no session directory`() {
    put(Array("x".utf8), into: scratch["file"])
    #expect(
      problem(SessionDirectory(scratch["file"]))
        == "the session directory \(scratch["file"]) cannot be made: Not a directory")
    #expect(mode(scratch["file"]) != 0o700, "it is left as it was")
  }

  /// Root may write everywhere; the read-only disk of `FullDiskTests` stands in for this then.
  @Test(.enabled(if: geteuid() != 0)) func `a directory that may not be written is named`() throws {
    chmod(scratch.path.string, 0o500)
    let new = SessionDirectory(scratch["session"])
    #expect(problem(new) == "the session directory \(new.path) cannot be made: Permission denied")
    chmod(scratch.path.string, 0o700)
  }

  @Test func `the end of a task's output is read`() throws {
    let directory = SessionDirectory(scratch["session"])
    try directory.create()
    mkdir(scratch["session/tasks"].string, 0o700)
    mkdir(scratch["session/tasks/task.000007"].string, 0o700)
    put(Array("0123456789é".utf8), into: scratch["session/tasks/task.000007/stdout"])
    let whole = directory.output(of: TaskID(7), named: "stdout", limit: 100)
    #expect(whole == OutputTail(text: "0123456789é", size: 12))
    #expect(directory.output(of: TaskID(7), named: "stdout", limit: 4).text == "89é")
    #expect(directory.output(of: TaskID(7), named: "stdout", limit: 1).text == "\u{fffd}", "cut in the middle")
    #expect(directory.output(of: TaskID(7), named: "stderr", limit: 4).failure == "nothing was written yet")
  }
}
