import SessionModel
import Testing

@testable import Executor

/// Promise 1: the shutdown always ends, within the sum of its deadlines, and says what is left.
@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
  struct Hang: CustomTestStringConvertible, Sendable {
    var call: FakeEngine.Call
    var behaviour: FakeEngine.Behaviour
    /// How the phases that are touched end.
    var outcomes: [ShutdownPhase: ShutdownOutcome]
    var exitCode: Int32 = 1
    var testDescription: String { "\(behaviour) in \(call)" }
  }

  private static let hangs: [Hang] = [
    Hang(call: .withdraw, behaviour: .hang, outcomes: [.drain: .timedOut, .stopQueue: .finished]),
    Hang(call: .withdraw, behaviour: .fail("no"), outcomes: [.drain: .failed, .cancelTasks: .finished]),
    Hang(
      call: .cancel, behaviour: .hang,
      outcomes: [.awaitTasks: .timedOut, .cancelTasks: .timedOut, .closeSession: .finished]),
    Hang(call: .stopRaptor, behaviour: .hang, outcomes: [.stopRaptor: .timedOut, .awaitRaptor: .timedOut]),
    Hang(call: .stopRaptor, behaviour: .fail("no"), outcomes: [.stopRaptor: .failed, .awaitRaptor: .timedOut]),
    Hang(
      call: .stopRaptor, behaviour: .ignore,
      outcomes: [
        .stopRaptor: .finished, .awaitRaptor: .timedOut, .cancelRaptor: .finished,
      ]
    ),
    Hang(call: .release(.raptor), behaviour: .hang, outcomes: [.verify: .finished]),
    Hang(call: .release(.pilot), behaviour: .hang, outcomes: [.closeSession: .failed]),
    Hang(call: .release(.pilot), behaviour: .fail("no"), outcomes: [.closeSession: .failed]),
    Hang(call: .release(.session), behaviour: .hang, outcomes: [.closeSession: .failed]),
    Hang(call: .survivors, behaviour: .hang, outcomes: [.closeSession: .finished, .verify: .timedOut], exitCode: 4),
  ]

  @Test(arguments: hangs)
  func `a hang in any phase does not stop the shutdown`(_ hang: Hang) async throws {
    let session = try await Harness.started(raptor: true, limits: .near)
    try await session.executor.submit([item("e", count: 2)])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    session.engine.set(hang.call, hang.behaviour)
    let start = ContinuousClock.now
    let record = await session.executor.perform(.close(), sender: "ann")
    let summary = await session.closed()
    // Generous: the deadlines add up to some twelve seconds.
    #expect(ContinuousClock.now - start < .seconds(40))
    #expect(summary.exitCode == hang.exitCode)
    for (phase, outcome) in hang.outcomes {
      #expect(session.recording.outcome(of: phase) == outcome, "\(phase)")
    }
    if case .finished(let outcome) = record.stage { #expect(outcome.isDone == (hang.exitCode != 4)) }
    // Every phase is entered and left, in order.
    let entered = session.recording.kinds.compactMap {
      if case .shutdownEntered(let phase, _) = $0 { phase } else { nil }
    }
    #expect(entered == ShutdownPhase.allCases)
    for phase in ShutdownPhase.allCases { #expect(session.recording.outcome(of: phase) != nil) }
  }

  @Test func `a raptor that cannot be canceled ends with the session`() async throws {
    let engine = FakeEngine([.stopRaptor: .hang, .cancelRaptor: .hang])
    let session = try await Harness.started(engine, raptor: true, limits: .near)
    let summary = try await session.executor.shutdown()
    #expect(summary.exitCode == 0)
    #expect(session.recording.outcome(of: .cancelRaptor) == .timedOut)
    #expect(session.recording.outcome(of: .awaitCanceledRaptor) == .timedOut)
    #expect(session.engine.calls.contains("released raptor"))
    await session.closed()
  }

  @Test func `an engine that hangs in everything is survived, and what is left is named`() async throws {
    let session = try await Harness.started(raptor: true, limits: .near)
    try await session.executor.submit([item("a"), item("b")])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    for call in [FakeEngine.Call.withdraw, .cancel, .stopRaptor, .cancelRaptor, .survivors] {
      session.engine.set(call, .hang)
    }
    for resource in RuntimeResource.allCases { session.engine.set(.release(resource), .hang) }
    await session.executor.perform(.close(), sender: "ann")
    let summary = await session.closed()
    #expect(summary.exitCode == 4)
    #expect(
      summary.leftovers == [
        "the engine did not say what is left within 1 s", "task.000000 (a): its end was never confirmed",
        "task.000001 (b): its end was never confirmed",
      ])
    #expect(session.engine.kills > 0, "what does not answer is killed")
    for resource in RuntimeResource.allCases {
      #expect(session.engine.calls.contains("release \(resource.rawValue)"), "a hang keeps no other from its release")
    }
  }

  @Test func `processes that are left are killed, and the verification says so`() async throws {
    let session = try await Harness.started()
    session.engine.leaveBehind(["process 7 (sleep)", "process 8 (sleep)"])
    let summary = try await session.executor.shutdown()
    #expect(summary.leftovers.isEmpty)
    #expect(summary.exitCode == 0)
    #expect(session.engine.kills == 1)
    #expect(
      session.recording.kinds.contains(.shutdownLeft(.verify, .finished, detail: "2 processes had to be killed")))
    await session.closed()
  }

  @Test func `processes that cannot be killed are named`() async throws {
    let session = try await Harness.started(limits: .near)
    session.engine.leaveBehind(["process 7 (in state D)"], immortal: true)
    let record = await session.executor.perform(.close(), sender: "ann")
    #expect(record.stage == .finished(.failed(.leftBehind, "closed, 1 left behind")))
    let summary = await session.closed()
    #expect(summary.leftovers == ["process 7 (in state D)"])
    #expect(summary.exitCode == 4)
    #expect(session.recording.outcome(of: .verify) == .timedOut)
  }

  @Test func `an idle session skips what it has not`() async throws {
    let session = try await Harness.started()
    _ = try await session.executor.shutdown()
    for phase in [ShutdownPhase.drain, .awaitTasks, .cancelTasks, .stopRaptor, .awaitRaptor, .cancelRaptor] {
      #expect(session.recording.outcome(of: phase) == .skipped)
    }
    let deadlines = session.recording.kinds.compactMap {
      if case .shutdownEntered(let phase, let deadline) = $0, phase == .closeSession { deadline } else { nil }
    }
    #expect(deadlines == [15])
    await session.closed()
  }

  @Test func `the end of the pilot settles what the engine did not say of its tasks`() async throws {
    let engine = FakeEngine([.cancel: .ignore, .withdraw: .fail("no"), .release(.pilot): .ignore])
    let session = try await Harness.started(engine, limits: .near)
    try await session.executor.submit([item("ran"), item("queued")])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    session.executor.send(.close(), sender: "ann")
    await session.recording.untilEntered(.cancelTasks)
    session.engine.pilot(.failed, detail: "the node is gone")
    let summary = await session.closed()
    // It was told to end, and did.
    #expect(summary.tasks == ["CANCELED": 1, "NEW": 1])
    #expect(summary.leftovers.isEmpty)
    #expect(session.recording.reason(of: 0) == "the pilot ended: the node is gone")
  }
}
