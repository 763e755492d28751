import SessionModel
import Testing
import Work

@testable import Executor

@Suite(.timeLimit(.minutes(1))) struct WorkTests {
  @Test func `work runs, its states are what the engine confirmed, and the session closes itself`() async throws {
    let session = try await Harness.started()
    let batches = try await session.executor.submit([item("a"), item("e", count: 2)])
    #expect(batches.map(\.first) == [TaskID(0), TaskID(1)])
    await session.engine.untilHolding(3)
    #expect(session.recording.states(of: 0).allSatisfy { $0.phase == .waiting }, "submitted is not running")
    session.engine.start(0, 1, 2)
    for id in 0...2 { session.engine.end(id) }
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["DONE": 3])
    #expect(summary.exitCode == 0)
    #expect(session.recording.kinds.contains(.workflowComplete))
    await session.closed()
  }

  @Test func `a failed task makes the exit status 1`() async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { $0.id.number == 1 ? .failed : .done }))
    try await session.executor.submit([item("e", count: 3)])
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["DONE": 2, "FAILED": 1])
    #expect(summary.exitCode == 1)
    await session.closed()
  }

  @Test func `commands are numbered through`() async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { _ in .done }))
    let first = try await session.executor.submit(commands: CommandList(["a", "b"]))
    let second = try await session.executor.submit(commands: CommandList(["c"]))
    #expect(first[0].label(of: TaskID(1)) == "command.1")
    #expect(second[0].label(of: TaskID(2)) == "command.2")
    _ = try await session.executor.shutdown()
    #expect(await session.closed().tasks == ["DONE": 3])
  }

  @Test func `work without an open session is refused`() async throws {
    let session = try Harness(FakeEngine([.acquire(.pilot): .hang]))
    await #expect(throws: ProtocolError.self) { try await session.executor.submit([item("a")]) }
    let startup = Task { try await session.executor.startup() }
    await session.engine.untilCalled("acquire pilot")
    session.executor.interrupt(signal: 2)
    _ = await startup.result
    let error = await #expect(throws: ProtocolError.self) { try await session.executor.submit([item("a")]) }
    #expect(error?.message == "the session is closed")
    #expect(await session.closed().tasks.isEmpty)
  }

  @Test func `work that comes while the session starts is in the journal, whatever becomes of the start`() async throws
  {
    let session = try Harness(FakeEngine([.acquire(.pilot): .hang]))
    try await session.executor.open()
    let startup = Task { try await session.executor.startup() }
    await session.engine.untilCalled("acquire pilot")
    try await session.executor.submit([item("a"), item("b", count: 2)])
    await session.executor.finish()
    session.executor.interrupt(signal: 2)
    _ = await startup.result
    #expect(await session.closed().tasks == ["NEW": 3])
    var snapshot = SessionSnapshot()
    snapshot.apply(session.recording.events)
    let later = try Harness(FakeEngine(running: .atOnce { _ in .done }), resuming: snapshot)
    try await later.executor.startup()
    #expect(try await later.executor.shutdown().tasks == ["DONE": 3])
  }

  @Test func `work for a raptor that is not there is refused`() async throws {
    let session = try await Harness.started()
    await #expect(throws: ValueError.self) { try await session.executor.submit([item("r", raptor: true)]) }
    _ = try await session.executor.shutdown()
    await session.closed()
    var workflow = Workflow()
    _ = try workflow.add([item("r", raptor: true)])
    let later = try Harness(workflow: workflow)
    let error = await #expect(throws: ValueError.self) { try await later.executor.startup() }
    #expect(error?.message == "task 'r' goes through the raptor, but this session has none")
    #expect(later.engine.calls.isEmpty)
  }

  @Test func `work that is refused leaves nothing behind`() async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { _ in .done }))
    try await session.executor.submit([item("a")])
    await #expect(throws: DuplicateKeyError.self) { try await session.executor.submit([item("b"), item("a")]) }
    await #expect(throws: MissingImplementationError.self) {
      try await session.executor.submit([WorkItem(TaskDescription(name: "m", argv: ["x"]), shape: [2, 3])])
    }
    await #expect(throws: ValueError.self) { try await session.executor.submit([item("x", after: ["nothing"])]) }
    try await session.executor.submit([item("b")])
    #expect(try await session.executor.shutdown().tasks == ["DONE": 2])
    await session.closed()
  }

  /// Offers race against the end: each is either acknowledged, and then in the journal, or refused with an error.
  @Test(arguments: [OperatorCommand.drain, .stop, .close()])
  func `nothing that was offered is dropped silently`(_ command: OperatorCommand) async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { _ in .done }))
    let (accepted, refused) = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<200 {
        group.addTask {
          if number == 100 { session.executor.send(command, sender: "ann") }
          do {
            try await session.executor.submit([item("t\(number)")])
            return true
          } catch {
            #expect(error is ProtocolError)
            return false
          }
        }
      }
      return await group.reduce(into: (0, 0)) { sums, isAccepted in
        if isAccepted { sums.0 += 1 } else { sums.1 += 1 }
      }
    }
    let summary = await session.closed()
    #expect(accepted + refused == 200)
    #expect(summary.tasks.values.reduce(0, +) == accepted)
    #expect(session.recording.kinds.count { if case .tasksAdded = $0 { true } else { false } } == accepted)
  }

  @Test func `the engine is kept fed without being given everything`() async throws {
    let session = try await Harness.started(FakeEngine(dispatchAhead: 8))
    try await session.executor.submit([item("e", count: 20)])
    await session.engine.untilHolding(8)
    for id in 0..<8 { session.engine.end(id) }
    await session.engine.until { $0.held.keys.contains(TaskID(15)) }
    #expect(session.engine.held.count <= 8)
    session.engine.set(running: .atOnce { _ in .done })
    for id in session.engine.held { session.engine.end(id.index) }
    #expect(try await session.executor.shutdown().tasks == ["DONE": 20])
    await session.closed()
  }

  @Test func `final events that come twice are ignored, the first wins`() async throws {
    let session = try await Harness.started()
    try await session.executor.submit([item("a"), item("b")])
    await session.engine.untilHolding(2)
    session.engine.start(0, 1)
    session.engine.end(0, .failed, TaskResult(exitCode: 7))
    session.engine.end(0, .done)
    session.engine.emit([.task(TaskID(0), .agentExecuting, nil), .task(TaskID(99), .done, nil)])
    session.engine.end(1)
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["DONE": 1, "FAILED": 1])
    #expect(session.recording.states(of: 0).filter { $0.phase != .waiting } == [.agentExecuting, .failed])
    #expect(session.recording.states(of: 99).isEmpty)
    await session.closed()
  }

  @Test func `a failed task runs again as often as it may`() async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { $0.attempt < 3 ? .failed : .done }))
    try await session.executor.submit([item("lucky", retries: 2), item("unlucky", retries: 1)])
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["DONE": 1, "FAILED": 1])
    #expect(session.recording.states(of: 0).count { $0 == .agentExecuting } == 3)
    #expect(session.recording.states(of: 1).count { $0 == .agentExecuting } == 2)
    #expect(
      session.recording.kinds.contains {
        if case .task(TaskID(0), .new, let result) = $0 {
          result?.reason == "attempt 1 failed (exit 1): runs again" && result?.attempt == 2
        } else {
          false
        }
      })
    await session.closed()
  }

  @Test func `a failed dependency cancels what waits for it, with the reason`() async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { $0.id.number == 0 ? .failed : .done }))
    try await session.executor.submit([
      item("a"), item("b", after: ["a"]), item("c", count: 2, after: ["b"]), item("d"),
    ])
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["FAILED": 1, "CANCELED": 3, "DONE": 1])
    #expect(session.recording.reason(of: 1) == "a is FAILED")
    #expect(session.recording.reason(of: 2) == "b is CANCELED")
    await session.closed()
  }

  @Test func `what waits for an item that had failed before is canceled, not stuck`() async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { _ in .failed }))
    try await session.executor.submit([item("a"), item("e", count: 3)])
    await session.recording.untilState(0, .failed)
    await session.recording.untilState(3, .failed)
    try await session.executor.submit([
      item("late", after: ["a"]), item("later", after: ["late"]), item("m", after: ["e.1"]),
      item("s", count: 2, after: ["e.{member}"]),
    ])
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["FAILED": 4, "CANCELED": 5])
    #expect(session.recording.reason(of: 4) == "a is FAILED")
    #expect(session.recording.reason(of: 5) == "late is CANCELED")
    #expect(session.recording.reason(of: 6) == "e.1 is FAILED")
    #expect(session.recording.reason(of: 8) == "e.1 is FAILED")
    await session.closed()
  }
}
