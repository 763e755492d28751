import SessionModel
import Testing
import Work

@testable import Executor

/// A raptor that dies is replaced while work needs one; one that ended takes the tasks that wait for it along.
@Suite(.timeLimit(.minutes(1))) struct RaptorLossTests {
  private func session() async throws -> Harness {
    let session = try await Harness.started(FakeEngine(dispatchAhead: 4), raptor: true)
    try await session.executor.submit([item("r", count: 50, raptor: true), item("plain", after: ["r"]), item("free")])
    await session.engine.untilHolding(4)
    session.engine.start(0)
    return session
  }

  private func raptors(_ session: Harness) -> [TaskState] {
    session.recording.kinds.compactMap { if case .raptor(let status) = $0 { status.state } else { nil } }
  }

  @Test func `a raptor that was told to end cancels the tasks that wait for it`() async throws {
    let session = try await session()
    session.engine.raptor(.canceled)
    session.engine.raptor(.failed)
    for id in 0..<4 { session.engine.end(id, .failed) }
    await session.engine.untilCalled("submit 51")
    session.engine.end(51)
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["FAILED": 4, "CANCELED": 47, "DONE": 1])
    #expect(session.recording.reason(of: 20) == "the raptor has ended")
    #expect(raptors(session) == [.agentExecuting, .canceled])
    await session.closed()
  }

  /// It went back and forth between executor and engine for ever once.
  @Test(arguments: [true, false])
  func `a task handed back by a raptor that is being ended is canceled, not offered again`(
    endsFirst: Bool
  ) async throws {
    let session = try await Harness.started(raptor: true)
    try await session.executor.submit([item("r", count: 2, raptor: true), item("free")])
    await session.engine.untilHolding(3)
    session.engine.start(0)
    session.executor.send(.cancelRaptor, sender: "ada")
    await session.recording.untilAcknowledged(.cancelRaptor)
    let handedBack = SessionEvent.Kind.task(TaskID(1), .new, TaskResult(reason: "the raptor takes no work"))
    if endsFirst {
      session.engine.end(0, .canceled)
      session.engine.raptor(.canceled)
    }
    session.engine.emit([handedBack])
    await session.recording.untilState(1, .canceled)
    if !endsFirst {
      session.engine.end(0, .canceled)
      session.engine.raptor(.canceled)
    }
    session.engine.end(2)
    #expect(try await session.executor.shutdown().tasks == ["CANCELED": 2, "DONE": 1])
    await session.closed()
  }

  @Test func `a raptor that died is replaced, and its tasks run`() async throws {
    let session = try await session()
    session.engine.set(running: .atOnce { _ in .done })
    session.engine.raptor(.failed, detail: "signal 9")
    for id in 0..<4 { session.engine.end(id, id == 0 ? .failed : .done) }
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["FAILED": 1, "DONE": 50, "CANCELED": 1])
    #expect(raptors(session) == [.agentExecuting, .failed, .agentExecuting, .done])
    #expect(session.recording.acquired.count { $0 == "raptor" } == 2)
    await session.closed()
  }

  @Test func `tasks that died with their raptor run again as often as they may`() async throws {
    let session = try await Harness.started(raptor: true)
    try await session.executor.submit([item("r", retries: 1, raptor: true)])
    await session.engine.untilHolding(1)
    session.engine.start(0)
    session.engine.set(running: .atOnce { _ in .done })
    session.engine.emit([
      .raptor(RaptorStatus(uid: "raptor.0000", state: .failed, workers: 3)),
      .task(TaskID(0), .failed, TaskResult(reason: "the raptor died")),
    ])
    #expect(try await session.executor.shutdown().tasks == ["DONE": 1])
    #expect(session.recording.states(of: 0).contains(.new))
    await session.closed()
  }

  /// The executor waited for the start of the new raptor for ever once, when it heard of its end first.
  @Test(arguments: 0..<50)
  func `a raptor that dies as soon as it starts does not keep the session waiting`(_: Int) async throws {
    let session = try await session()
    let start = RaptorStatus(uid: "raptor.0001", state: .agentExecuting, workers: 3)
    let end = RaptorStatus(uid: "raptor.0001", state: .canceled, workers: 3)
    session.engine.set(.acquire(.raptor), .ignore)
    session.engine.raptor(.failed)
    await session.engine.until { $0.calls.count { $0 == "acquire raptor" } == 2 }
    session.engine.emit([.raptor(start), .raptor(end)])
    for id in 0..<4 { session.engine.end(id) }
    await session.engine.until { $0.held.keys.contains(TaskID(51)) }
    session.engine.end(51)
    #expect(try await session.executor.shutdown().tasks == ["DONE": 5, "CANCELED": 47])
    await session.closed()
  }

  @Test func `a raptor that dies again and again is given up`() async throws {
    let session = try await session()
    for round in 1...3 {
      session.engine.raptor(.failed)
      let last = round < 3 ? TaskState.agentExecuting : .failed
      await session.recording.until { events in
        let states = events.compactMap { if case .raptor(let status) = $0.kind { status.state } else { nil } }
        return states.count == 2 * round + (round < 3 ? 1 : 0) && states.last == last
      }
    }
    for id in 0..<4 { session.engine.end(id, .failed) }
    await session.engine.until { $0.held.keys.contains(TaskID(51)) }
    session.engine.end(51)
    #expect(try await session.executor.shutdown().tasks == ["FAILED": 4, "CANCELED": 47, "DONE": 1])
    await session.closed()
  }

  @Test func `a raptor that cannot be replaced is given up`() async throws {
    let session = try await session()
    session.engine.set(.acquire(.raptor), .fail("no core is free"))
    session.engine.raptor(.failed)
    await session.recording.untilState(20, .canceled)
    for id in 0..<4 { session.engine.end(id) }
    await session.engine.until { $0.held.keys.contains(TaskID(51)) }
    session.engine.end(51)
    #expect(try await session.executor.shutdown().tasks == ["DONE": 5, "CANCELED": 47])
    #expect(session.recording.logs.contains("the raptor could not be replaced: no core is free"))
    await session.closed()
  }

  @Test func `tasks that are offered after the raptor was ended are canceled, however many`() async throws {
    let session = try await Harness.started(FakeEngine(dispatchAhead: 4), raptor: true)
    await session.executor.perform(.cancelRaptor, sender: "ann")
    try await session.executor.submit([item("r", count: 50, raptor: true), item("b", after: ["r"])])
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["CANCELED": 51])
    await session.closed()
  }

  @Test func `a raptor that died with nothing to do is replaced when there is work`() async throws {
    let session = try await Harness.started(FakeEngine(running: .atOnce { _ in .done }), raptor: true)
    session.engine.raptor(.failed)
    await session.recording.until { events in
      events.contains { if case .raptor(let status) = $0.kind { status.state == .failed } else { false } }
    }
    #expect(session.recording.acquired.count { $0 == "raptor" } == 1)
    try await session.executor.submit([item("r", count: 5, raptor: true)])
    #expect(try await session.executor.shutdown().tasks == ["DONE": 5])
    #expect(session.recording.acquired.count { $0 == "raptor" } == 2)
    await session.closed()
  }

  @Test func `a stop leaves the tasks of a dead raptor in the workflow`() async throws {
    let session = try await session()
    session.executor.send(.stop, sender: "ann")
    await session.recording.untilState(3, .new)
    session.engine.raptor(.failed)
    session.engine.end(0, .failed)
    #expect(await session.closed().tasks == ["FAILED": 1, "NEW": 50, "CANCELED": 1])
    #expect(session.recording.states(of: 51).isEmpty)
  }

  @Test func `a task that the engine hands back is dispatched again, or canceled when that was asked for`() async throws
  {
    let session = try await Harness.started(FakeEngine([.cancel: .ignore]))
    try await session.executor.submit([item("a"), item("b")])
    await session.engine.untilHolding(2)
    session.executor.send(.cancel([TaskID(1)]), sender: "ann")
    await session.engine.untilCalled("cancel 1")
    session.engine.set(running: .atOnce { _ in .done })
    session.engine.end(0, .new, TaskResult(reason: "no raptor to run in"))
    session.engine.end(1, .new, TaskResult(reason: "no raptor to run in"))
    #expect(try await session.executor.shutdown().tasks == ["DONE": 1, "CANCELED": 1])
    await session.closed()
  }
}
