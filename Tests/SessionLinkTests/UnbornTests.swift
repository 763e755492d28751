import Platform
import SessionModel
import SystemPackage
import Testing
import Work

@testable import SessionLink

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct UnbornTests {
  private let scratch = Scratch()
  private var directory: SessionDirectory { SessionDirectory(scratch["d"]) }

  private func giveWay() throws -> UnbornSession.Outcome {
    try UnbornSession.giveWay(in: directory, registry: LinkDirectory(directory: scratch["registry"].string))
  }

  private func make(_ events: [SessionEvent]) throws {
    mkdir(directory.path.string, 0o700)
    let journal = try Journal(creating: directory.journal, session: "s.1", observer: { _, _ in })
    journal.write(events)
  }

  private var opened: SessionEvent {
    SessionEvent(
      source: .executor,
      .sessionOpened(
        SessionInfo(
          id: "s.1", name: "n", engine: "local", resource: "local.localhost", user: "u", host: "h", pid: 1,
          directory: directory.path.string)))
  }

  private var added: SessionEvent {
    SessionEvent(
      source: .executor,
      .tasksAdded(
        TaskBatch(first: TaskID(0), description: TaskDescription(name: "a", argv: ["true"]), members: .single)))
  }

  private func task(_ state: TaskState) -> SessionEvent { SessionEvent(source: .agent, .task(TaskID(0), state, nil)) }

  @Test func `a directory without a session is left as it is`() throws {
    #expect(try giveWay() == .none)
    mkdir(directory.path.string, 0o700)
    put(Array("mine".utf8), into: scratch["d/file"])
    #expect(try giveWay() == .none)
    #expect(bytes(scratch["d/file"]) == Array("mine".utf8))
  }

  /// Killed at any byte of its first lines.
  @Test func `what was killed at birth leaves the directory empty`() throws {
    try make([opened])
    let whole = bytes(directory.journal)
    for count in stride(from: 0, through: whole.count, by: 7) {
      put(whole.prefix(count), into: directory.journal)
      mkdir(scratch["d/inbox"].string, 0o700)
      put(Array("{}".utf8), into: scratch["d/run.json"])
      #expect(try giveWay() == .removed, "\(count) bytes")
      #expect(rmdir(directory.path.string) == 0, "it is empty")
      mkdir(directory.path.string, 0o700)
    }
  }

  @Test func `a file of the user's in it stays`() throws {
    try make([])
    put(Array("mine".utf8), into: scratch["d/notes"])
    #expect(try giveWay() == .removed)
    #expect(bytes(scratch["d/notes"]) == Array("mine".utf8))
  }

  @Test func `work that was recorded and not started is kept under another name`() throws {
    try make([opened, added])
    let journal = bytes(directory.journal)
    #expect(try giveWay() == .moved(id: "s.1", tasks: 1, to: scratch["d.s.1"]))
    #expect(bytes(scratch["d.s.1/journal.jsonl"]) == journal)
    #expect(access(directory.path.string, F_OK) != 0)
  }

  @Test(arguments: [TaskState.agentExecuting, .done, .failed, .canceled])
  func `what has run something is not touched`(state: TaskState) throws {
    try make([opened, added, task(state), task(.new)].dropLast(state.isFinal ? 1 : 0))
    let journal = bytes(directory.journal)
    if !state.isFinal {
      // Taken up again, its tasks are NEW once more; their directories show that they were started.
      mkdir(scratch["d/tasks"].string, 0o700)
      mkdir(scratch["d/tasks/task.000000"].string, 0o700)
    }
    #expect(try giveWay() == .none)
    #expect(bytes(directory.journal) == journal)
  }

  @Test func `what is written at the moment is refused`() throws {
    mkdir(directory.path.string, 0o700)
    let journal = try Journal(creating: directory.journal, session: "s.1", observer: { _, _ in })
    #expect(throws: SessionDirectory.DirectoryError.self) { try giveWay() }
    withExtendedLifetime(journal) {}
  }

  @Test func `what is no journal is not touched`() throws {
    mkdir(directory.path.string, 0o700)
    for text in ["hello\n", "hello", "{\"scalems_journal\":7}\n"] {
      put(text.utf8, into: directory.journal)
      #expect(try giveWay() == .none)
      #expect(bytes(directory.journal) == Array(text.utf8))
    }
  }
}
