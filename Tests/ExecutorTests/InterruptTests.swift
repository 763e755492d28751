import SessionModel
import Testing

@testable import Executor

@Suite(.timeLimit(.minutes(1))) struct InterruptTests {
  private func session(_ engine: FakeEngine = FakeEngine(), raptor: Bool = false) async throws -> Harness {
    let session = try await Harness.started(engine, raptor: raptor)
    try await session.executor.submit([item("e", count: 2)])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    return session
  }

  @Test func `the first signal cancels tasks with their grace`() async throws {
    let session = try await session()
    #expect(session.executor.interrupt(signal: 2) == 1)
    let summary = await session.closed()
    #expect(summary.tasks == ["CANCELED": 1, "NEW": 1])
    #expect(summary.exitCode == 130)
    #expect(session.recording.outcome(of: .awaitTasks) == .skipped)
    #expect(session.engine.graces == [.seconds(5)])
    #expect(session.recording.kinds.contains(.sessionPhase(.closing, reason: "interrupted by signal 2")))
  }

  @Test(arguments: [(2, 130), (15, 143), (1, 129)])
  func `the exit status tells the first signal`(_ signal: Int32, _ exitCode: Int32) async throws {
    let session = try await session()
    session.executor.interrupt(signal: signal)
    session.executor.interrupt(signal: 2)
    #expect(await session.closed().exitCode == exitCode)
  }

  @Test func `the second signal skips the grace periods`() async throws {
    // Deadlines stay those of real life: without the second signal this would take minutes.
    let engine = FakeEngine([.cancel: .ignore, .stopRaptor: .ignore])
    let session = try await session(engine, raptor: true)
    session.executor.interrupt(signal: 2)
    await session.engine.untilCalled("cancel 0")
    #expect(session.executor.interrupt(signal: 2) == 2)
    await session.engine.until { $0.graces.contains(.zero) }
    session.engine.end(0, .canceled)
    let summary = await session.closed()
    #expect(summary.exitCode == 130)
    #expect(session.recording.outcome(of: .awaitRaptor) == .timedOut)
    #expect(session.recording.outcome(of: .cancelRaptor) == .finished)
    #expect(session.recording.logs.contains("interrupted again: no grace periods"))
  }

  @Test func `the third signal kills at once`() async throws {
    let session = try await session(FakeEngine([.cancel: .ignore]))
    session.executor.interrupt(signal: 2)
    session.executor.interrupt(signal: 2)
    #expect(session.engine.kills == 0)
    #expect(session.executor.interrupt(signal: 2) == 3)
    #expect(session.engine.kills == 1)
    session.engine.end(0, .failed, TaskResult(signal: 9))
    #expect(await session.closed().exitCode == 130)
    #expect(session.recording.logs.contains("interrupted a third time: everything is killed"))
    #expect(session.recording.outcome(of: .verify) == .finished)
  }

  /// Whatever hangs, the record has an end, and what is not known is said there.
  @Test func `the third signal ends a session whose engine confirms nothing`() async throws {
    let session = try await session(FakeEngine([.cancel: .ignore, .survivors: .hang]))
    for _ in 0..<3 { session.executor.interrupt(signal: 15) }
    let summary = await session.closed()
    #expect(summary.exitCode == 4 && summary.leftovers.count == 2, "\(summary)")
    #expect(session.recording.kinds.last == .sessionClosed(summary))
    #expect(session.recording.outcome(of: .closeSession) == .skipped)
  }

  /// A session that is closing already and waits for a long task obeys the first signal, too.
  @Test(arguments: [OperatorCommand.close(), .drain, .stop])
  func `the first signal cuts short a session that waits for its tasks`(_ command: OperatorCommand) async throws {
    let session = try await session()
    session.executor.send(command, sender: "ann")
    if command == .close() {
      await session.recording.untilEntered(.awaitTasks)
    } else {
      await session.recording.untilAcknowledged(command.verb)
    }
    session.executor.interrupt(signal: 15)
    let summary = await session.closed()
    #expect(summary.exitCode == 143)
    #expect(summary.tasks["CANCELED"] == 1)
  }

  @Test func `an interrupt after the end does nothing`() async throws {
    let session = try await Harness.started()
    let summary = try await session.executor.shutdown()
    for signal: Int32 in [2, 2, 2] { session.executor.interrupt(signal: signal) }
    #expect(await session.closed() == summary)
  }
}
