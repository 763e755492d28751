import Work

/// A fact that happened in a session: when, where it was learned, and what.
public struct SessionEvent: Equatable, Sendable {
  /// Who learned the fact first.
  public enum Source: String, CaseIterable, Sendable { case executor, engine, agent, raptor, `operator` }

  public var time: Timestamp
  public var source: Source
  public var kind: Kind

  public init(time: Timestamp = .now, source: Source, _ kind: Kind) {
    self.time = time
    self.source = source
    self.kind = kind
  }

  // What is large and seldom stands in a box, so that the events of tasks, of which there are millions, are small.
  public enum Kind: Equatable, Sendable {
    indirect case sessionOpened(SessionInfo)
    case sessionPhase(SessionPhase, reason: String?)
    /// A step of the start-up or its undoing: `session`, `pilot manager`, … was acquired or released.
    case resource(name: String, acquired: Bool, detail: String?)
    indirect case pilot(PilotStatus)
    indirect case raptor(RaptorStatus)
    indirect case tasksAdded(TaskBatch)
    /// No more work will be offered by the workflow.
    case workflowComplete
    case task(TaskID, TaskState, TaskResult?)
    indirect case command(CommandRecord)
    case shutdownEntered(ShutdownPhase, deadline: Double)
    case shutdownLeft(ShutdownPhase, ShutdownOutcome, detail: String?)
    case log(LogLevel, String)
    indirect case sessionClosed(SessionSummary)
  }
}

public enum LogLevel: String, CaseIterable, Sendable { case info, warning, error }

/// What is known of a session when it opens.
public struct SessionInfo: Equatable, Sendable {
  public var id: String
  public var name: String
  /// `local` or `radical`.
  public var engine: String
  public var resource: String
  public var user: String
  public var host: String
  /// Process id of the host of the session.
  public var pid: Int32
  public var directory: String
  public var reason: String?
  /// Seconds that running tasks get when the session is closed; `nil` when that is not known.
  public var taskGrace: Double?

  /// The machine on which its tasks run, when it is one that is known: the local engine, and a pilot on this machine's own
  /// cores, have no other place.
  public var taskHost: String? {
    (engine == "local" || resource == "local.localhost") && !host.isEmpty ? host : nil
  }

  public init(
    id: String, name: String, engine: String, resource: String, user: String, host: String, pid: Int32,
    directory: String, reason: String? = nil, taskGrace: Double? = nil
  ) {
    self.taskGrace = taskGrace
    self.id = id
    self.name = name
    self.engine = engine
    self.resource = resource
    self.user = user
    self.host = host
    self.pid = pid
    self.directory = directory
    self.reason = reason
  }
}

/// The pilot as the engine last confirmed it.
public struct PilotStatus: Equatable, Sendable {
  public var uid: String
  public var state: PilotState
  /// 0 when nobody says.
  public var cores: Int
  public var gpus: Int
  /// `nil` when nobody says.
  public var nodes: Int?
  /// Seconds from PMGR_ACTIVE to the end of the pilot; `nil` is no limit, as far as it is known.
  public var runtime: Double?
  /// False of a pilot of another program of which nothing says how long it may run.
  public var isRuntimeKnown = true
  /// Why, when the pilot ended; a batch system's reason while it waits.
  public var detail: String?

  public init(
    uid: String, state: PilotState, cores: Int, gpus: Int = 0, nodes: Int? = nil, runtime: Double? = nil,
    detail: String? = nil
  ) {
    self.uid = uid
    self.state = state
    self.cores = cores
    self.gpus = gpus
    self.nodes = nodes
    self.runtime = runtime
    self.detail = detail
  }
}

/// The raptor as the engine last confirmed it.
public struct RaptorStatus: Equatable, Sendable {
  public var uid: String
  public var state: TaskState
  /// Worker slots.
  public var workers: Int
  /// Cores of the pilot that its workers hold now, in which functions run; `nil` when functions hold cores of their own.
  public var workerCores: Int?
  /// What the raptor answered to CPI `hello`: its name and version.
  public var hello: String?
  public var detail: String?

  public init(
    uid: String, state: TaskState, workers: Int, workerCores: Int? = nil, hello: String? = nil, detail: String? = nil
  ) {
    self.uid = uid
    self.state = state
    self.workers = workers
    self.workerCores = workerCores
    self.hello = hello
    self.detail = detail
  }

  /// Cores of the pilot that it holds now: one for itself from its start to its end, and those of its workers.
  public var coresHeld: Int {
    let own = state >= .agentExecutingPending && !state.isFinal ? PilotSize.raptorCores : 0
    return own + max(0, workerCores ?? 0)
  }

  /// It is a task of the pilot, and so are its workers: they end with it.
  package mutating func pilotEnded() {
    state = .failed
    workerCores = workerCores.map { _ in 0 }
    detail = "the pilot ended"
  }
}

/// How one attempt of a task went. Only what the engine measured is set.
public struct TaskResult: Equatable, Sendable {
  public var exitCode: Int32?
  /// The number of the signal that ended the task.
  public var signal: Int32?
  /// Seconds from start to end.
  public var wall: Double?
  /// Seconds of processor time in user mode, the task's waited-for children included.
  public var user: Double?
  /// Seconds of processor time in system mode.
  public var system: Double?
  /// Peak resident memory in KiB of the largest process; `nil` when it was less than the engine can tell (some 20 MiB).
  public var peakMemory: Int?
  /// 1 for the first run, 2 for the first retry, …
  public var attempt: Int
  /// Process id of the first rank, when the task starts.
  public var pid: Int32?
  /// Why, in words, when that is more than the exit code says; for a failure, with its last line of standard error.
  public var reason: String?
  public var value: FunctionValue?

  public init(
    exitCode: Int32? = nil, signal: Int32? = nil, wall: Double? = nil, user: Double? = nil, system: Double? = nil,
    peakMemory: Int? = nil, attempt: Int = 1, pid: Int32? = nil, reason: String? = nil,
    value: FunctionValue? = nil
  ) {
    self.exitCode = exitCode
    self.signal = signal
    self.wall = wall
    self.user = user
    self.system = system
    self.peakMemory = peakMemory
    self.attempt = attempt
    self.pid = pid
    self.reason = reason
    self.value = value
  }
}

/// How a session ended.
public struct SessionSummary: Equatable, Sendable {
  public var session: String
  /// Tasks by RP's state name; a task that was never dispatched counts under the state it is in.
  public var tasks: [String: Int]
  /// Seconds from opening to closing.
  public var wall: Double
  /// What the shutdown could not end: process ids with their commands, job ids.
  public var leftovers: [String]
  /// The exit status of `scalems-top run`.
  public var exitCode: Int32
  /// Why the session could not run at all, in words.
  public var problem: String?

  public init(
    session: String, tasks: [String: Int], wall: Double, leftovers: [String] = [], exitCode: Int32,
    problem: String? = nil
  ) {
    self.session = session
    self.tasks = tasks
    self.wall = wall
    self.leftovers = leftovers
    self.exitCode = exitCode
    self.problem = problem
  }
}
