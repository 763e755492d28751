import SessionModel
import Testing
import Work

@testable import Executor

@Suite(.timeLimit(.minutes(1))) struct CommandTests {
  /// A session with tasks 0 and 1 of which 0 runs.
  private func session(_ engine: FakeEngine = FakeEngine(), raptor: Bool = false) async throws -> Harness {
    let session = try await Harness.started(engine, raptor: raptor)
    try await session.executor.submit([item("e", count: 2)])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    return session
  }

  private func outcome(_ record: CommandRecord) -> (Bool, String)? {
    if case .finished(let outcome) = record.stage { (outcome.isDone, outcome.words) } else { nil }
  }

  private func code(_ record: CommandRecord) -> CommandFailure.Code? {
    if case .finished(.failed(let failure)) = record.stage { failure.code } else { nil }
  }

  @Test func `every refusal has a code for programs`() async throws {
    let session = try await session()
    func code(_ command: OperatorCommand, reason: String? = nil) async -> CommandFailure.Code? {
      self.code(await session.executor.perform(command, sender: "ann", reason: reason))
    }
    #expect(await code(.resume) == .nothingToUndo)
    #expect(await code(.cancelRaptor) == .noRaptor)
    #expect(await code(.cancel([TaskID(7)])) == .unknownTask)
    #expect(await code(.cancel([TaskID(0), TaskID(7)])) == .unknownTask)
    #expect(await code(.submit(.items([]))) == .noWork)
    #expect(await code(.submit(.items([item("e")]))) == .duplicateName)
    #expect(await code(.submit(.commands(CommandList([""])))) == .invalidWork)
    #expect(await code(.submit(.items([item("f", after: ["none"])]))) == .invalidWork)
    #expect(await code(.cancel([TaskID(1)])) == nil)
    #expect(await code(.cancel([TaskID(1)])) == .taskEnded)
    let drain = session.executor
    async let replaced = drain.perform(.drain, sender: "ann")
    await session.recording.until(.sessionPhase(.draining, reason: nil))
    #expect(await code(.submit(.items([item("new")]))) == .noNewWork)
    async let undone = drain.perform(.stop, sender: "ann")
    await session.recording.until(.sessionPhase(.stopping, reason: nil))
    #expect(self.code(await replaced) == .replaced)
    #expect(await code(.resume) == nil)
    #expect(self.code(await undone) == .replaced)
    session.executor.send(.close(), sender: "ann")
    await session.recording.untilEntered(.awaitTasks)
    for verb in [OperatorCommand.drain, .stop, .resume, .cancelRaptor, .submit(.items([item("late")]))] {
      #expect(await code(verb) == .closing, "\(verb)")
    }
    session.engine.end(0)
    await session.closed()
    for verb in [OperatorCommand.drain, .close(), .cancel([TaskID(0)]), .submit(.items([item("late")]))] {
      #expect(await code(verb) == .closed, "\(verb)")
    }
  }

  @Test func `drain refuses new work, finishes what there is, and ends`() async throws {
    let session = try await session()
    session.executor.send(.drain, sender: "ann", reason: "maintenance")
    await session.recording.until(.sessionPhase(.draining, reason: "maintenance"))
    let error = await #expect(throws: ProtocolError.self) { try await session.executor.submit([item("new")]) }
    #expect(error?.message == "the session takes no new work: it is draining")
    session.engine.start(1)
    session.engine.end(0)
    session.engine.end(1)
    let summary = await session.closed()
    #expect(summary.tasks == ["DONE": 2])
    #expect(
      session.stages(of: 1) == [
        .requested, .acknowledged, .finished(.done("all 2 tasks came to their end")),
      ])
    #expect(session.recording.commands.allSatisfy { $0.sender.user == "ann" && $0.reason == "maintenance" })
    #expect(session.recording.phases == [.starting, .running, .draining, .closing])
  }

  @Test func `stop leaves queued tasks in the workflow and a later session runs them`() async throws {
    let session = try await session()
    session.executor.send(.stop, sender: "ann")
    await session.recording.untilState(1, .new)
    session.engine.end(0)
    let summary = await session.closed()
    #expect(summary.tasks == ["DONE": 1, "NEW": 1])
    #expect(session.stages(of: 1).last == .finished(.done("1 task stays in the workflow")))

    let later = try await Harness.started(
      FakeEngine(running: .atOnce { _ in .done }), workflow: await session.executor.workflow, id: "session.2")
    try await later.executor.submit([item("more", after: ["e"])])
    let end = try await later.executor.shutdown()
    #expect(end.tasks == ["DONE": 3])
    #expect(end.exitCode == 0)
    #expect(later.engine.calls.filter { $0.hasPrefix("submit") } == ["submit 1", "submit 2"])
    #expect(later.recording.reason(of: 0) == "in an earlier session")
    await later.closed()
  }

  @Test func `a task whose end was never confirmed does not keep a later session waiting`() async throws {
    let engine = FakeEngine([.cancel: .ignore, .withdraw: .hang, .release(.pilot): .hang])
    let session = try await Harness.started(engine, limits: .near)
    try await session.executor.submit([item("ran"), item("queued"), item("after", after: ["ran"])])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    await session.recording.untilState(0, .agentExecuting)
    await session.executor.perform(.close(), sender: "ann")
    #expect(await session.closed().exitCode == 4)
    let later = try await Harness.started(
      FakeEngine(running: .atOnce { _ in .done }), workflow: await session.executor.workflow, id: "session.2")
    let end = try await later.executor.shutdown()
    #expect(end.tasks == ["FAILED": 1, "DONE": 1, "CANCELED": 1], "nobody knows how it ended: it is not run twice")
    #expect(later.recording.reason(of: 0) == "its end was never confirmed in an earlier session")
    await later.closed()
  }

  @Test func `resume undoes a drain or a stop`() async throws {
    let session = try await session()
    for (command, phase) in [(OperatorCommand.drain, SessionPhase.draining), (.stop, .stopping)] {
      session.executor.send(command, sender: "ann")
      await session.recording.until(.sessionPhase(phase, reason: nil))
      let resumed = await session.executor.perform(.resume, sender: "bob", reason: "no")
      #expect(outcome(resumed)?.0 == true)
    }
    #expect(session.stages(of: 1).last == .finished(.failed(.replaced, "undone by resume")))
    #expect(session.stages(of: 3).last == .finished(.failed(.replaced, "undone by resume")))
    #expect(session.recording.phases == [.starting, .running, .draining, .running, .stopping, .running])
    try await session.executor.submit([item("more")])
    // The tasks that the stop took back are dispatched again.
    await session.engine.untilHolding(3)
    for id in 0...2 { session.engine.end(id) }
    #expect(try await session.executor.shutdown().tasks == ["DONE": 3])
    await session.closed()
  }

  @Test func `commands that make no sense now are refused with the reason`() async throws {
    let session = try await session()
    let resume = await session.executor.perform(.resume, sender: "ann")
    #expect(outcome(resume)?.1 == "there is no drain or stop to undo")
    let raptor = await session.executor.perform(.cancelRaptor, sender: "ann")
    #expect(outcome(raptor)?.1 == "the session has no raptor")
    let unknown = await session.executor.perform(.cancel([TaskID(0), TaskID(7)]), sender: "ann")
    #expect(outcome(unknown)?.1 == "unknown: task.000007")
    let none = await session.executor.perform(.cancel([]), sender: "ann")
    #expect(outcome(none)?.0 == false)
    session.executor.send(.drain, sender: "ann")
    await session.recording.until(.sessionPhase(.draining, reason: nil))
    session.executor.send(.stop, sender: "ann")
    await session.recording.until(.sessionPhase(.stopping, reason: nil))
    #expect(session.stages(of: 5).last == .finished(.failed(.replaced, "replaced by stop")))
    session.executor.send(.close(), sender: "ann")
    await session.recording.until(.sessionPhase(.closing, reason: nil))
    for command in [OperatorCommand.drain, .stop, .resume] {
      let late = await session.executor.perform(command, sender: "bob")
      #expect(outcome(late)?.1 == "the session is closing")
    }
    session.engine.end(0)
    await session.closed()
  }

  @Test func `a command before the session is open, or after it closed, is refused`() async throws {
    let session = try Harness()
    let early = await session.executor.perform(.drain, sender: "ann")
    #expect(outcome(early)?.1 == "the session is not open yet")
    try await session.executor.startup()
    _ = try await session.executor.shutdown()
    let count = session.recording.events.count
    let late = await session.executor.perform(.close(), sender: "ann")
    #expect(outcome(late)?.0 == false)
    #expect(outcome(late)?.1 == "the session is closed")
    session.executor.interrupt(signal: 2)
    session.executor.interrupt(signal: 2)
    _ = await session.executor.workflow
    #expect(session.recording.events.count == count, "nothing is recorded after the end")
    await session.closed()
  }

  @Test func `cancel is finished when the engine confirmed it`() async throws {
    let session = try await session(FakeEngine([.cancel: .ignore]))
    session.executor.send(.cancel([TaskID(0)]), sender: "ann", reason: "a typo")
    await session.engine.untilCalled("cancel 0")
    #expect(session.stages(of: 1) == [.requested, .acknowledged])
    #expect(!session.recording.states(of: 0).contains(.canceled), "asked for is not canceled")
    session.engine.end(0, .canceled)
    await session.recording.untilState(0, .canceled)
    session.engine.end(1)
    _ = try await session.executor.shutdown()
    #expect(session.stages(of: 1).last == .finished(.done("1 canceled")))
    #expect(session.engine.graces == [.seconds(5)])
    await session.closed()
  }

  @Test func `cancel of tasks in the workflow is immediate and takes their dependents along`() async throws {
    let session = try await Harness.started(FakeEngine())
    try await session.executor.submit([item("a"), item("b", after: ["a"]), item("c", after: ["b"])])
    let done = await session.executor.perform(.cancel([TaskID(1)]), sender: "ann", reason: "not needed")
    #expect(outcome(done)?.1 == "1 canceled")
    #expect(session.recording.reason(of: 1) == "canceled by ann: not needed")
    #expect(session.recording.reason(of: 2) == "b is CANCELED")
    #expect(!session.engine.calls.contains { $0.hasPrefix("cancel") })
    session.engine.end(0)
    #expect(try await session.executor.shutdown().tasks == ["DONE": 1, "CANCELED": 2])
    await session.closed()
  }

  @Test func `cancel of a task that ends by itself says so`() async throws {
    let session = try await session(FakeEngine([.cancel: .ignore]))
    session.executor.send(.cancel([TaskID(0), TaskID(1), TaskID(1)]), sender: "ann")
    await session.engine.untilCalled("cancel 0,1")
    session.engine.end(0, .done)
    session.engine.end(1, .canceled)
    _ = try await session.executor.shutdown()
    #expect(
      session.stages(of: 1).last == .finished(.done("1 canceled, 1 had ended by themselves")))
    await session.closed()
  }

  @Test func `cancel of what has ended is refused`() async throws {
    let session = try await session()
    session.engine.end(0)
    await session.recording.untilState(0, .done)
    let one = await session.executor.perform(.cancel([TaskID(0)]), sender: "ann")
    #expect(outcome(one)?.0 == false)
    #expect(outcome(one)?.1 == "it had ended already")
    session.engine.end(1)
    _ = try await session.executor.shutdown()
    await session.closed()
  }

  @Test func `a cancel is kept when the engine hands the task back instead`() async throws {
    let session = try await session(FakeEngine([.cancel: .ignore]))
    session.executor.send(.cancel([TaskID(1)]), sender: "ann")
    await session.engine.untilCalled("cancel 1")
    session.executor.send(.stop, sender: "ann")
    await session.recording.untilState(1, .canceled)
    session.engine.end(0)
    #expect(await session.closed().tasks == ["DONE": 1, "CANCELED": 1])
    #expect(session.stages(of: 1).last == .finished(.done("1 canceled")))
  }

  @Test func `a canceled task is not run again`() async throws {
    let session = try await Harness.started(FakeEngine([.cancel: .ignore]))
    try await session.executor.submit([item("a", retries: 5)])
    await session.engine.untilHolding(1)
    session.executor.send(.cancel([TaskID(0)]), sender: "ann")
    await session.engine.untilCalled("cancel 0")
    session.engine.end(0, .failed)
    #expect(try await session.executor.shutdown().tasks == ["FAILED": 1])
    await session.closed()
  }

  @Test func `cancelRaptor stops the raptor and the session goes on`() async throws {
    let session = try await session(raptor: true)
    let done = await session.executor.perform(.cancelRaptor, sender: "ann", reason: "stuck")
    #expect(outcome(done)?.0 == true)
    #expect(outcome(done)?.1 == "the raptor is DONE")
    #expect(session.recording.outcome(of: .stopRaptor) == .finished)
    #expect(session.recording.outcome(of: .cancelRaptor) == .skipped)
    let again = await session.executor.perform(.cancelRaptor, sender: "ann")
    #expect(outcome(again)?.1 == "the raptor has ended already")
    for id in 0...1 { session.engine.end(id) }
    #expect(try await session.executor.shutdown().tasks == ["DONE": 2])
    await session.closed()
  }

  @Test func `cancelRaptor that fails says so`() async throws {
    let engine = FakeEngine([.stopRaptor: .fail("deaf"), .cancelRaptor: .hang])
    let session = try await Harness.started(engine, raptor: true, limits: .near)
    let done = await session.executor.perform(.cancelRaptor, sender: "ann")
    #expect(outcome(done)?.0 == false)
    #expect(outcome(done)?.1 == "the raptor did not end: AGENT_EXECUTING")
    _ = try await session.executor.shutdown()
    await session.closed()
  }

  @Test func `a second cancelRaptor waits for the first`() async throws {
    let session = try await Harness.started(FakeEngine([.stopRaptor: .ignore]), raptor: true)
    session.executor.send(.cancelRaptor, sender: "ann")
    await session.recording.untilEntered(.awaitRaptor)
    session.executor.send(.cancelRaptor, sender: "bob")
    await session.recording.until {
      $0.count { if case .command(let record) = $0.kind { record.id == 2 } else { false } } == 2
    }
    session.engine.raptor(.done)
    await session.recording.until {
      $0.contains {
        if case .command(let record) = $0.kind { record.id == 2 && record.stage.isFinished } else { false }
      }
    }
    #expect(
      session.stages(of: 2) == [.requested, .acknowledged, .finished(.done("the raptor is DONE"))])
    _ = try await session.executor.shutdown()
    #expect(session.engine.calls.count { $0 == "stop raptor" } == 1)
    await session.closed()
  }

  @Test func `close waits for running tasks, keeps queued ones, and says what it left`() async throws {
    let session = try await session()
    session.executor.send(.close(), sender: "ann", reason: "home time")
    await session.recording.untilEntered(.awaitTasks)
    session.engine.end(0)
    let summary = await session.closed()
    #expect(summary.tasks == ["DONE": 1, "NEW": 1])
    #expect(session.stages(of: 1).last == .finished(.done("closed, nothing left behind")))
    #expect(session.recording.kinds.contains(.sessionPhase(.closing, reason: "home time")))
  }

  @Test func `a withdraw that answers after the end records nothing`() async throws {
    let session = try await Harness.started(FakeEngine([.withdraw: .hang]), limits: .near)
    session.executor.send(.stop, sender: "ann")
    let summary = await session.closed()
    #expect(summary.exitCode == 0)
    await session.closed()
  }

  @Test func `what is longer than it may be is refused before anything of it is kept`() async throws {
    let session = try await Harness.started()
    try await session.executor.submit([item("a", count: 1000)])
    let before = session.recording.events.count
    let huge = String(repeating: "x", count: 1 << 20)
    let record = await session.executor.perform(.cancel(TaskIDs(ranges: [0..<1000])), sender: "ann", reason: huge)
    #expect(
      record.stage
        == .finished(.failed(.tooLong, "the reason is longer than 4096 bytes: say it in fewer words")))
    let other = await session.executor.perform(.drain, sender: CommandSender(user: "ann", origin: huge))
    #expect(other.stage == .finished(.failed(.tooLong, "the origin is longer than 256 bytes")))
    #expect(!session.recording.events[before...].contains { if case .command = $0.kind { true } else { false } })
    let allowed = String(huge.prefix(4000))
    await session.executor.perform(.cancel(TaskIDs((100..<1000).map { TaskID($0) })), sender: "ann", reason: allowed)
    #expect(session.recording.reason(of: 999)?.utf8.count ?? 0 < 120)
    _ = await session.executor.perform(.close(.none), sender: "ann")
    await session.closed()
  }
}
