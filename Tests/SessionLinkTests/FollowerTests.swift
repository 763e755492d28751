import SessionModel
import SystemPackage
import TestSupport
import Testing

@testable import SessionLink

#if canImport(Glibc)
  import Glibc
#endif

/// Everything a follower told, as a session.
private func catchUp(_ follower: JournalFollower, _ snapshot: inout SessionSnapshot) throws -> Int {
  var snapshots = 0
  while let update = try follower.next() {
    switch update {
    case .snapshot(let new):
      snapshot = new
      snapshots += 1
    case .events(let events): snapshot.apply(events)
    }
  }
  return snapshots
}

@Suite struct FollowerTests {
  private let scratch = Scratch()
  private var directory: SessionDirectory { SessionDirectory(scratch.path) }

  private func journal() throws -> Journal {
    try Journal(creating: directory.journal, session: "session.1", observer: { _, _, _ in })
  }

  private func tasks(_ count: Int, first: Int = 0) -> [SessionEvent] {
    let description = TaskDescription(name: "t\(first)", argv: ["true", "{member}"])
    let batch = TaskBatch(first: TaskID(first), description: description, members: .ensemble(first: 0, count: count))
    return [SessionEvent(source: .executor, .tasksAdded(batch))]
      + (first..<first + count).map {
        SessionEvent(source: .agent, .task(TaskID($0), .agentExecuting, TaskResult(pid: Int32($0) + 1)))
      }
  }

  @Test func `what is appended comes, and nothing twice`() throws {
    let journal = try journal()
    let follower = try JournalFollower(directory)
    #expect(follower.session == "session.1")
    var snapshot = SessionSnapshot()
    #expect(try catchUp(follower, &snapshot) == 1)
    journal.record(tasks(3))
    #expect(try catchUp(follower, &snapshot) == 0)
    #expect(snapshot.tasks.count == 3)
    journal.record(tasks(2, first: 3))
    #expect(try catchUp(follower, &snapshot) == 0)
    #expect(snapshot.tasks.count == 5 && snapshot.tasks.count(in: .running) == 5)
    #expect(follower.position == bytes(directory.journal).count && follower.problemCount == 0)
  }

  @Test func `a line waits for its rest`() throws {
    _ = try journal()
    let follower = try JournalFollower(directory)
    var snapshot = SessionSnapshot()
    _ = try catchUp(follower, &snapshot)
    var line = JSONWriter()
    log("whole").write(to: &line)
    let header = bytes(directory.journal)
    for length in 0..<line.bytes.count {
      put(header + line.bytes.prefix(length), into: directory.journal)
      #expect(try follower.next() == nil)
    }
    put(header + line.bytes, into: directory.journal)
    _ = try catchUp(follower, &snapshot)
    #expect(snapshot.log.map(\.text) == ["whole"])
  }

  @Test func `a damaged line is counted and passed over`() throws {
    let journal = try journal()
    journal.record([log("a")])
    put(bytes(directory.journal) + Array("nonsense\n".utf8), into: directory.journal)
    let follower = try JournalFollower(directory)
    var snapshot = SessionSnapshot()
    _ = try catchUp(follower, &snapshot)
    #expect(snapshot.log.map(\.text) == ["a"] && follower.problemCount == 1)
  }

  @Test func `a journal that is another one by now is read anew`() throws {
    try journal().record([log("old"), log("older")])
    let follower = try JournalFollower(directory)
    var snapshot = SessionSnapshot()
    _ = try catchUp(follower, &snapshot)
    rename(directory.journal.string, scratch["away"].string)
    _ = try catchUp(follower, &snapshot)
    #expect(snapshot.log.count == 2, "a file that is gone is read on")
    try journal().record([log("new")])
    #expect(try catchUp(follower, &snapshot) == 1)
    #expect(snapshot.log.map(\.text) == ["new"])
  }

