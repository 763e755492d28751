import Work

/// Seam 2: where a session's facts come from and, if it is not read-only, where commands go.
public protocol SessionSource: Sendable {
  /// Whether commands are refused; the interface then has no destructive keys at all.
  var isReadOnly: Bool { get }

  /// Whether the session was started for this screen, so that leaving it asks what becomes of the session.
  var isOwned: Bool { get }

  /// Who runs the session; the screen has no keys for what cannot be asked of it.
  var keeper: SessionKeeper { get }

  /// The program that opened the session, by its name, when what it prints can be read as `OutputID.program`.
  var program: String? { get }

  /// Starts the flow: a snapshot, then events, in order, from any thread, until the session closed.
  func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void)

  /// Asks for a command; what becomes of it comes back as events, or as a ``SessionUpdate/refused(_:)``.
  func send(_ command: OperatorCommand, reason: String?)

  /// Reads of a task's output. Returns at once, however long the reading takes; answers come from any thread.
  func read(_ request: OutputRequest, _ answer: @escaping @Sendable (OutputAnswer) -> Void)

  /// Looks at what running tasks use, given their process ids where they are known. Returns at once; of those that cannot be
  /// seen from here nothing is said.
  func measure(_ tasks: [TaskID: Int32?], _ answer: @escaping @Sendable ([TaskID: TaskUse]) -> Void)

  /// Moves on the time line of a recording; a live session has none.
  func play(_ order: PlayOrder)

  /// This process is about to be stopped: what others would keep for it is given up before this returns, which is at once.
  func suspend()

  /// It goes on.
  func resume()
}

extension SessionSource {
  public var keeper: SessionKeeper { .host }
  public var program: String? { nil }
  public func measure(_ tasks: [TaskID: Int32?], _ answer: @escaping @Sendable ([TaskID: TaskUse]) -> Void) {}
  public func suspend() {}
  public func resume() {}
  public func play(_ order: PlayOrder) {}
}

public enum SessionUpdate: Sendable {
  case snapshot(SessionSnapshot)
  case events([SessionEvent])
  /// How the facts come, and whether they still do.
  case link(LinkStatus)
  /// A command did not reach the session: why, in one sentence.
  case refused(String)
  /// Where a recording stands; after it come a snapshot or events.
  case timeline(Timeline)
}

/// How a screen learns of its session, and how far it can be believed.
public struct LinkStatus: Equatable, Sendable {
  /// The way of facts and commands.
  public enum Way: Equatable, Sendable {
    /// The control socket of the session's host: at once.
    case socket
    /// The files of the session's directory, looked at every so many seconds.
    case files(delay: Double)
  }

  public enum Host: Equatable, Sendable {
    case alive
    /// Nothing shows that it lives, and nothing that it ended.
    case silent(since: Timestamp)
    /// Whether it lives is for others to see.
    case unseen
    /// Whoever runs it cannot be seen from here; its files were written to last at that time.
    case elsewhere(asOf: Timestamp)
    /// It ended without closing the session: nothing more will come.
    case gone(since: Timestamp)
  }

  public var way: Way
  public var host: Host
  /// When the program of a session last said by itself that it lives, which it does every second; `nil` when that was not
  /// heard, or nobody can hear it.
  public var heartbeat: Timestamp?
  /// What is wrong with the record of the session, in one sentence, as a full disk.
  public var problem: String?

  public init(way: Way, host: Host = .alive, heartbeat: Timestamp? = nil, problem: String? = nil) {
    self.way = way
    self.host = host
    self.heartbeat = heartbeat
    self.problem = problem
  }
}

/// Where a recording stands.
public struct Timeline: Equatable, Sendable {
  public var start: Timestamp
  public var end: Timestamp
  public var position: Timestamp
  /// Recorded seconds a second.
  public var speed: Double
  public var isPlaying: Bool

  public init(start: Timestamp, end: Timestamp, position: Timestamp, speed: Double = 1, isPlaying: Bool = false) {
    self.start = start
    self.end = end
    self.position = position
    self.speed = speed
    self.isPlaying = isPlaying
  }
}

/// What a person asks of a recording.
public enum PlayOrder: Equatable, Sendable {
  case playOrPause
  /// Seconds forward, or back.
  case skip(Double)
  case toStart, toEnd
  /// To the next, or the one before, of what is worth a look: a failure, a command, a change of phase.
  case nextMark, previousMark
  /// Multiplies the speed.
  case speed(by: Double)
}
