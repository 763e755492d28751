import JSON
import SessionModel
import Wire
import Work

/// Texts that break careless writers and readers of JSON lines.
public let hostileTexts = [
  "", " ", "plain", "a \"quoted\" word", "back\\slash", "\\\"", "line\nfeed", "\r\n", "\t", "\u{0}", "\u{7f}\u{1b}[31m",
  "naïve café", "日本語", "👩‍🔬 science", "\u{2028}\u{2029}", "{\"t\":1}", "]}", "{member}", "\u{fffd}", "\\u0041", "/",
]

public func at(_ seconds: Double) -> Timestamp { Timestamp(microseconds: 1_785_571_200_000_000 + Int64(seconds * 1e6)) }

/// What a function returned; `json` is a value of JSON.
public func functionValue(_ json: String) -> FunctionValue? { try? FunctionValue(json) }

public func line(_ event: SessionEvent) -> [UInt8] {
  var writer = JSONWriter()
  event.write(to: &writer)
  return writer.bytes
}

public func event(_ bytes: some BidirectionalCollection<UInt8>) throws -> SessionEvent? {
  // Without its line feed, as readers of lines have it.
  try Array(bytes.dropLast(bytes.last == 0x0a ? 1 : 0)).withUnsafeBytes { try SessionEvent(line: $0) }
}

public func event(_ text: String) throws -> SessionEvent? { try event(Array(text.utf8)) }

/// An event of every kind, with every member set and with none of the optional ones.
public enum Samples {
  public static let description = TaskDescription(
    name: "équilibrer", argv: ["gmx", "mdrun", "-s", "{member}.tpr", "\u{1b}\"\\"], stdin: .file("in/{member}"),
    environment: ["OMP_NUM_THREADS": "2", "EMPTY": ""], stdout: "md.out", stderr: "md.err",
    inputs: [StagingDirective(source: "client:///a b", target: "task:///{member}", action: .link)],
    outputs: [StagingDirective(source: "c", target: "d", action: .move)],
    resources: TaskResources(ranks: 2, coresPerRank: 3, gpusPerRank: 1), launcher: .mpiexec,
    preExec: ["module load gmx\n"], timeout: 90.25,
    raptor: true, after: ["grompp", "prepare.3", "x.{member}"], retries: 2, directory: "/home/é/w",
    clientDirectory: "/home/é")

  /// A pilot of another program, of which nobody says how long it may run.
  private static var unknownPilot: PilotStatus {
    var status = PilotStatus(uid: "pilot.0001", state: .active, cores: 0)
    status.isRuntimeKnown = false
    return status
  }

  public static let kinds: [SessionEvent.Kind] = [
    .sessionOpened(info(reason: nil)), .sessionOpened(info(reason: "why \"not\"")),
    .sessionPhase(.stopping, reason: nil), .sessionPhase(.closed, reason: "because"),
    .resource(name: "pilot manager", acquired: true, detail: nil),
    .resource(name: "raptor", acquired: false, detail: "not\nreleased"),
    .pilot(PilotStatus(uid: "pilot.0000", state: .active, cores: 4)),
    .pilot(PilotStatus(uid: "p", state: .failed, cores: 0, gpus: 8, nodes: 2, runtime: 3600.5, detail: "time limit")),
    .pilot(unknownPilot),
    .raptor(RaptorStatus(uid: "raptor.0000", state: .agentExecuting, workers: 3)),
    .raptor(
      RaptorStatus(uid: "r", state: .failed, workers: 0, workerCores: 4, hello: "scalems 0.1", detail: "signal 9")),
    .tasksAdded(TaskBatch(first: TaskID(0), description: TaskDescription(name: "a", argv: ["x"]), members: .single)),
    .tasksAdded(
      TaskBatch(
        first: TaskID(3),
        description: TaskDescription(
          name: "f", function: FunctionCall(module: "m", name: "a.b", args: [1, 2.0, nil], kwargs: ["k": ["{member}"]])),
        members: .single)),
    .tasksAdded(
      TaskBatch(first: TaskID(6), description: TaskDescription(name: "a"), members: .single, uid: "sim.000001")),
    .tasksAdded(TaskBatch(first: TaskID(7), description: description, members: .ensemble(first: 3, count: 1000))),
    .tasksAdded(
      TaskBatch(
        first: TaskID(4_000_000_000), description: TaskDescription(name: "command", argv: []),
        members: .commands(first: 12, CommandList(hostileTexts)))),
    .workflowComplete,
    .task(TaskID(0), .tmgrScheduling, nil),
    .task(TaskID(UInt32.max), .agentExecuting, TaskResult(pid: 4711)),
    .task(TaskID(12), .canceled, TaskResult(reason: "a is FAILED")),
    .task(
      TaskID(1_000_000), .failed,
      TaskResult(
        exitCode: -1, signal: 9, wall: 1.5, user: 0.000001, system: 12.25, peakMemory: 1 << 40, attempt: 3, pid: 2,
        reason: "last words\u{0}")),
    .task(TaskID(3), .done, TaskResult(exitCode: 0, value: functionValue("{\"a\": [1, 2.0, null]}"))),
    .command(CommandRecord(id: 1, verb: .drain, sender: "ann", stage: .requested)),
    .command(
      CommandRecord(
        id: 2, verb: .cancel, tasks: [TaskID(1), TaskID(2)], sender: "bob", reason: "a typo", stage: .acknowledged)),
    .command(
      CommandRecord(
        id: 3, verb: .cancelRaptor, sender: "eve", stage: .finished(.failed(.replaced, "undone \\ by")))),
    .command(CommandRecord(id: 4, verb: .close, grace: CloseGrace.none, sender: "bob", stage: .requested)),
    .command(CommandRecord(id: 5, verb: .close, grace: .seconds(2.5), sender: "bob", stage: .acknowledged)),
    .shutdownEntered(.awaitRaptor, deadline: 60), .shutdownEntered(.verify, deadline: 0.25),
    .shutdownLeft(.closeSession, .timedOut, detail: "not done"), .shutdownLeft(.drain, .skipped, detail: nil),
    .log(.warning, "5 % \"left\""),
    .sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 0, exitCode: 0)),
    .sessionClosed(
      SessionSummary(
        session: "s", tasks: ["DONE": 9, "FAILED": 1], wall: 12.345678, leftovers: ["process 7 (sh -c \"x\")", ""],
        exitCode: 143)),
  ]

  public static func info(reason: String?) -> SessionInfo {
    SessionInfo(
      id: "session.1", name: "näme", engine: "local", resource: "local.localhost", user: "ann", host: "node1",
      pid: 4321, directory: "/scratch/a \"b\"", reason: reason, taskGrace: reason == nil ? nil : 2.5)
  }

  public static let events: [SessionEvent] = kinds.enumerated().map { index, kind in
    let sources = SessionEvent.Source.allCases
    return SessionEvent(time: at(Double(index) + 0.000_001), source: sources[index % sources.count], kind)
  }
}
