/// Something a person asks of a session.
public enum OperatorCommand: Equatable, Sendable {
  /// Refuse new work, finish what is queued and running, then end.
  case drain
  /// Dispatch nothing more: running tasks finish, queued ones stay in the workflow, then end.
  case stop
  /// Undo a drain or stop that has not ended yet.
  case resume
  case cancel([TaskID])
  /// Stop the raptor, wait, cancel it, wait.
  case cancelRaptor
  /// The whole shutdown sequence.
  case close

  public var verb: Verb {
    switch self {
    case .drain: .drain
    case .stop: .stop
    case .resume: .resume
    case .cancel: .cancel
    case .cancelRaptor: .cancelRaptor
    case .close: .close
    }
  }

  public enum Verb: String, CaseIterable, Sendable {
    case drain, stop, resume, cancel
    case cancelRaptor = "cancel-raptor"
    case close
  }
}

/// A command on its way: requested, then acknowledged, then finished with an outcome; each stage is an event.
public struct CommandRecord: Equatable, Sendable {
  public enum Stage: Equatable, Sendable {
    case requested
    /// The executor took the command up.
    case acknowledged
    /// The command came to its end; `succeeded` is false when it was refused or undone.
    case finished(succeeded: Bool, outcome: String)

    public var isFinished: Bool { if case .finished = self { true } else { false } }
  }

  /// Unique in the session.
  public var id: Int
  public var verb: OperatorCommand.Verb
  /// The tasks of a `cancel`.
  public var tasks: [TaskID]
  public var user: String
  public var reason: String?
  public var stage: Stage

  public init(
    id: Int, verb: OperatorCommand.Verb, tasks: [TaskID] = [], user: String, reason: String? = nil, stage: Stage
  ) {
    self.id = id
    self.verb = verb
    self.tasks = tasks
    self.user = user
    self.reason = reason
    self.stage = stage
  }
}