  @Test func `the end of a session leaves a checkpoint, which says the same as the journal`() throws {
    let journal = try journal()
    journal.record(richSession())
    let checkpoint = try #require(Checkpoint(reading: directory.checkpoint))
    #expect(checkpoint.position == bytes(directory.journal).count && checkpoint.session == "session.1")
    let follower = try JournalFollower(directory)
    guard case .snapshot(let quick)? = try follower.next() else { throw SessionDirectory.Problem(description: "none") }
    #expect(try follower.next() == nil)
    unlink(directory.checkpoint.string)
    var slow = SessionSnapshot()
    _ = try catchUp(try JournalFollower(directory), &slow)
    expectSame(quick, slow)
  }

  @Test func `a damaged checkpoint is as good as none`() throws {
    try journal().record(richSession())
    let whole = bytes(directory.checkpoint)
    var numbers = SeededNumbers(7)
    var slow = SessionSnapshot()
    unlink(directory.checkpoint.string)
    _ = try catchUp(try JournalFollower(directory), &slow)
    for length in stride(from: 0, to: whole.count, by: 13) {
      put(whole.prefix(length), into: directory.checkpoint)
      #expect(Checkpoint(reading: directory.checkpoint) == nil)
    }
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
      }
      put(bytes, into: directory.checkpoint)
      var snapshot = SessionSnapshot()
      _ = try catchUp(try JournalFollower(directory), &snapshot)
      #expect(snapshot.tasks.count == slow.tasks.count && snapshot.logCount == slow.logCount)
    }
    // Of another session, or further than the journal goes.
    put(Checkpoint(session: "other", position: 200, snapshot: slow).encoded(), into: directory.checkpoint)
    #expect(
      try JournalFollower(directory).next().map { if case .snapshot(let new) = $0 { new.tasks.count } else { -1 } } == 0
    )
    put(Checkpoint(session: "session.1", position: 1 << 40, snapshot: slow).encoded(), into: directory.checkpoint)
    #expect(
      try JournalFollower(directory).next().map { if case .snapshot(let new) = $0 { new.tasks.count } else { -1 } } == 0
    )
  }

  @Test func `long journals get checkpoints as they grow`() throws {
    let journal = try journal()
    let filler = log(String(repeating: "x", count: 100_000))
    for number in 0..<100 { journal.record([filler, log("\(number)")]) }
    // It is written beside the session; the next one waits for it.
    journal.record([
      SessionEvent(
        source: .executor, .sessionClosed(SessionSummary(session: "session.1", tasks: [:], wall: 1, exitCode: 0)))
    ])
    let checkpoint = try #require(Checkpoint(reading: directory.checkpoint))
    #expect(checkpoint.snapshot.phase == .closed && checkpoint.position == bytes(directory.journal).count)
  }
}

