import SessionModel
import Testing
import Work

@testable import Executor

@Suite(.timeLimit(.minutes(1))) struct StartupTests {
  private static let order = RuntimeResource.allCases.map(\.rawValue)

  @Test func `resources are acquired in the reference's order, each an event`() async throws {
    let session = try await Harness.started(raptor: true)
    #expect(session.recording.acquired == Self.order)
    #expect(session.recording.phases == [.starting, .running])
    guard case .sessionOpened(let info) = session.recording.kinds.first else {
      Issue.record("the first event opens the session")
      return
    }
    #expect(info.id == "session.test")
    _ = try await session.executor.shutdown()
    #expect(
      session.engine.calls.filter { $0.hasPrefix("released") }.map { String($0.dropFirst(9)) } == Self.order.reversed())
    await session.closed()
  }

  @Test func `a raptor is acquired only when it is enabled`() async throws {
    let session = try await Harness.started()
    #expect(session.recording.acquired == Self.order.dropLast())
    #expect(!session.engine.calls.contains("acquire raptor"))
    let summary = try await session.executor.shutdown()
    #expect(summary.exitCode == 0)
    #expect(!session.engine.calls.contains("stop raptor"))
    #expect(session.recording.outcome(of: .stopRaptor) == .skipped)
  }

  @Test(arguments: RuntimeResource.allCases)
  func `a failure undoes the earlier steps in reverse`(_ resource: RuntimeResource) async throws {
    let session = try Harness(FakeEngine([.acquire(resource): .fail("no luck")]), raptor: true)
    let error = await #expect(throws: DispatchError.self) { try await session.executor.startup() }
    #expect(error?.message == "could not acquire the \(resource.rawValue) of session session.test: no luck")
    let earlier = Self.order.prefix { $0 != resource.rawValue }
    #expect(session.recording.acquired == Array(earlier))
    #expect(session.recording.released == earlier.reversed())
    #expect(session.engine.calls.filter { $0.hasPrefix("released") } == earlier.reversed().map { "released \($0)" })
    #expect(await session.closed().exitCode == 3)
  }

  @Test(arguments: RuntimeResource.allCases)
  func `an interrupt undoes a start-up that hangs, the step in doubt included`(_ resource: RuntimeResource) async throws
  {
    let session = try Harness(FakeEngine([.acquire(resource): .hang]), raptor: true)
    let startup = Task { try await session.executor.startup() }
    await session.engine.untilCalled("acquire \(resource.rawValue)")
    session.executor.interrupt(signal: 2)
    let error = await #expect(throws: DispatchError.self) { try await startup.value }
    #expect(error?.message.hasSuffix("interrupted") ?? false)
    let touched = Self.order.prefix { $0 != resource.rawValue } + [resource.rawValue]
    #expect(session.recording.released == touched.reversed())
    #expect(await session.closed().exitCode == 130)
    #expect(session.engine.kills > 0)
  }

  @Test(arguments: RuntimeResource.allCases)
  func `cancelling the start-up undoes it, and the undoing is not cancelled`(_ resource: RuntimeResource) async throws {
    let session = try Harness(FakeEngine([.acquire(resource): .hang]), raptor: true)
    let startup = Task { try await session.executor.startup() }
    await session.engine.untilCalled("acquire \(resource.rawValue)")
    startup.cancel()
    await #expect(throws: DispatchError.self) { try await startup.value }
    let touched = Self.order.prefix { $0 != resource.rawValue } + [resource.rawValue]
    #expect(session.engine.calls.filter { $0.hasPrefix("released") } == touched.reversed().map { "released \($0)" })
    #expect(await session.closed().exitCode == 3)
  }

  @Test func `a step that takes too long is given up`() async throws {
    let session = try Harness(FakeEngine([.acquire(.pilot): .hang]), limits: .near)
    let error = await #expect(throws: DispatchError.self) { try await session.executor.startup() }
    #expect(error?.message.hasSuffix("no answer within 0.5 s") ?? false)
    await session.closed()
  }

  @Test func `undoing that hangs ends, too, and what is left is named`() async throws {
    let engine = FakeEngine([
      .acquire(.pilot): .fail("no luck"), .release(.taskManager): .hang, .release(.pilotManager): .fail("stuck"),
    ])
    engine.leaveBehind(["process 7 (agent)"], immortal: true)
    let session = try Harness(engine, limits: .near)
    await #expect(throws: DispatchError.self) { try await session.executor.startup() }
    let summary = await session.closed()
    #expect(summary.leftovers == ["process 7 (agent)"])
    #expect(session.engine.calls.contains("released session"))
    let details = session.recording.kinds.compactMap {
      if case .resource(_, false, let detail) = $0 { detail } else { nil }
    }
    #expect(details.prefix(2) == ["not released in time", "stuck"])
  }

  @Test func `a second runtime in the same scope is refused until the first has closed`() async throws {
    let scope = RuntimeScope()
    let first = try await Harness.started(scope: scope, id: "session.1")
    let second = try Harness(scope: scope, id: "session.2")
    let error = await #expect(throws: APIError.self) { try await second.executor.startup() }
    #expect(error?.message == "a runtime is already active in this process: session session.1")
    #expect(second.engine.calls.isEmpty)
    #expect(second.recording.events.isEmpty)
    _ = try await first.executor.shutdown()
    try await second.executor.startup()
    _ = try await second.executor.shutdown()
    await second.closed()
  }

  @Test func `a start-up that failed leaves the scope free`() async throws {
    let scope = RuntimeScope()
    let first = try Harness(FakeEngine([.acquire(.session): .fail("no luck")]), scope: scope)
    await #expect(throws: DispatchError.self) { try await first.executor.startup() }
    let second = try await Harness.started(scope: scope)
    _ = try await second.executor.shutdown()
  }

  @Test func `a session starts once`() async throws {
    let session = try await Harness.started()
    await #expect(throws: ProtocolError.self) { try await session.executor.startup() }
    _ = try await session.executor.shutdown()
    await #expect(throws: ProtocolError.self) { try await session.executor.startup() }
    await session.closed()
  }

  @Test func `a session that was never started cannot be shut down`() async throws {
    let session = try Harness()
    await #expect(throws: ProtocolError.self) { try await session.executor.shutdown() }
  }

  @Test func `an interrupt before the start-up makes it fail`() async throws {
    let session = try Harness()
    session.executor.interrupt(signal: 15)
    await #expect(throws: DispatchError.self) { try await session.executor.startup() }
    #expect(await session.closed().exitCode == 143)
  }
}

