/// Seam 2: where a session's facts come from and, if it is not read-only, where commands go.
public protocol SessionSource: Sendable {
  /// Whether commands are refused; the interface then has no destructive keys at all.
  var isReadOnly: Bool { get }

  /// Whether the session lives in this process, so that leaving the screen ends it.
  var isHosted: Bool { get }

  /// Starts the flow: a snapshot, then events, in order, from any thread, until the session closed.
  func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void)

  /// Asks for a command; what becomes of it comes back as events.
  func send(_ command: OperatorCommand, reason: String?)

  /// The last `limit` bytes of a task's output, or a sentence in `failure` when there is none to read.
  func output(of task: TaskID, stream: OutputStream, limit: Int) async -> OutputTail
}

public enum OutputStream: String, CaseIterable, Sendable { case stdout, stderr }

public struct OutputTail: Equatable, Sendable {
  public var text: String
  /// Size of the whole file in bytes.
  public var size: Int
  public var failure: String?

  public init(text: String, size: Int, failure: String? = nil) {
    self.text = text
    self.size = size
    self.failure = failure
  }
}

public enum SessionUpdate: Sendable {
  case snapshot(SessionSnapshot)
  case events([SessionEvent])
}
