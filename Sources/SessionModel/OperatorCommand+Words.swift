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
    case .rerun: "run failed tasks again, and what was canceled because of them"
    case .cancelRaptor: "ask it to stop, cancel it when it does not"
    case .close: "end the session, the whole shutdown in order"
    case .submit: "add work to the session"
    }
  }
}

extension CloseGrace {
  /// For people, after `close`.
  public var words: String {
    switch self {
    case .configured: ""
    case .seconds(let seconds): "with \(Int(exactly: seconds).map(String.init) ?? String(seconds)) s for running tasks"
    case .none: "now"
    }
  }
}