@Suite(.timeLimit(.minutes(1))) struct FirstWorkTests {
  private let work: [WorkOffer] = [.items([item("a", count: 2)]), .commands(CommandList(["true"]))]

  @Test func `work that is there from the beginning is recorded before the first resource is asked for`() async throws {
    let session = try Harness(FakeEngine([.acquire(.session): .hang]))
    try await session.executor.open(with: work)
    let startup = Task { try await session.executor.startup() }
    await session.engine.untilCalled("acquire session")
    let added = session.recording.kinds.filter { if case .tasksAdded = $0 { true } else { false } }
    #expect(added.count == 2)
    session.executor.interrupt(signal: 2)
    _ = await startup.result
    #expect(await session.closed().tasks == ["NEW": 3])
  }

  @Test func `a signal that came before the beginning costs no work`() async throws {
    let session = try Harness()
    session.executor.interrupt(signal: 1)
    #expect(!session.executor.hasTakenSignals)
    try await session.executor.open(with: work)
    #expect(session.executor.hasTakenSignals)
    let summary = await session.closed()
    #expect(summary.tasks == ["NEW": 3] && summary.exitCode == 129)
    #expect(session.recording.acquired.isEmpty)
  }

  @Test func `work that no session takes is refused, and nothing is recorded`() async throws {
    let session = try Harness()
    await #expect(throws: ValueError.self) {
      try await session.executor.open(with: [.items([item("a")]), .items([item("b", after: ["none"])])])
    }
    #expect(session.recording.events.isEmpty)
  }
}
