import JSON
import SessionModel
import TestSupport
import Testing
import Work

@testable import Wire

/// Every coded record with every field set comes back as it was; a field that was added and not coded fails here.
@Suite struct RoundTripTests {
  private func through<Value>(_ coding: JSONCoding<Value>) -> (Value) throws -> Value {
    { value in
      var writer = JSONWriter()
      coding.write(value, &writer)
      return try writer.bytes.withUnsafeBytes { try coding.value($0) }
    }
  }

  static let call = FunctionCall(
    module: "m", name: "a.b", args: [1, 2.0, nil, "x"], kwargs: ["k": ["{member}", 1e300]])

  static let description = {
    var description = Samples.description
    description.function = call
    return description
  }()

  @Test func `what a task is`() throws {
    try expectEveryFieldSurvives(
      Self.description, unlike: TaskDescription(name: ""), through: through(TaskDescription.coding))
    try expectEveryFieldSurvives(
      Self.call, unlike: FunctionCall(module: "", name: ""), through: through(FunctionCall.coding))
    try expectEveryFieldSurvives(
      WorkItem(Self.description, shape: [3]), unlike: WorkItem(TaskDescription(name: "")),
      through: through(WorkItem.coding))
    try expectEveryFieldSurvives(
      StagingDirective(source: "a", target: "b", action: .link), unlike: StagingDirective(source: "", target: ""),
      through: through(StagingDirective.coding))
    for input in hostileTexts.flatMap({ [StandardInput.text($0), .file($0)] }) {
      #expect(try through(StandardInput.coding)(input) == input)
    }
  }

  @Test func `what a session says of itself`() throws {
    try expectEveryFieldSurvives(
      Samples.info(reason: "r"),
      unlike: SessionInfo(id: "", name: "", engine: "", resource: "", user: "", host: "", pid: 0, directory: ""),
      through: through(SessionInfo.record.coding))
    var pilot = PilotStatus(
      uid: "p", state: .failed, cores: 2, gpus: 8, nodes: 3, runtime: 3600.5, detail: "d")
    pilot.isRuntimeKnown = false
    try expectEveryFieldSurvives(
      pilot,
      unlike: PilotStatus(uid: "", state: .new, cores: 0), through: through(PilotStatus.record.coding))
    try expectEveryFieldSurvives(
      RaptorStatus(uid: "r", state: .failed, workers: 3, workerCores: 2, hello: "h", detail: "d"),
      unlike: RaptorStatus(uid: "", state: .new, workers: 0), through: through(RaptorStatus.record.coding))
    try expectEveryFieldSurvives(
      SessionSummary(session: "s", tasks: ["DONE": 9], wall: 1.5, leftovers: ["x"], exitCode: 143, problem: "p"),
      unlike: SessionSummary(session: "", tasks: [:], wall: 0, exitCode: 0),
      through: through(SessionSummary.record.coding))
    var progress = ShutdownProgress(phase: .verify, entered: at(1), deadline: .infinity)
    (progress.left, progress.outcome, progress.detail) = (at(2), .timedOut, "d")
    try expectEveryFieldSurvives(
      progress, unlike: ShutdownProgress(phase: .drain, entered: at(0), deadline: 0),
      through: through(ShutdownProgress.record.coding))
    try expectEveryFieldSurvives(
      SessionSnapshot.LogLine(time: at(1), level: .error, text: "t"),
      unlike: SessionSnapshot.LogLine(time: at(0), level: .info, text: ""),
      through: through(SessionSnapshot.LogLine.record.coding))
  }

  @Test func `commands`() throws {
    let plain = CommandRecord(id: 0, verb: .drain, sender: "", stage: .requested)
    let full = CommandRecord(
      id: 7, verb: .cancel, tasks: [TaskID(1), TaskID(1_000_000)], added: 3..<7, grace: .seconds(2.5),
      sender: CommandSender(user: "ann", origin: "login1", request: "t.1"), reason: "r",
      stage: .finished(.done("o")))
    try expectEveryFieldSurvives(full, unlike: plain, through: through(CommandRecord.coding))
    let failures = CommandFailure.Code.allCases.map { CommandRecord.Stage.finished(.failed($0, "no")) }
    for stage in [.requested, .acknowledged, .finished(.failed(.unknown, ""))] + failures {
      var record = plain
      record.stage = stage
      record.grace = CloseGrace.none
      #expect(try through(CommandRecord.coding)(record) == record)
    }
  }

  @Test func `a failure without a code, or with one of a newer program, is one of an unknown code`() throws {
    for code in ["", #","code":"not_yet_invented""#] {
      let text = #"{"id":1,"verb":"drain","user":"u","stage":"finished","succeeded":false,"outcome":"no"\#(code)}"#
      let record = try CommandRecord.coding.value(Array(text.utf8))
      #expect(record.stage == .finished(.failed(.unknown, "no")))
    }
    let done =
      #"{"id":1,"verb":"drain","user":"u","stage":"finished","succeeded":true,"outcome":"yes","code":"closed"}"#
    #expect(try CommandRecord.coding.value(Array(done.utf8)).stage == .finished(.done("yes")))
  }

  @Test func `the result of a task`() throws {
    let full = TaskResult(
      exitCode: -1, signal: 9, wall: 1.5, user: 0.25, system: 12.25, peakMemory: 1 << 40, attempt: 3, pid: 2,
      reason: "r", value: functionValue("[1]"))
    try expectEveryFieldSurvives(full, unlike: TaskResult()) { result in
      let read = try event(line(SessionEvent(time: at(0), source: .agent, .task(TaskID(1), .done, result))))
      guard case .task(_, _, let again) = read?.kind else { return TaskResult(attempt: 99) }
      return again ?? TaskResult()
    }
  }

  @Test func `an agent's configuration`() throws {
    try expectEveryFieldSurvives(
      AgentSamples.configuration,
      unlike: AgentConfiguration(
        session: "", sessionDirectory: "", clientDirectory: "", venv: nil, cores: 0, gpus: 0, runtime: nil, pilot: "",
        killGrace: 0, patience: 0, raptorCommand: [], callLimit: 0), through: through(AgentConfiguration.coding))
  }

  /// The head of a checkpoint names every property of a snapshot but the table of tasks.
  @Test func `a snapshot`() throws {
    var snapshot = SessionSnapshot()
    snapshot.apply(CheckpointTests.rich(1))
    let same = fields(of: snapshot, thatAreAsIn: SessionSnapshot())
    #expect(same.filter { !$0.hasPrefix("tasks.") && !["phaseReason", "shutdown"].contains($0) } == [])
    let columns = fields(of: snapshot.tasks.columns, thatAreAsIn: SessionSnapshot().tasks.columns)
    #expect(columns == [])
  }
}