/// A session in which nearly everything happened.
private func richSession() -> [SessionEvent] {
  let start = Timestamp(seconds: 1_700_000_000)
  func at(_ second: Int, _ kind: SessionEvent.Kind) -> SessionEvent {
    SessionEvent(time: Timestamp(microseconds: start.microseconds + Int64(second) * 1_000_000), source: .executor, kind)
  }
  let ensemble = TaskDescription(
    name: "ensemble", argv: ["sh", "-c", "echo {member} \"é\""], resources: TaskResources(ranks: 2, coresPerRank: 2),
    raptor: true)
  var events = [
    at(
      0,
      .sessionOpened(
        SessionInfo(
          id: "session.1", name: "rich", engine: "local", resource: "local.localhost", user: "ann", host: "login1",
          pid: 7, directory: "/s", reason: "why"))), at(0, .sessionPhase(.running, reason: nil)),
    at(1, .pilot(PilotStatus(uid: "pilot.0000", state: .active, cores: 8, gpus: 1, runtime: 60))),
    at(1, .raptor(RaptorStatus(uid: "raptor.0000", state: .agentExecuting, workers: 3, hello: "raptor 1"))),
    at(1, .tasksAdded(TaskBatch(first: TaskID(0), description: ensemble, members: .ensemble(first: 0, count: 40)))),
    at(
      1,
      .tasksAdded(
        TaskBatch(
          first: TaskID(40), description: TaskDescription(name: "command", argv: []),
          members: .commands(first: 0, CommandList((0..<20).map { "echo \($0)" }))))),
    at(
      1,
      .tasksAdded(
        TaskBatch(first: TaskID(60), description: TaskDescription(name: "one", argv: ["true"]), members: .single))),
    at(1, .workflowComplete),
  ]
  for number in 0..<50 {
    events.append(at(2, .task(TaskID(number), .agentSchedulingPending, nil)))
    if number < 40 { events.append(at(3, .task(TaskID(number), .agentExecuting, TaskResult(pid: Int32(number) + 9)))) }
    if number < 30 {
      let result = TaskResult(
        exitCode: Int32(number % 3), wall: 1.5, user: 0.25, system: 0.125, peakMemory: 40_000 + number,
        attempt: number % 2 + 1, reason: number % 3 == 0 ? nil : "exit \(number % 3)",
        value: number == 3 ? "{\"a\":1}" : nil)
      events.append(at(4, .task(TaskID(number), number % 3 == 0 ? .done : .failed, result)))
    }
  }
  let sender = CommandSender(user: "ann", origin: "login2 pts/1", request: "r.1")
  events += [
    at(
      5,
      .command(CommandRecord(id: 1, verb: .cancel, tasks: [TaskID(35), TaskID(36)], sender: sender, stage: .requested))),
    at(
      5,
      .command(
        CommandRecord(
          id: 2, verb: .submit, added: 60..<61, sender: sender,
          stage: .finished(succeeded: true, outcome: "task.000060")))),
    at(6, .sessionPhase(.closing, reason: "home time")),
    at(6, .shutdownEntered(.drain, deadline: 10)), at(7, .shutdownLeft(.drain, .finished, detail: "3 back")),
    at(7, .shutdownEntered(.awaitTasks, deadline: 60)), at(8, .log(.warning, "näh\n")),
    at(
      9,
      .sessionClosed(
        SessionSummary(session: "session.1", tasks: ["DONE": 10], wall: 9, leftovers: ["process 1"], exitCode: 4))),
  ]
  return events
}

/// Compares all that a screen can show.
private func expectSame(_ a: SessionSnapshot, _ b: SessionSnapshot, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(a.info == b.info && a.phase == b.phase && a.phaseReason == b.phaseReason, sourceLocation: sourceLocation)
  #expect(a.opened == b.opened && a.closed == b.closed && a.lastEvent == b.lastEvent, sourceLocation: sourceLocation)
  #expect(a.pilot == b.pilot && a.pilotActive == b.pilotActive && a.raptor == b.raptor, sourceLocation: sourceLocation)
  #expect(a.isWorkflowComplete == b.isWorkflowComplete && a.commands == b.commands, sourceLocation: sourceLocation)
  #expect(a.shutdown == b.shutdown && a.summary == b.summary, sourceLocation: sourceLocation)
  #expect(a.log == b.log && a.logCount == b.logCount, sourceLocation: sourceLocation)
  #expect(a.tasks.count == b.tasks.count && a.tasks.batches == b.tasks.batches, sourceLocation: sourceLocation)
  #expect(a.coresInUse == b.coresInUse && a.tasks.gpusInUse == b.tasks.gpusInUse, sourceLocation: sourceLocation)
  #expect(
    a.tasks.raptorRunning == b.tasks.raptorRunning && a.tasks.raptorQueued == b.tasks.raptorQueued
      && a.tasks.raptorFinished == b.tasks.raptorFinished, sourceLocation: sourceLocation)
  for phase in TaskPhase.allCases {
    #expect(a.tasks.ids(in: phase) == b.tasks.ids(in: phase), sourceLocation: sourceLocation)
  }
  for state in TaskState.allCases {
    #expect(a.tasks.count(inState: state) == b.tasks.count(inState: state), sourceLocation: sourceLocation)
  }
  for number in 0..<a.tasks.count {
    #expect(a.tasks.details(of: TaskID(number)) == b.tasks.details(of: TaskID(number)), sourceLocation: sourceLocation)
  }
}
