/// The steps in which a session ends, in order; each has a deadline of its own.
///
/// Ports the order of `scalems.radical.runtime`, `RPDispatchingExecutor.runtime_shutdown`.
public enum ShutdownPhase: String, CaseIterable, Sendable {
  /// Take back what the engine has not started.
  case drain
  /// End the queue runner: work offered from here on is refused.
  case stopQueue = "stop-queue"
  /// Let running tasks finish.
  case awaitTasks = "await-tasks"
  /// Cancel the tasks that still run.
  case cancelTasks = "cancel-tasks"
  /// Ask the raptor to stop (CPI `stop`).
  case stopRaptor = "stop-raptor"
  /// Give the raptor time to end by itself.
  case awaitRaptor = "await-raptor"
  /// Cancel the raptor.
  case cancelRaptor = "cancel-raptor"
  /// Wait for the canceled raptor to end.
  case awaitCanceledRaptor = "await-canceled-raptor"
  /// Cancel the pilot and close the session.
  case closeSession = "close-session"
  /// Make sure that no process of the session is left.
  case verify

  public var title: String {
    switch self {
    case .drain: "drain the queue"
    case .stopQueue: "stop the queue"
    case .awaitTasks: "await running tasks"
    case .cancelTasks: "cancel running tasks"
    case .stopRaptor: "stop the raptor"
    case .awaitRaptor: "await the raptor"
    case .cancelRaptor: "cancel the raptor"
    case .awaitCanceledRaptor: "await the canceled raptor"
    case .closeSession: "close the session"
    case .verify: "verify nothing is left"
    }
  }
}

/// How a phase of the shutdown ended.
public enum ShutdownOutcome: String, Sendable {
  case finished
  /// There was nothing to do.
  case skipped
  /// The deadline passed; the sequence went on without it.
  case timedOut = "timed-out"
  case failed
}

/// One phase of the shutdown as it is known now.
public struct ShutdownProgress: Equatable, Sendable {
  public var phase: ShutdownPhase
  public var entered: Timestamp
  /// Seconds the phase may take.
  public var deadline: Double
  public var left: Timestamp?
  public var outcome: ShutdownOutcome?
  public var detail: String?

  public init(phase: ShutdownPhase, entered: Timestamp, deadline: Double) {
    self.phase = phase
    self.entered = entered
    self.deadline = deadline
  }
}
