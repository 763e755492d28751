import SessionModel
import Testing
import Work

@testable import Executor

/// What cannot be recorded does not happen.
@Suite struct RecorderTests {
  @Test func `without room for the journal what runs finishes, the rest is taken back and goes on with room`()
    async throws
  {
    let session = try await Harness.started(FakeEngine(dispatchAhead: 8))
    try await session.executor.submit([item("e", count: 20)])
    await session.engine.untilHolding(8)
    session.engine.start(0, 1)
    session.recording.has(.full("no room"))
    await session.engine.until { $0.held.count == 2 }
    session.engine.end(0)
    session.engine.end(1)
    await session.recording.untilState(1, .done)
    #expect(session.engine.held.isEmpty, "nothing more is started")
    session.engine.set(running: .atOnce { _ in .done })
    session.recording.has(nil)
    #expect(try await session.executor.shutdown().tasks == ["DONE": 20])
    await session.closed()
  }

  @Test func `a file system that hangs takes nothing back`() async throws {
    let session = try await Harness.started(FakeEngine(dispatchAhead: 8))
    try await session.executor.submit([item("e", count: 20)])
    await session.engine.untilHolding(8)
    session.recording.has(.hangs("hangs"))
    session.engine.end(0)
    await session.recording.untilState(0, .done)
    #expect(session.engine.held.count == 7 && !session.engine.calls.contains("withdraw"))
    session.engine.set(running: .atOnce { _ in .done })
    session.recording.has(nil)
    for id in session.engine.held { session.engine.end(id.index) }
    #expect(try await session.executor.shutdown().tasks == ["DONE": 20])
    await session.closed()
  }

  @Test func `a want that lasts ends the session when nothing runs any more`() async throws {
    var limits = TimeLimits()
    limits.shortage = .milliseconds(50)
    let session = try await Harness.started(FakeEngine(dispatchAhead: 8), limits: limits)
    try await session.executor.submit([item("e", count: 20)])
    await session.engine.untilHolding(8)
    session.engine.start(0)
    session.recording.has(.full("no room"))
    await session.engine.until { $0.held.count == 1 }
    // That what runs may take as long as it likes, is tested without a clock in `CoreTests`.
    session.engine.end(0)
    let summary = await session.executor.waitUntilClosed()
    #expect(summary.tasks == ["DONE": 1, "NEW": 19] && summary.exitCode == 1)
    #expect(session.recording.logs.contains("no room; that has lasted for 0.05 s, so the session ends"))
    await session.closed()
  }

  @Test func `a start without room waits for it`() async throws {
    let session = try Harness(FakeEngine(running: .atOnce { _ in .done }))
    session.recording.has(.full("no room"))
    try await session.executor.startup()
    try await session.executor.submit([item("e", count: 3)])
    #expect(session.engine.held.isEmpty)
    session.recording.has(nil)
    #expect(try await session.executor.shutdown().tasks == ["DONE": 3])
    await session.closed()
  }
}
