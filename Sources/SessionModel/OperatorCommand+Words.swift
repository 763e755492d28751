// One set of words for the keys, the help and the command line: an action is called the same wherever it is asked for.
extension OperatorCommand.Verb {
  /// For people: the verb without its hyphen.
  public var title: String { self == .cancelRaptor ? "cancel raptor" : rawValue }

  /// What it does, in a line.
  public var help: String {
    switch self {
    case .drain: "refuse new work, finish what there is, end"
    case .stop: "finish running tasks, keep the rest for later, end"
    case .resume: "undo a drain or stop that has not ended"
    case .cancel: "cancel tasks"
    case .cancelRaptor: "ask it to stop, cancel it when it does not"
    case .close: "end the session, the whole shutdown in order"
    case .submit: "add work to the session"
    }
  }

  /// Whether a session in this phase takes the command.
  public func isPossible(in phase: SessionPhase) -> Bool {
    switch (self, phase) {
    case (_, .closing), (_, .closed): false
    case (.resume, _): phase == .draining || phase == .stopping
    case (.drain, _), (.submit, _): phase == .starting || phase == .running
    case (.stop, _): phase != .stopping
    case (.cancel, _), (.cancelRaptor, _), (.close, _): true
    }
  }

  /// Why a session in this state does not take the command, in one sentence; `nil` when it does.
  public func refusal(in snapshot: SessionSnapshot) -> String? {
    guard isPossible(in: snapshot.phase) else {
      return "\(title): not while the session is \(snapshot.phase.rawValue)"
    }
    if self == .cancelRaptor, snapshot.raptor?.state.isFinal ?? true { return "\(title): no raptor runs" }
    return nil
  }
}
