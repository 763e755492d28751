import SessionModel
import Synchronization
import Testing
import Work

@testable import Executor

/// Taking up what an earlier host of a session left.
@Suite struct ResumingTests {
  private let start = Timestamp(seconds: 1000)

  /// A journal's table of `items`, with the states that tasks had come to.
  private func table(_ items: [WorkItem], _ states: [(Int, TaskState)]) throws -> TaskTable {
    var workflow = Workflow()
    var table = TaskTable()
    for batch in try workflow.add(items) { table.add(batch, at: start) }
    for (number, state) in states { table.move(TaskID(number), to: state, at: start, result: nil) }
    return table
  }

  private func item(_ name: String, after: [String] = [], members: Int? = nil) -> WorkItem {
    WorkItem(TaskDescription(name: name, argv: ["true"], after: after), shape: members.map { [$0] } ?? [])
  }

  @Test func `what was DONE never runs again, what had started runs as another attempt`() throws {
    let table = try table(
      [item("a", members: 4), item("b", after: ["a"])],
      [(0, .done), (1, .agentExecuting), (2, .agentSchedulingPending), (3, .new)])
    var workflow = Workflow(resuming: table)
    #expect(workflow.state(of: TaskID(0)) == .done)
    let ready = workflow.takeReady(limit: 100)
    #expect(ready.map(\.id) == [TaskID(1), TaskID(2), TaskID(3)])
    #expect(ready.map(\.attempt) == [2, 1, 1])
    for id in ready { _ = workflow.finish(id.id, .done) }
    #expect(workflow.takeReady(limit: 100).map(\.id) == [TaskID(4)])
  }

  @Test func `dependencies on what was DONE are open`() throws {
    let items = [
      item("a", members: 2), item("b", after: ["a.{member}"], members: 2), item("c", after: ["a.1"]),
      item("d", after: ["a"]),
    ]
    var workflow = Workflow(resuming: try table(items, [(1, .done)]))
    #expect(workflow.takeReady(limit: 100).map(\.id.index).sorted() == [0, 3, 4])
    _ = workflow.finish(TaskID(0), .done)
    #expect(workflow.takeReady(limit: 100).map(\.id.index).sorted() == [2, 5])
  }

  @Test func `what waits for a failure that was the last word is canceled`() throws {
    let items = [item("a"), item("b", after: ["a"]), item("c", after: ["b"]), item("d")]
    var workflow = Workflow(resuming: try table(items, [(0, .failed), (1, .canceled)]))
    #expect(workflow.takeCanceledOnArrival().map(\.0) == [TaskID(2)])
    #expect(workflow.takeReady(limit: 100).map(\.id) == [TaskID(3)])
  }

  @Test func `what FAILED and what was canceled because of it can be taken up again`() async throws {
    let items = [
      item("a", members: 3), item("b", after: ["a.{member}"], members: 3), item("c", after: ["b"]),
      item("d", after: ["c"]), item("e"), item("f", after: ["e"]), item("g"),
    ]
    // a.1 FAILED: with it b.1, c and d are lost. Ann canceled e, and with it f; g is DONE.
    let first = try await Harness.started(FakeEngine(running: .atOnce { $0.id == TaskID(1) ? .failed : .done }))
    first.engine.set(running: .manual)
    try await first.executor.submit(items)
    await first.executor.perform(.cancel([TaskID(8)]), sender: "ann")
    first.engine.set(running: .atOnce { $0.id == TaskID(1) ? .failed : .done })
    await first.engine.until { !$0.held.isEmpty }
    for id in first.engine.held { first.engine.end(id.index, id == TaskID(1) ? .failed : .done) }
    let summary = try await first.executor.shutdown()
    #expect(summary.tasks == ["DONE": 5, "FAILED": 1, "CANCELED": 5])
    var journal = SessionSnapshot()
    journal.apply(first.recording.events)
    #expect(journal.tasks.failedAndLost == [TaskID(1), TaskID(4), TaskID(6), TaskID(7)])

    let second = try Harness(FakeEngine(running: .atOnce { _ in .done }), resuming: journal, runsFailedAgain: true)
    try await second.executor.startup()
    let end = try await second.executor.shutdown()
    #expect(end.tasks == ["DONE": 9, "CANCELED": 2])
    #expect(second.recording.states(of: 0).isEmpty, "what was DONE does not run again")
    #expect(second.recording.states(of: 8).isEmpty && second.recording.states(of: 9).isEmpty)
    journal.apply(second.recording.events)
    #expect(journal.tasks.count(inState: .done) == 9 && journal.tasks.finished == 11)
    #expect(journal.tasks.details(of: TaskID(1))?.attempt == 2)
    #expect(journal.tasks.details(of: TaskID(6))?.attempt == 1 && journal.tasks.details(of: TaskID(6))?.reason == nil)
    #expect(journal.tasks.ids(in: .failed).count == 0)
  }

