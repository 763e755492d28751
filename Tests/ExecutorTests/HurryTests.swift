import SessionModel
import Testing
import Work

@testable import Executor

/// A session can be ended from its first moment on, and whatever ends it can be hurried by anyone.
@Suite(.timeLimit(.minutes(1))) struct HurryTests {
  /// A session in which the acquisition of a resource hangs, deadlines being those of real life.
  private func starting(
    _ resource: RuntimeResource = .pilot, _ more: [FakeEngine.Call: FakeEngine.Behaviour] = [:]
  ) async throws -> (Harness, Task<Void, any Error>) {
    var behaviours = more
    behaviours[.acquire(resource)] = .hang
    let session = try Harness(FakeEngine(behaviours), raptor: true)
    try await session.executor.open()
    let startup = Task { try await session.executor.startup() }
    await session.engine.untilCalled("acquire \(resource.rawValue)")
    return (session, startup)
  }

  /// A session that runs task 0 and waits for it, being closed.
  private func closing(_ behaviours: [FakeEngine.Call: FakeEngine.Behaviour] = [:]) async throws -> Harness {
    let session = try await Harness.started(FakeEngine(behaviours), raptor: true)
    try await session.executor.submit([item("e", count: 2)])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    session.executor.send(.close(), sender: "ann")
    await session.recording.untilEntered(.awaitTasks)
    return session
  }

  // MARK: While it starts

  @Test(arguments: RuntimeResource.allCases)
  func `a close while a session starts undoes the start`(_ resource: RuntimeResource) async throws {
    let (session, startup) = try await starting(resource)
    try await session.executor.submit([item("a", count: 3)])
    let record = await session.executor.perform(.close(), sender: "ann", reason: "wrong queue")
    #expect(record.stage == .finished(.done("closed, nothing left behind")))
    let error = await #expect(throws: DispatchError.self) { try await startup.value }
    #expect(error?.message == "session session.test was closed before it had started")
    let summary = await session.closed()
    #expect(summary.tasks == ["NEW": 3])
    #expect(summary.exitCode == 1)
    #expect(summary.problem == nil)
    #expect(session.recording.phases == [.starting, .closing])
    #expect(session.recording.released.first == resource.rawValue, "the step in doubt is undone, too")
    #expect(session.recording.kinds.contains(.sessionPhase(.closing, reason: "wrong queue")))
  }

  @Test func `an empty session that is closed while it starts did all it had to do`() async throws {
    let (session, startup) = try await starting()
    await session.executor.perform(.close(), sender: "ann")
    _ = await startup.result
    #expect(await session.closed().exitCode == 0)
  }

  @Test func `a stop while a session starts ends it, its tasks stay`() async throws {
    let (session, startup) = try await starting()
    try await session.executor.submit([item("a")])
    let record = await session.executor.perform(.stop, sender: "ann")
    #expect(record.stage == .finished(.done("1 task stays in the workflow")))
    _ = await startup.result
    #expect(await session.closed().tasks == ["NEW": 1])
  }

  @Test func `a drain while a session starts lets it run what it has`() async throws {
    let session = try Harness(FakeEngine(running: .atOnce { _ in .done }))
    try await session.executor.open()
    try await session.executor.submit([item("a")])
    session.executor.send(.drain, sender: "ann", reason: "maintenance")
    await session.recording.until(.sessionPhase(.draining, reason: "maintenance"))
    await #expect(throws: ProtocolError.self) { try await session.executor.submit([item("late")]) }
    try await session.executor.startup()
    #expect(await session.closed().tasks == ["DONE": 1])
    #expect(session.recording.phases == [.starting, .draining, .draining, .closing])
  }

  @Test func `a resume while a session starts undoes the drain`() async throws {
    let (session, startup) = try await starting()
    try await session.executor.submit([item("a")])
    session.executor.send(.drain, sender: "ann")
    await session.recording.until(.sessionPhase(.draining, reason: nil))
    await session.executor.perform(.resume, sender: "bob", reason: "not yet")
    #expect(session.recording.kinds.contains(.sessionPhase(.starting, reason: "not yet")))
    try await session.executor.submit([item("b")])
    await session.executor.perform(.close(), sender: "ann")
    _ = await startup.result
    await session.closed()
  }

  @Test func `tasks can be canceled while a session starts`() async throws {
    let (session, startup) = try await starting()
    try await session.executor.submit([item("a", count: 2), item("b", after: ["a"])])
    let record = await session.executor.perform(.cancel([TaskID(0)]), sender: "ann")
    #expect(record.stage == .finished(.done("1 canceled")))
    #expect(session.recording.states(of: 2) == [.canceled])
    await session.executor.perform(.close(), sender: "ann")
    _ = await startup.result
    #expect(await session.closed().tasks == ["CANCELED": 2, "NEW": 1])
  }

  /// The engine hangs in giving back what it has: that takes some 15 s, unless someone is in a hurry.
  @Test(arguments: [true, false])
  func `the undoing of a start can be hurried`(_ isSignal: Bool) async throws {
    let hangs = RuntimeResource.allCases.map { (FakeEngine.Call.release($0), FakeEngine.Behaviour.hang) }
    let (session, startup) = try await starting(.pilot, Dictionary(uniqueKeysWithValues: hangs))
    let begin = ContinuousClock.now
    if isSignal { session.executor.interrupt(signal: 2) } else { session.executor.send(.close(), sender: "ann") }
    await session.recording.untilEntered(.closeSession)
    if isSignal {
      session.executor.interrupt(signal: 2)
    } else {
      session.executor.send(.close(.none), sender: "bob")
    }
    _ = await startup.result
    let summary = await session.closed()
    #expect(ContinuousClock.now - begin < .seconds(22), "the deadlines add up to 25 s")
    #expect(summary.exitCode == (isSignal ? 130 : 0))
    #expect(session.engine.kills > 0)
  }

  // MARK: While it closes

  @Test func `close again, now, skips the grace periods, and says who wanted that`() async throws {
    let session = try await closing([.cancel: .ignore, .stopRaptor: .ignore])
    session.executor.send(.close(.none), sender: CommandSender(user: "bob", origin: "login1 pts/3"), reason: "late")
    await session.engine.until { $0.graces.contains(.zero) }
    session.engine.end(0, .canceled)
    await session.closed()
    #expect(session.recording.outcome(of: .awaitTasks) == .timedOut)
    #expect(session.recording.outcome(of: .awaitRaptor) == .timedOut)
    #expect(session.recording.logs.contains("bob on login1 pts/3 skips the grace periods"))
    #expect(session.stages(of: 2).last == .finished(.done("closed, nothing left behind")))
    #expect(session.recording.commands.contains { $0.grace == CloseGrace.none && $0.reason == "late" })
    #expect(
      session.recording.kinds.contains(
        .shutdownLeft(.awaitTasks, .timedOut, detail: "cut short by bob on login1 pts/3")))
  }

  @Test func `close again with another grace changes what running tasks get`() async throws {
    let session = try await closing()
    session.executor.send(.close(.seconds(0.01)), sender: "bob")
    let summary = await session.closed()
    #expect(summary.tasks == ["CANCELED": 1, "NEW": 1])
    #expect(session.recording.outcome(of: .awaitTasks) == .timedOut)
  }

  @Test func `close again with no grace names who wanted that, and no interrupt`() async throws {
    let session = try await closing()
    session.executor.send(.close(.seconds(0)), sender: CommandSender(user: "bob", origin: "login1 pts/3"))
    await session.closed()
    #expect(
      session.recording.kinds.contains(
        .shutdownLeft(.awaitTasks, .timedOut, detail: "cut short by bob on login1 pts/3")))
  }

  @Test func `a plain close again waits for the same end and hurries nothing`() async throws {
    let session = try await closing()
    session.executor.send(.close(), sender: "bob")
    await session.recording.until {
      $0.contains { if case .command(let c) = $0.kind { c.id == 2 && c.stage == .acknowledged } else { false } }
    }
    #expect(session.recording.outcome(of: .awaitTasks) == nil)
    session.engine.end(0)
    #expect(await session.closed().tasks["DONE"] == 1)
    for id in 1...2 {
      #expect(session.stages(of: id).last == .finished(.done("closed, nothing left behind")))
    }
  }

  @Test func `close now of a running session gives its tasks no time`() async throws {
    let session = try await Harness.started()
    try await session.executor.submit([item("a")])
    await session.engine.untilHolding(1)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    await session.executor.perform(.close(.none), sender: "ann")
    #expect(await session.closed().tasks == ["CANCELED": 1])
    #expect(session.engine.graces.allSatisfy { $0 == .zero })
  }

  @Test func `a task that keeps a closing session waiting can be canceled`() async throws {
    let session = try await closing()
    let record = await session.executor.perform(.cancel([TaskID(0)]), sender: "bob")
    #expect(record.stage == .finished(.done("1 canceled")))
    await session.closed()
    #expect(session.recording.outcome(of: .awaitTasks) == .finished)
  }

  @Test(arguments: [OperatorCommand.drain, .stop])
  func `who asks for what is under way waits for its end`(_ command: OperatorCommand) async throws {
    let session = try await Harness.started()
    try await session.executor.submit([item("a")])
    await session.engine.untilHolding(1)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    session.executor.send(command, sender: "ann")
    await session.recording.untilAcknowledged(command.verb)
    async let second = session.executor.perform(command, sender: "bob")
    await session.recording.until {
      $0.contains { if case .command(let c) = $0.kind { c.id == 2 && c.stage == .acknowledged } else { false } }
    }
    session.engine.end(0)
    let record = await second
    #expect(record.stage == session.stages(of: 1).last)
    #expect(record.stage.isFinished)
    await session.closed()
  }

  @Test func `who joined a drain learns that it was undone`() async throws {
    let session = try await Harness.started()
    try await session.executor.submit([item("a")])
    session.executor.send(.drain, sender: "ann")
    await session.recording.untilAcknowledged(.drain)
    async let second = session.executor.perform(.drain, sender: "bob")
    await session.recording.until {
      $0.contains { if case .command(let c) = $0.kind { c.id == 2 && c.stage == .acknowledged } else { false } }
    }
    await session.executor.perform(.resume, sender: "eve", reason: "no")
    #expect(await second.stage == .finished(.failed(.replaced, "undone by resume")))
    #expect(session.recording.kinds.contains(.sessionPhase(.running, reason: "no")), "a resume keeps its reason")
    await session.executor.perform(.close(.none), sender: "ann")
    await session.closed()
  }
}
