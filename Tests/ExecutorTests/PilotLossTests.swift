import SessionModel
import Testing
import Work

@testable import Executor

/// What ends without being asked to: the pilot, the engine.
@Suite(.timeLimit(.minutes(1))) struct PilotLossTests {
  private func session() async throws -> Harness {
    let session = try await Harness.started()
    try await session.executor.submit([item("e", count: 3), item("late", after: ["e"])])
    await session.engine.untilHolding(3)
    session.engine.start(0, 1)
    await session.recording.untilState(1, .agentExecuting)
    return session
  }

  @Test func `a pilot that ends without a word of its tasks fails them and gives queued ones back`() async throws {
    let session = try await session()
    session.executor.send(.cancel([TaskID(2)]), sender: "ann")
    session.engine.set(.cancel, .ignore)
    session.engine.pilot(.failed, detail: "time limit")
    session.engine.pilot(.failed, detail: "time limit")
    session.engine.pilot(.canceled)
    let summary = await session.closed()
    #expect(summary.exitCode == 1)
    #expect(summary.tasks["FAILED"] == 2)
    #expect(session.recording.reason(of: 0) == "the pilot ended: time limit")
    #expect(session.recording.kinds.contains(.sessionPhase(.closing, reason: "the pilot ended")))
    let pilots = session.recording.kinds.compactMap { if case .pilot(let status) = $0 { status.state } else { nil } }
    #expect(pilots == [.active, .failed], "RP tells a final state twice")
  }

  @Test func `queued tasks of a lost pilot run in a later session`() async throws {
    let session = try await Harness.started()
    try await session.executor.submit([item("e", count: 3)])
    await session.engine.untilHolding(3)
    session.engine.pilot(.done, detail: "its runtime is over")
    #expect(await session.closed().tasks == ["NEW": 3])
    let later = try await Harness.started(
      FakeEngine(running: .atOnce { _ in .done }), workflow: await session.executor.workflow)
    #expect(try await later.executor.shutdown().tasks == ["DONE": 3])
    await later.closed()
  }

  @Test func `a task that was lost with its pilot runs again in a later session, by its retries`() async throws {
    let session = try await Harness.started()
    try await session.executor.submit([item("a", retries: 1), item("b"), item("late", after: ["a"])])
    await session.engine.untilHolding(2)
    session.engine.start(0, 1)
    await session.recording.untilState(1, .agentExecuting)
    session.engine.pilot(.failed, detail: "its job 13 ended: NODE_FAIL")
    #expect(await session.closed().tasks == ["NEW": 2, "FAILED": 1])
    #expect(
      session.recording.reason(of: 0)
        == "attempt 1 was lost (the pilot ended: its job 13 ended: NODE_FAIL): runs again")
    let workflow = await session.executor.workflow
    #expect(workflow.attempt(of: TaskID(0)) == 2)
    let later = try await Harness.started(FakeEngine(running: .atOnce { _ in .done }), workflow: workflow)
    #expect(try await later.executor.shutdown().tasks == ["DONE": 2, "FAILED": 1])
    await later.closed()
  }

  @Test func `an engine that falls silent is a lost pilot`() async throws {
    let session = try await session()
    session.engine.fallSilent()
    let summary = await session.closed()
    #expect(summary.tasks == ["FAILED": 2, "NEW": 1, "CANCELED": 1])
    #expect(session.recording.logs.contains { $0.contains("the engine ended without a word") })
    #expect(session.recording.reason(of: 0) == "the pilot ended: the engine ended without a word")
    #expect(session.recording.phases.contains(.closing))
  }

  @Test func `a cancel that was asked for is kept when the pilot ends`() async throws {
    let session = try await Harness.started(FakeEngine([.cancel: .ignore]))
    try await session.executor.submit([item("e", count: 2)])
    await session.engine.untilHolding(2)
    session.executor.send(.cancel([TaskID(1)]), sender: "ann")
    await session.engine.untilCalled("cancel 1")
    session.engine.pilot(.failed)
    #expect(await session.closed().tasks == ["NEW": 1, "CANCELED": 1])
    #expect(session.stages(of: 1).last == .finished(.done("1 canceled")))
  }
}
