/// What a session does by itself when a task has FAILED for good, that is when it has no retries left.
public enum FailurePolicy: String, CaseIterable, Sendable {
  /// What does not wait for the task runs.
  case goOn = "continue"
  /// Nothing more is started: running tasks finish, the rest stays in the workflow for a later session.
  case stop
  /// No new work is taken: what there is runs, then the session ends, also one that is kept open.
  case drain

  /// The command that the session gives itself.
  public var command: OperatorCommand? {
    switch self {
    case .goOn: nil
    case .stop: .stop
    case .drain: .drain
    }
  }
}
