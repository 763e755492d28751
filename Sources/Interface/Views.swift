import SessionModel
import Terminal
import Words

/// What the body of the screen shows; a number key leads to each.
enum MainView: Int, CaseIterable, Sendable {
  case overview = 1, tasks, failures, pilot, log

  var title: String {
    switch self {
    case .overview: "overview"
    case .tasks: "tasks"
    case .failures: "failures"
    case .pilot: "pilot"
    case .log: "log"
    }
  }

  var help: String {
    switch self {
    case .overview: "tasks and log side by side"
    case .tasks: "the tasks alone"
    case .failures: "why tasks failed, and which"
    case .pilot: "session, pilot and raptor, and their past"
    case .log: "the log alone; l chooses what of it, / searches"
    }
  }

  /// Whether the list of tasks is there, and what its keys act on.
  var hasTasks: Bool { self == .overview || self == .tasks }
}

extension Action {
  /// The views.
  static let views =
    MainView.allCases.map { view in
      let key = Character(String(view.rawValue))
      return Action(
        name: view.title, keys: [.character(key)], keyName: String(key), title: "", help: "\(view.title): \(view.help)",
        group: .view
      ) { $0.show(view) }
    } + [
      Action(
        name: "sessions", keys: [.character("6")], keyName: "6", title: "",
        help: "sessions: another one; this one goes on", group: .view,
        isAvailable: { !$0.isReplay && !($0.isOwned && ($0.isClosed || $0.isHostGone)) }
      ) { _ in [.leave(.sessions)] },
      Action(
        name: "commands", keys: [.character(":")], keyName: ":", title: "commands",
        help: "all that can be done, found by words",
        group: .view, weight: 14
      ) { $0.openPalette() },
    ]
}

extension InterfaceState {
  mutating func show(_ view: MainView) -> [Effect] {
    detail = nil
    mainView = view
    focus =
      switch view {
      case .overview, .tasks: .tasks
      case .failures: .failures
      case .pilot: .pilot
      case .log: .log
      }
    return []
  }

  /// The views, for the header; the one that is shown stands out.
  var viewTabs: [Span] {
    MainView.allCases.flatMap { view in
      let isShown = view == mainView && detail == nil
      let count = view == .failures ? snapshot.tasks.count(in: .failed) : 0
      let text = "\(view.rawValue) \(view.title)" + (count > 0 ? " \(Format.count(count))" : "")
      return [Span(isShown ? "[\(text)]" : " \(text) ", isShown ? .title : count > 0 ? .error : .dim)]
    }
  }
}
