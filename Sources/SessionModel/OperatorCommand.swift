import Work

/// Something a person asks of a session.
public enum OperatorCommand: Equatable, Sendable {
  /// Refuse new work, finish what is queued and running, then end.
  case drain
  /// Dispatch nothing more: running tasks finish, queued ones stay in the workflow, then end.
  case stop
  /// Undo a drain or stop that has not ended yet.
  case resume
  case cancel(TaskIDs)
  /// Run again what is FAILED of these tasks, or CANCELED, and what was canceled because of them; of no tasks, all that is
  /// FAILED.
  case rerun(TaskIDs)
  /// Stop the raptor, wait, cancel it, wait.
  case cancelRaptor
  /// The whole shutdown sequence. Of a session that starts, it undoes the start; asked again, it changes the time that
  /// is given.
  case close(CloseGrace = .configured)
  /// Take more work.
  case submit(WorkOffer)

  public var verb: Verb {
    switch self {
    case .drain: .drain
    case .stop: .stop
    case .resume: .resume
    case .cancel: .cancel
    case .rerun: .rerun
    case .cancelRaptor: .cancelRaptor
    case .close: .close
    case .submit: .submit
    }
  }

  /// The tasks of a `cancel` or `rerun`.
  public var tasks: TaskIDs {
    switch self {
    case .cancel(let ids), .rerun(let ids): ids
    default: []
    }
  }

  /// What a `close` gives to running tasks, when it says so.
  public var grace: CloseGrace? {
    guard case .close(let grace) = self, grace != .configured else { return nil }
    return grace
  }

  public enum Verb: String, CaseIterable, Sendable {
    case drain, stop, resume, cancel, rerun
    case cancelRaptor = "cancel-raptor"
    case close, submit
  }
}

/// What running tasks get to finish in when a session is closed.
public enum CloseGrace: Equatable, Sendable {
  /// What the session was started with.
  case configured
  case seconds(Double)
  /// Nothing: every wait is skipped, as by a second Ctrl-C.
  case none

  /// The most that may be asked for, in seconds.
  public static let limit = 1e6

  /// `nil` when it is no time that can be given.
  public init?(seconds: Double) {
    guard seconds >= 0, seconds <= Self.limit else { return nil }
    self = .seconds(seconds)
  }
}

/// Who asks for a command, and from where.
public struct CommandSender: Equatable, Sendable {
  /// The user's name, as the host of the session established it.
  public var user: String
  /// Where the person sits, in words: `login1 pts/3`; `nil` for the session's own process.
  public var origin: String?
  /// What the sender calls the request, unique among all senders; by it the sender finds its record in the journal.
  public var request: String?

  public init(user: String, origin: String? = nil, request: String? = nil) {
    self.user = user
    self.origin = origin
    self.request = request
  }

  /// For people: `alice on login1 pts/3`.
  public var words: String { origin.map { "\(user) on \($0)" } ?? user }
}

/// A user, of whom nothing else is known.
extension CommandSender: ExpressibleByStringLiteral {
  public init(stringLiteral user: String) { self.init(user: user) }
}

/// A command on its way: requested, then acknowledged, then finished with an outcome; each stage is an event.
public struct CommandRecord: Equatable, Sendable {
  public enum Stage: Equatable, Sendable {
    case requested
    /// The executor took the command up.
    case acknowledged
    /// The command came to its end.
    case finished(CommandOutcome)

    public var isFinished: Bool { if case .finished = self { true } else { false } }
  }

  /// Unique in the session.
  public var id: Int
  public var verb: OperatorCommand.Verb
  /// The tasks of a `cancel` or `rerun`.
  public var tasks: TaskIDs
  /// The tasks that a `submit` became.
  public var added: Range<UInt32>?
  /// What a `close` gives to running tasks; `nil` when it does not say.
  public var grace: CloseGrace?
  public var sender: CommandSender
  public var reason: String?
  public var stage: Stage

  public init(
    id: Int, verb: OperatorCommand.Verb, tasks: TaskIDs = [], added: Range<UInt32>? = nil,
    grace: CloseGrace? = nil, sender: CommandSender, reason: String? = nil, stage: Stage
  ) {
    self.id = id
    self.verb = verb
    self.tasks = tasks
    self.added = added
    self.grace = grace
    self.sender = sender
    self.reason = reason
    self.stage = stage
  }
}
