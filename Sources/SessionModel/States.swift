/// The state of a task, in RADICAL-Pilot's spelling and order.
///
/// The raw value is the order in which a task passes through the states, so a later state compares greater.
public enum TaskState: UInt8, CaseIterable, Sendable, Comparable {
  case new
  case tmgrSchedulingPending, tmgrScheduling
  case tmgrStagingInputPending, tmgrStagingInput
  case agentStagingInputPending, agentStagingInput
  case agentSchedulingPending, agentScheduling
  case agentExecutingPending, agentExecuting
  case agentStagingOutputPending, agentStagingOutput
  case tmgrStagingOutputPending, tmgrStagingOutput
  case done, failed, canceled

  /// RP's name of the state, as it stands in the journal and on the wire.
  public var name: String { Self.names[Int(rawValue)] }

  public init?(name: String) {
    guard let index = Self.names.firstIndex(of: name) else { return nil }
    self.init(rawValue: UInt8(index))
  }

  /// Whether a task in this state will never change state again (RP's `FINAL`).
  public var isFinal: Bool { self >= .done }

  /// The group people think in.
  public var phase: TaskPhase {
    switch self {
    case .new, .tmgrSchedulingPending, .tmgrScheduling: .waiting
    case .tmgrStagingInputPending, .tmgrStagingInput, .agentStagingInputPending, .agentStagingInput,
      .agentSchedulingPending, .agentScheduling, .agentExecutingPending:
      .queued
    case .agentExecuting, .agentStagingOutputPending, .agentStagingOutput, .tmgrStagingOutputPending,
      .tmgrStagingOutput:
      .running
    case .done: .done
    case .failed: .failed
    case .canceled: .canceled
    }
  }

  public static func < (a: TaskState, b: TaskState) -> Bool { a.rawValue < b.rawValue }

  package static let names = [
    "NEW", "TMGR_SCHEDULING_PENDING", "TMGR_SCHEDULING", "TMGR_STAGING_INPUT_PENDING", "TMGR_STAGING_INPUT",
    "AGENT_STAGING_INPUT_PENDING", "AGENT_STAGING_INPUT", "AGENT_SCHEDULING_PENDING", "AGENT_SCHEDULING",
    "AGENT_EXECUTING_PENDING", "AGENT_EXECUTING", "AGENT_STAGING_OUTPUT_PENDING", "AGENT_STAGING_OUTPUT",
    "TMGR_STAGING_OUTPUT_PENDING", "TMGR_STAGING_OUTPUT", "DONE", "FAILED", "CANCELED",
  ]
}

/// The states of a task as people group them; the order is the order of the task list.
public enum TaskPhase: UInt8, CaseIterable, Sendable {
  /// The engine holds the task's cores and its processes run (or their output is being staged).
  case running
  /// The engine has the task and waits for free cores.
  case queued
  /// The task is still in the workflow: it waits for a dependency or for its turn.
  case waiting
  case failed, canceled, done

  public var word: String {
    switch self {
    case .running: "running"
    case .queued: "queued"
    case .waiting: "waiting"
    case .failed: "failed"
    case .canceled: "canceled"
    case .done: "done"
    }
  }

  public var isFinal: Bool { self == .failed || self == .canceled || self == .done }

  /// What people call it: what has come to no end when its session has is not run, wherever it stood.
  public func word(isClosed: Bool) -> String { isClosed && !isFinal ? "not run" : word }
}

/// The state of a pilot, in RADICAL-Pilot's spelling.
public enum PilotState: String, CaseIterable, Sendable {
  case new = "NEW"
  case launchingPending = "PMGR_LAUNCHING_PENDING"
  case launching = "PMGR_LAUNCHING"
  case activePending = "PMGR_ACTIVE_PENDING"
  case active = "PMGR_ACTIVE"
  case done = "DONE"
  case failed = "FAILED"
  case canceled = "CANCELED"

  public var isFinal: Bool { self == .done || self == .failed || self == .canceled }
}

/// Where a session is in its life.
public enum SessionPhase: String, CaseIterable, Sendable {
  /// Resources are being acquired.
  case starting
  /// Work is dispatched.
  case running
  /// `drain`: new work is refused, what is queued and running will finish, then the session ends.
  case draining
  /// `stop`: nothing more is dispatched, what runs will finish, then the session ends.
  case stopping
  /// The shutdown sequence runs.
  case closing
  /// Everything was released, or named in the list of what could not be.
  case closed
}
