import TestSupport
import Testing
import Work

@testable import SessionModel

/// The reducer: what a session looks like after its events.
@Suite struct SnapshotTests {
  private func snapshot(_ kinds: SessionEvent.Kind...) -> SessionSnapshot {
    var snapshot = SessionSnapshot()
    for (index, kind) in kinds.enumerated() {
      snapshot.apply(SessionEvent(time: at(Double(index)), source: .executor, kind))
    }
    return snapshot
  }

  private let three = SessionEvent.Kind.tasksAdded(
    TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "t", argv: ["x"]), members: .ensemble(first: 0, count: 3)))

  private func command(
    _ id: Int, _ stage: CommandRecord.Stage, of verb: OperatorCommand.Verb = .drain, tasks: [Int] = []
  ) -> SessionEvent.Kind {
    .command(
      CommandRecord(
        id: id, verb: verb, tasks: TaskIDs(tasks.map { TaskID($0) }), sender: "ann", reason: "why", stage: stage))
  }

  @Test func `a session opens, runs and closes`() {
    let summary = SessionSummary(session: "s", tasks: ["DONE": 3], wall: 4, leftovers: ["process 7"], exitCode: 4)
    let pilot = PilotStatus(uid: "p", state: .active, cores: 4)
    let end = snapshot(
      .sessionOpened(Samples.info(reason: nil)), .sessionPhase(.starting, reason: "test"), .pilot(pilot),
      .sessionPhase(.running, reason: nil), .pilot(PilotStatus(uid: "p", state: .active, cores: 4, detail: "still")),
      three, .workflowComplete, .sessionClosed(summary))
    #expect(end.info?.id == "session.1")
    #expect(end.opened == at(0))
    #expect(end.pilotActive == at(2), "when it became active, not when it was last told of")
    #expect(end.isWorkflowComplete)
    #expect(end.phase == .closed)
    #expect(end.closed == at(7))
    #expect(end.lastEvent == at(7))
    #expect(end.summary == summary)
    #expect(end.log.last?.text == "left behind: process 7")
    #expect(end.log.last?.level == .error)
  }

  @Test func `a pilot that was replaced is active from its own start`() {
    let end = snapshot(
      .pilot(PilotStatus(uid: "p.0", state: .active, cores: 4)),
      .pilot(PilotStatus(uid: "p.0", state: .failed, cores: 4)),
      .pilot(PilotStatus(uid: "p.1", state: .active, cores: 4)))
    #expect(end.pilotActive == at(2))
    #expect(end.pilot?.uid == "p.1")
  }

  private func batches() -> [SessionEvent.Kind] {
    var program = TaskDescription(name: "p", argv: ["x"], raptor: true)
    program.resources.coresPerRank = 2
    let call = TaskDescription(name: "f", function: FunctionCall(module: "m", name: "f"))
    return [
      .tasksAdded(TaskBatch(first: TaskID(0), description: program, members: .ensemble(first: 0, count: 2))),
      .tasksAdded(TaskBatch(first: TaskID(2), description: call, members: .ensemble(first: 0, count: 4))),
    ]
  }

  @Test func `workers hold the cores that functions run on`() {
    var now = snapshot(batches()[0], batches()[1])
    func become(_ state: TaskState, workers: Int?) {
      now.apply(
        SessionEvent(
          source: .engine, .raptor(RaptorStatus(uid: "raptor.0000", state: state, workers: 3, workerCores: workers))))
    }
    func move(_ tasks: [Int], _ state: TaskState) {
      now.apply(tasks.map { SessionEvent(source: .engine, .task(TaskID($0), state, nil)) })
    }
    become(.agentScheduling, workers: 0)
    #expect(now.coresInUse == 0 && now.busyWorkers == 0)
    become(.agentExecutingPending, workers: 0)
    #expect(now.coresInUse == 1, "its core is taken before its process begins")
    become(.agentExecuting, workers: 3)
    #expect(now.coresInUse == 4)
    move([0, 2, 3], .agentExecuting)
    #expect(now.coresInUse == 6, "the program has two of its own")
    #expect(now.busyWorkers == 2 && now.tasks.callsRunning == 2 && now.tasks.raptorRunning == 3)
    move([2, 3, 4, 5], .agentExecuting)
    #expect(now.busyWorkers == nil, "more than there are cannot be compared")
    move([2, 3], .done)
    become(.canceled, workers: 3)
    #expect(now.coresInUse == 5, "its workers are still there")
    become(.canceled, workers: 0)
    move([0, 4, 5], .canceled)
    #expect(now.coresInUse == 0 && now.tasks.callsRunning == 0 && now.tasks.callCoresInUse == 0)
  }

  @Test func `a raptor whose functions hold cores of their own keeps one for itself`() {
    var now = snapshot(batches()[0], batches()[1])
    now.apply(
      SessionEvent(source: .engine, .raptor(RaptorStatus(uid: "raptor.0000", state: .agentExecuting, workers: 7))))
    now.apply([0, 2].map { SessionEvent(source: .engine, .task(TaskID($0), .agentExecuting, nil)) })
    #expect(now.coresInUse == 4 && now.busyWorkers == 2)
  }

  @Test func `the phases of a raptor's end are under way until the last one is left`() {
    var now = snapshot(.sessionPhase(.running, reason: nil))
    func enter(_ phases: ShutdownPhase...) {
      for phase in phases { now.apply(SessionEvent(source: .executor, .shutdownEntered(phase, deadline: 60))) }
    }
    func leave(_ phase: ShutdownPhase) {
      now.apply(SessionEvent(source: .executor, .shutdownLeft(phase, .finished, detail: nil)))
    }
    #expect(now.shutdownUnderWay.isEmpty)
    enter(.stopRaptor)
    leave(.stopRaptor)
    enter(.awaitRaptor)
    #expect(now.shutdownUnderWay.map(\.phase) == [.stopRaptor, .awaitRaptor])
    leave(.awaitRaptor)
    #expect(now.shutdownUnderWay.isEmpty, "the session runs on")
    enter(.stopRaptor)
    #expect(now.shutdownUnderWay.map(\.phase) == [.stopRaptor], "of another raptor")
    now.apply(SessionEvent(source: .executor, .sessionPhase(.closing, reason: nil)))
    leave(.stopRaptor)
    enter(.drain)
    leave(.drain)
    #expect(now.shutdownUnderWay.map(\.phase) == [.drain], "between two phases, too")
    enter(.stopRaptor)
    #expect(now.shutdownUnderWay.map(\.phase) == [.drain, .stopRaptor])
    now.apply(SessionEvent(source: .executor, .sessionPhase(.closed, reason: nil)))
    #expect(now.shutdownUnderWay.isEmpty)
  }

  @Test func `a command is pending from its request to its end`() {
    var now = snapshot(command(1, .requested), command(2, .requested, of: .stop), command(1, .acknowledged))
    #expect(now.pendingCommands.map(\.id) == [1, 2])
    #expect(now.commands.first?.stage == .acknowledged)
    now.apply(SessionEvent(source: .executor, command(1, .finished(.done("done")))))
    #expect(now.pendingCommands.map(\.id) == [2])
    #expect(now.commands.count == 2)
    #expect(now.log.map(\.text).contains("drain: done"))
    #expect(now.log.map(\.text).contains("ann requested drain (why)"))
  }

  @Test func `the newest 100 commands are kept, and those that are pending`() {
    var now = snapshot(command(0, .requested, of: .close))
    for id in 1...200 {
      now.apply(SessionEvent(source: .operator, command(id, .requested)))
      now.apply(SessionEvent(source: .executor, command(id, .finished(.failed(.unknownTask, "no")))))
    }
    #expect(now.commands.count <= 101)
    #expect(now.commands.last?.id == 200)
    #expect(now.pendingCommands.map(\.id) == [0], "it has not ended, so it does not fall off")
  }

  @Test func `a cancel that was only requested is never shown as CANCELED`() {
    var now = snapshot(
      three, .task(TaskID(1), .agentExecuting, nil), command(1, .requested, of: .cancel, tasks: [1, 2]))
    #expect(now.tasks.isCancelRequested(TaskID(1)))
    #expect(now.tasks.details(of: TaskID(1))?.state == .agentExecuting)
    #expect(now.tasks.details(of: TaskID(1))?.isCancelRequested == true)
    #expect(now.tasks.count(in: .canceled) == 0)
    now.apply(SessionEvent(source: .executor, command(1, .acknowledged, of: .cancel, tasks: [1, 2])))
    #expect(now.tasks.count(in: .canceled) == 0)
    now.apply(SessionEvent(source: .engine, .task(TaskID(1), .canceled, nil)))
    #expect(now.tasks.count(in: .canceled) == 1)
    #expect(!now.tasks.isCancelRequested(TaskID(1)))
    #expect(now.tasks.isCancelRequested(TaskID(2)))
    now.apply(
      SessionEvent(
        source: .executor, command(1, .finished(.failed(.unknownTask, "no")), of: .cancel, tasks: [1, 2])))
    #expect(!now.tasks.isCancelRequested(TaskID(2)), "the request came to its end")
    #expect(now.tasks.state(of: TaskID(2)) == .new)
  }

  @Test func `a task that was asked for and ended by itself is not shown as requested`() {
    var now = snapshot(three, command(1, .requested, of: .cancel, tasks: [0]))
    now.apply(SessionEvent(source: .engine, .task(TaskID(0), .done, nil)))
    #expect(!now.tasks.isCancelRequested(TaskID(0)))
    now.apply(SessionEvent(source: .operator, command(2, .requested, of: .cancel, tasks: [0, 99])))
    #expect(!now.tasks.isCancelRequested(TaskID(0)))
  }

  @Test func `phases of the shutdown are entered and left`() {
    let end = snapshot(
      .shutdownLeft(.verify, .finished, detail: "never entered"), .shutdownEntered(.drain, deadline: 10),
      .shutdownLeft(.drain, .finished, detail: nil), .shutdownEntered(.awaitRaptor, deadline: 60),
      .shutdownLeft(.awaitRaptor, .timedOut, detail: "not done within 60 s"),
      .shutdownEntered(.closeSession, deadline: 15))
    #expect(end.shutdown.map(\.phase) == [.drain, .awaitRaptor, .closeSession])
    #expect(end.shutdown.map(\.outcome) == [.finished, .timedOut, nil])
    #expect(end.shutdown[1].entered == at(3))
    #expect(end.shutdown[1].left == at(4))
    #expect(end.shutdown[1].deadline == 60)
    #expect(end.log.map(\.text) == ["await the raptor: timed-out, not done within 60 s"])
  }

  @Test func `a phase that is run twice is shown twice`() {
    let end = snapshot(
      .shutdownEntered(.stopRaptor, deadline: 5), .shutdownLeft(.stopRaptor, .finished, detail: nil),
      .shutdownEntered(.stopRaptor, deadline: 0), .shutdownLeft(.stopRaptor, .skipped, detail: nil))
    #expect(end.shutdown.map(\.outcome) == [.finished, .skipped])
  }

  @Test func `the log keeps its newest lines and counts all`() {
    var now = SessionSnapshot()
    for number in 0..<10_000 { now.apply(SessionEvent(source: .agent, .log(.info, "\(number)"))) }
    #expect(now.logCount == 10_000)
    #expect(now.log.count <= SessionSnapshot.logLimit + 500)
    #expect(now.log.count >= SessionSnapshot.logLimit)
    #expect(now.log.last?.text == "9999")
    #expect(now.log.first?.text == "\(10_000 - now.log.count)")
  }

  @Test func `failures and cancellations with a reason are in the log`() {
    let end = snapshot(
      three, .task(TaskID(0), .failed, TaskResult(exitCode: 3)),
      .task(TaskID(1), .canceled, TaskResult(reason: "t.0 is FAILED")), .task(TaskID(2), .done, nil))
    #expect(end.log.map(\.text) == ["t.0 FAILED: exit 3", "t.1 CANCELED: t.0 is FAILED"])
    #expect(end.log.map(\.level) == [.error, .warning])
  }

  @Test func `a second final state is not in the log`() {
    let end = snapshot(
      three, .task(TaskID(0), .done, nil), .task(TaskID(0), .failed, TaskResult(exitCode: 3)),
      .task(TaskID(77), .failed, TaskResult(exitCode: 3)))
    #expect(end.log.isEmpty)
  }

  @Test func `the raptor is logged when its state changes`() {
    let end = snapshot(
      .raptor(RaptorStatus(uid: "r", state: .agentExecuting, workers: 1)),
      .raptor(RaptorStatus(uid: "r", state: .agentExecuting, workers: 3, hello: "hi")),
      .raptor(RaptorStatus(uid: "r", state: .failed, workers: 3, detail: "signal 9")))
    #expect(end.log.map(\.text) == ["r AGENT_EXECUTING", "r FAILED: signal 9"])
    #expect(end.raptor?.workers == 3)
  }
}
