/// Who runs a session, and so what can be asked of it.
public enum SessionKeeper: Equatable, Sendable {
  /// A host of this program.
  case host
  /// A program of somebody's own, which opened it with RADICAL-Pilot: that has no drain, stop or resume, and takes work
  /// from its program alone.
  case program

  /// Whether it obeys that.
  public func takes(_ verb: OperatorCommand.Verb) -> Bool {
    switch self {
    case .host: true
    case .program: verb == .cancel || verb == .cancelRaptor || verb == .close
    }
  }
}
