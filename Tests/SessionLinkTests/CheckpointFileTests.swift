import SessionModel
import SystemPackage
import Testing
import Work

@testable import SessionLink

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct CheckpointFileTests {
  private let scratch = Scratch()
  private var directory: SessionDirectory { SessionDirectory(scratch.path) }

  private func events(_ count: Int) -> [SessionEvent] {
    [
      SessionEvent(
        time: Timestamp(microseconds: 0), source: .executor,
        .tasksAdded(
          TaskBatch(
            first: TaskID(0), description: TaskDescription(name: "t", argv: ["x"]),
            members: .ensemble(first: 0, count: count))))
    ] + (0..<count).map { SessionEvent(source: .agent, .task(TaskID($0), .agentExecuting, TaskResult(pid: 7))) }
  }

  private var closed: SessionEvent {
    SessionEvent(source: .executor, .sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, exitCode: 0)))
  }

  /// A session that ended, with its checkpoint.
  private func session(count: Int = 50) throws {
    let journal = try Journal(creating: directory.journal, session: "s", observer: { _, _ in })
    journal.keepCheckpoints()
    journal.write(events(count))
    journal.write([closed])
  }

  private func first() throws -> SessionSnapshot? {
    guard case .snapshot(let snapshot)? = try JournalFollower(directory: directory).next() else { return nil }
    return snapshot
  }

  private var isUsed: Bool { (try? first()?.tasks.count) ?? 0 > 0 }

  @Test func `at the end of a session there is a checkpoint of all of it, for its owner`() throws {
    try session()
    #expect(mode(directory.checkpoint) == 0o600)
    let snapshot = try #require(try first())
    #expect(snapshot.tasks.count(in: .running) == 50)
    #expect(snapshot.phase == .closed)
    #expect(mode(scratch["checkpoint.new"]) == nil)
  }

  @Test func `a checkpoint is written when the journal has grown, and covers what it says`() throws {
    let journal = try Journal(creating: directory.journal, session: "s", observer: { _, _ in })
    journal.keepCheckpoints(growth: 10_000)
    journal.write(events(6000))
    // A portion of events is handed on; the end of the session waits for what was handed on before.
    journal.write([closed])
    let header = try #require(CheckpointFile.header(directory.checkpoint))
    #expect(header.journalEnd == journal.end)
    #expect(header.session == "s")
  }

  @Test func `a checkpoint of another journal, or of a longer one, is not used`() throws {
    try session()
    #expect(isUsed)
    let checkpoint = bytes(directory.checkpoint)
    let whole = bytes(directory.journal)

    put(whole.dropLast(), into: directory.journal)
    #expect(!isUsed, "shorter")
    var other = whole
    other[other.count - 20] ^= 1
    put(other, into: directory.journal)
    #expect(!isUsed, "other bytes before its place")
    put(whole, into: directory.journal)
    #expect(isUsed)

    unlink(directory.journal.string)
    let journal = try Journal(creating: directory.journal, session: "another", observer: { _, _ in })
    journal.write(events(60) + [closed])
    #expect(!isUsed, "another session")
    #expect(bytes(directory.checkpoint) == checkpoint)
  }

  @Test func `a damaged checkpoint is as good as none`() throws {
    try session(count: 5)
    let whole = bytes(directory.checkpoint)
    for place in stride(from: 0, to: whole.count, by: 7) {
      var damaged = whole
      damaged[place] ^= 0x10
      put(damaged, into: directory.checkpoint)
      #expect(!isUsed)
    }
    for length in stride(from: 0, to: whole.count, by: 11) {
      put(whole.prefix(length), into: directory.checkpoint)
      #expect(!isUsed)
    }
    unlink(directory.checkpoint.string)
    mkdir(directory.checkpoint.string, 0o700)
    #expect(!isUsed)
    rmdir(directory.checkpoint.string)
    mkfifo(directory.checkpoint.string, 0o600)
    #expect(!isUsed, "and nobody waits for it")
  }

  @Test func `a checkpoint that cannot be written is given up, and the journal goes on`() throws {
    mkdir(directory.checkpoint.string, 0o700)
    put([1], into: directory.checkpoint.appending("x"))
    try session()
    #expect(!isUsed)
    #expect(try JournalContents(reading: directory.journal).events.count == 52)
  }

  @Test func `a session that is taken up goes on with its checkpoints`() throws {
    try session()
    do {
      let journal = try Journal(resuming: directory.journal, observer: { _, _ in })
      journal.keepCheckpoints()
      journal.write([SessionEvent(source: .agent, .task(TaskID(1), .done, nil)), closed])
    }
    let after = try #require(try first())
    #expect(after.tasks.count(in: .done) == 1)
    #expect(after.tasks.count(in: .running) == 49)
  }
}
