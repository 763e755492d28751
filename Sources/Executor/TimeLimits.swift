import SessionModel

/// How long each step of the shutdown may take.
public struct TimeLimits: Equatable, Sendable {
  public var drain = Duration.seconds(10)
  public var stopQueue = Duration.seconds(5)
  /// For running tasks to finish when the session is closed.
  public var awaitTasks = Duration.seconds(60)
  /// Between a task's SIGTERM and its SIGKILL.
  public var killGrace = Duration.seconds(5)
  /// For canceled tasks to end, after the grace.
  public var cancelTasks = Duration.seconds(10)
  public var stopRaptor = Duration.seconds(5)
  /// The reference's 60 s.
  public var awaitRaptor = Duration.seconds(60)
  public var cancelRaptor = Duration.seconds(5)
  /// The reference's 10 s.
  public var awaitCanceledRaptor = Duration.seconds(10)
  public var closeSession = Duration.seconds(15)
  public var verify = Duration.seconds(10)
  /// For something of ours that is lacking, as room on the disk or processes, to come back: while nothing else runs.
  public var shortage = Duration.seconds(900)
  /// For each step of the start-up, and for undoing one.
  public var startup = Duration.seconds(300)

  public init() {}

  private static var steps: [(name: String, limit: KeyPath<TimeLimits, Duration>)] {
    [
      ("drain", \.drain), ("stopQueue", \.stopQueue), ("awaitTasks", \.awaitTasks), ("killGrace", \.killGrace),
      ("cancelTasks", \.cancelTasks), ("stopRaptor", \.stopRaptor), ("awaitRaptor", \.awaitRaptor),
      ("cancelRaptor", \.cancelRaptor), ("awaitCanceledRaptor", \.awaitCanceledRaptor),
      ("closeSession", \.closeSession), ("verify", \.verify), ("shortage", \.shortage),
      ("startup", \.startup),
    ]
  }

  /// The most that a step may take: thirty years.
  public static let longest = Duration.seconds(1_000_000_000)

  /// What is wrong with one of them, if anything.
  var fault: String? {
    Self.steps.first { !(Duration.zero...Self.longest).contains(self[keyPath: $0.limit]) }.map {
      "the time limit '\($0.name)' must be from 0 to \(Self.longest.text), not \(self[keyPath: $0.limit])"
    }
  }

  /// The deadline of a phase, in a shutdown that skips the grace periods or not.
  func deadline(of phase: ShutdownPhase) -> Duration {
    switch phase {
    case .drain: drain
    case .stopQueue: stopQueue
    case .awaitTasks: awaitTasks
    case .cancelTasks: killGrace + cancelTasks
    case .stopRaptor: stopRaptor
    case .awaitRaptor: awaitRaptor
    case .cancelRaptor: cancelRaptor
    case .awaitCanceledRaptor: awaitCanceledRaptor
    case .closeSession: closeSession
    case .verify: verify
    }
  }
}
