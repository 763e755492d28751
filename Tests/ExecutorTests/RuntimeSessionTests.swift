import SessionModel
import Testing

@testable import Executor

@Suite(.timeLimit(.minutes(1))) struct RuntimeSessionTests {
  private func runtime(_ id: String, _ engine: FakeEngine = FakeEngine()) throws -> RuntimeSession {
    let configuration = try RuntimeConfiguration(limits: .near, engines: [.local])
    return RuntimeSession(
      session: id, engine: engine,
      context: SessionContext(id: id, directory: "/", clientDirectory: "/", configuration: configuration))
  }

  @Test func `a handle of another session is refused`() async throws {
    let (one, two) = (try runtime("session.1"), try runtime("session.2"))
    let pilot = try await one.pilot()
    let error = await #expect(throws: ScopeError.self) { try await two.adopt(pilot) }
    #expect(error?.message == "the pilot belongs to session session.1, not to session.2")
    #expect(await two.handles.isEmpty)
    try await one.adopt(pilot)
    #expect(await one.handles == [pilot])
  }

  @Test func `a pilot that ended is replaced on request`() async throws {
    let engine = FakeEngine()
    let runtime = try runtime("session.1", engine)
    let first = try await runtime.pilot()
    #expect(try await runtime.pilot() == first)
    #expect(engine.calls == ["acquire pilot"])
    await runtime.notePilotEnded()
    _ = try await runtime.pilot()
    #expect(engine.calls == ["acquire pilot", "acquire pilot"])
    #expect(await runtime.handles.count == 1)
  }

  @Test func `a pilot that cannot be replaced is not there`() async throws {
    let engine = FakeEngine()
    let runtime = try runtime("session.1", engine)
    _ = try await runtime.pilot()
    await runtime.notePilotEnded()
    engine.set(.acquire(.pilot), .fail("no node is free"))
    await #expect(throws: DispatchError.self) { try await runtime.pilot() }
    #expect(await runtime.handles.isEmpty)
    engine.set(.acquire(.pilot), .confirm)
    #expect(try await runtime.pilot().resource == .pilot)
  }

  @Test func `a pilot that is not answered for ends in time`() async throws {
    let runtime = try runtime("session.1", FakeEngine([.acquire(.pilot): .hang]))
    await #expect(throws: DispatchError.self) { try await runtime.pilot() }
  }

  @Test func `the executor's runtime knows that its pilot ended`() async throws {
    let session = try await Harness.started()
    let pilot = await session.executor.runtime.handles.last
    #expect(pilot?.resource == .pilot)
    #expect(pilot?.session == "session.test")
    _ = try await session.executor.shutdown()
    #expect(await session.executor.runtime.handles.isEmpty)
  }

  @Test func `waits are bounded, also for what ignores cancellation`() async {
    let hang: @Sendable () async throws -> Int = {
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
      return 1
    }
    if case .timedOut = await bounded(by: .milliseconds(5), hang) {} else { Issue.record("not timed out") }
    if case .value(2) = await bounded(by: .seconds(60), { 2 }) {} else { Issue.record("no value") }
    if case .failure(is ValueError) = await bounded(
      by: .seconds(60), { throw ValueError("x") } as @Sendable () async throws -> Int)
    {
    } else {
      Issue.record("no failure")
    }
    let haste = Haste()
    let waiting = Task { await bounded(by: .seconds(60), haste: haste, hang) }
    haste.hurry()
    if case .timedOut = await waiting.value {} else { Issue.record("not hurried") }
    if case .timedOut = await bounded(by: .seconds(60), haste: haste, hang) {} else { Issue.record("hurried before") }
    let cancelled = Task { await bounded(by: .seconds(60), hang) }
    cancelled.cancel()
    if case .failure(is CancellationError) = await cancelled.value {} else { Issue.record("not cancelled") }
  }
}