  @Test func `commands go on counting where they were`() throws {
    var first = Workflow()
    let like = TaskDescription(name: "command", argv: [])
    var table = TaskTable()
    table.add(try first.add(commands: CommandList(["a", "b"]), like: like), at: start)
    var workflow = Workflow(resuming: table)
    let batch = try workflow.add(commands: CommandList(["c"]), like: like)
    #expect(batch.label(of: batch.first) == "command.2")
    #expect(batch.first == TaskID(2))
  }

  @Test func `a resumed session writes its journal on and runs only what is left`() async throws {
    var snapshot = SessionSnapshot()
    var workflow = Workflow()
    var events: [SessionEvent] = [
      SessionEvent(source: .executor, .sessionOpened(Harness.info())),
      SessionEvent(source: .executor, .sessionPhase(.running, reason: nil)),
    ]
    for batch in try workflow.add([item("a", members: 3)]) {
      events.append(SessionEvent(source: .executor, .tasksAdded(batch)))
    }
    events += [
      SessionEvent(source: .agent, .task(TaskID(0), .done, TaskResult(exitCode: 0))),
      SessionEvent(source: .agent, .task(TaskID(1), .agentExecuting, nil)),
      SessionEvent(
        source: .operator, .command(CommandRecord(id: 7, verb: .drain, sender: "ann", stage: .acknowledged))),
    ]
    snapshot.apply(events)
    let runs = Mutex<[TaskID: Int]>([:])
    let engine = FakeEngine(
      running: .atOnce { task in
        runs.withLock { $0[task.id] = task.attempt }
        return .done
      })
    let session = try Harness(engine, resuming: snapshot)
    try await session.executor.startup()
    let early = await session.executor.perform(.resume, sender: "ann")
    #expect(early.id == 8, "ids go on where the journal ends")
    await session.executor.finish()
    let summary = await session.executor.waitUntilClosed()
    #expect(summary.tasks == ["DONE": 3] && summary.exitCode == 0)
    #expect(runs.withLock { $0 } == [TaskID(1): 2, TaskID(2): 1])
    snapshot.apply(session.recording.events)
    #expect(snapshot.tasks.count == 3 && snapshot.tasks.count(in: .done) == 3)
    #expect(snapshot.tasks.details(of: TaskID(1))?.attempt == 2)
    #expect(snapshot.pendingCommands.isEmpty)
  }

  @Test func `submitted work is taken, named, and said in the journal`() async throws {
    let session = try Harness(FakeEngine(running: .atOnce { _ in .done }))
    let sender = CommandSender(user: "ann", origin: "login1 pts/3", request: "r1")
    async let early = session.executor.perform(
      .submit(.items([WorkItem(TaskDescription(name: "", argv: ["/bin/echo"]))])), sender: sender)
    try await session.executor.startup()
    let first = await early
    // Refused when it came before the start, taken when it came during it or after.
    if first.added == nil {
      #expect(first.stage == .finished(.failed(.notOpen, "the session is not open yet")))
    }
    let second = await session.executor.perform(
      .submit(.items([WorkItem(TaskDescription(name: "", argv: ["/bin/echo"]), shape: [3])])), sender: sender)
    #expect(second.added?.count == 3 && second.sender == sender)
    let third = await session.executor.perform(.submit(.commands(CommandList(["true"]))), sender: sender)
    #expect(third.added?.count == 1)
    let wrong = await session.executor.perform(
      .submit(.items([WorkItem(TaskDescription(name: "x", argv: []))])), sender: sender)
    #expect(wrong.added == nil)
    await session.executor.perform(.drain, sender: sender)
    let late = await session.executor.perform(.submit(.commands(CommandList(["true"]))), sender: sender)
    #expect(late.added == nil && late.stage.isFinished)
    _ = await session.executor.waitUntilClosed()
    let names = await session.executor.workflow.batches.map(\.description.name)
    #expect(names.contains("echo") && Set(names).count == names.count)
  }
}
