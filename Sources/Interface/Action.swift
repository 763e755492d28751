import SessionModel
import Terminal

/// One thing a person can do: its keys, its words, when it is there, and what it does.
///
/// The one table of them feeds the keys, the key line and the help.
struct Action: Sendable {
  enum Group: String, CaseIterable, Sendable {
    case move = "Move"
    case look = "Look"
    case view = "Views"
    case act = "Act"
    case play = "Play"
    case leave = "Leave"
  }

  /// Where the keys mean this.
  enum Page: Sendable {
    /// In the list of tasks.
    case list
    case failures
    /// In the log.
    case log
    /// On every view, but not on a task's page.
    case main
    case detail
    /// Where a task is chosen: in the list, or by its page.
    case task
    case both

    /// For the help.
    var words: String {
      switch self {
      case .list, .main, .task, .both: ""
      case .failures: " (in the failures)"
      case .log: " (in the log)"
      case .detail: " (on a task's page)"
      }
    }
  }

  /// What the configuration file calls it.
  var name: String
  var keys: [InputEvent]
  /// The keys as they are written for people.
  var keyName: String
  /// For the key line; empty keeps the action out of it.
  var title: String
  var help: String
  var group: Group
  var page = Page.both
  /// Whether it changes the session, or only helps to; read-only screens do not have it.
  var needsControl = false
  /// Whether it is for sessions whose program can be looked at.
  var needsProgram = false
  /// The command it sends.
  var verb: OperatorCommand.Verb?
  /// Whether it asks first.
  var asks = false
  /// The higher, the longer it stays on a narrow key line.
  var weight = 0
  var isAvailable: @Sendable (InterfaceState) -> Bool = { _ in true }
  var perform: @Sendable (inout InterfaceState) -> [Effect]

  func isOn(_ state: InterfaceState) -> Bool {
    switch page {
    case .list: state.detail == nil && state.mainView.hasTasks
    case .log: state.detail == nil && state.focus == .log
    case .failures: state.detail == nil && state.mainView == .failures
    case .main: state.detail == nil
    case .detail: state.detail != nil
    case .task: state.detail != nil || state.mainView.hasTasks
    case .both: true
    }
  }
}

extension InterfaceState {
  /// The actions this screen has: a read-only one has none that change the session.
  var actions: [Action] {
    let actions = isReplay ? table.replay : isReadOnly ? table.readOnly : table.all
    return actions.filter { action in
      (action.verb.map(keeper.takes) ?? true) && (!action.needsProgram || program != nil)
    }
  }

  func action(for input: InputEvent) -> Action? {
    actions.first { $0.keys.contains(input) && $0.isOn(self) }
  }

  /// The key of an action as it is written; `nil` when it has none here.
  func keyName(of name: String) -> String? { actions.first { $0.name == name }.map(\.keyName) }

  /// How the end of a log or an output comes back, behind something.
  var followHint: String { keyName(of: "follow").map { ", \($0) follows" } ?? "" }

  /// Whether a key is one of an action, wherever a person is.
  func isKey(_ input: InputEvent, of name: String) -> Bool {
    actions.contains { $0.name == name && $0.keys.contains(input) }
  }
}

extension Action {
  static let all = moves + InterfaceState.logActions + looks + stills + views + listing + paging + commands + leaving

  private static let moves = [
    Action(name: "down", keys: [.character("j"), .down], keyName: "j ↓", title: "", help: "down", group: .move) {
      $0.move(by: 1)
    },
    Action(name: "up", keys: [.character("k"), .up], keyName: "k ↑", title: "", help: "up", group: .move) {
      $0.move(by: -1)
    },
    Action(name: "page-down", keys: [.pageDown], keyName: "PgDn", title: "", help: "a page down", group: .move) {
      $0.movePages(2)
    },
    Action(name: "page-up", keys: [.pageUp], keyName: "PgUp", title: "", help: "a page up", group: .move) {
      $0.movePages(-2)
    },
    Action(
      name: "half-page-down", keys: [.control("d")], keyName: "^D", title: "", help: "half a page down", group: .move
    ) { $0.movePages(1) },
    Action(name: "half-page-up", keys: [.control("u")], keyName: "^U", title: "", help: "half a page up", group: .move)
    { $0.movePages(-1) },
    Action(
      name: "first", keys: [.character("g"), .home], keyName: "g Home", title: "", help: "to the first row",
      group: .move
    ) {
      $0.moveToStart()
    },
    Action(
      name: "last", keys: [.character("G"), .end], keyName: "G End", title: "", help: "to the last row", group: .move
    ) {
      $0.moveToEnd()
    },
    Action(
      name: "next-pane", keys: [.tab, .backTab], keyName: "Tab", title: "pane", help: "to the next pane", group: .move,
      weight: 20, isAvailable: { $0.detail != nil || $0.panes.count > 1 }
    ) { $0.nextPane() },
  ]

  private static let looks = [
    Action(
      name: "open", keys: [.enter], keyName: "Enter", title: "open",
      help: "all about the task under the cursor; open an ensemble",
      group: .look, page: .list, weight: 70, isAvailable: { $0.currentRow != nil }
    ) { $0.openRow() },
    Action(
      name: "open", keys: [.enter, .right], keyName: "Enter", title: "open",
      help: "the tasks of a cause, all about a task",
      group: .look, page: .failures, weight: 70, isAvailable: { !$0.causes.all.isEmpty }
    ) { $0.openFailure() },
    Action(
      name: "program", keys: [.character("p")], keyName: "p", title: "program", help: "what the program itself prints",
      group: .look,
      page: .main, needsProgram: true, weight: 65
    ) { $0.openProgram() },
    Action(
      name: "output", keys: [.character("o")], keyName: "o", title: "output",
      help: "standard output or standard error of the task",
      group: .look,
      page: .detail, weight: 70
    ) { $0.switchStream() },
    Action(
      name: "filter", keys: [.character("/"), .character("\\")], keyName: "/", title: "filter",
      help: "show the tasks of words: failed, sim, exit:137, !test", group: .look, page: .list, weight: 60
    ) { $0.beginFilter() },
    Action(
      name: "search", keys: [.character("/")], keyName: "/", title: "search", help: "look for text in the whole output",
      group: .look,
      page: .detail, weight: 60
    ) { $0.beginSearch() },
    Action(
      name: "next-match", keys: [.character("n")], keyName: "n", title: "next", help: "to the next line with it",
      group: .look, page: .detail, weight: 61, isAvailable: { $0.detail?.output.needle != nil }
    ) { $0.searchNext(isBackward: false) },
    Action(
      name: "previous-match", keys: [.character("N")], keyName: "N", title: "", help: "to the line before with it",
      group: .look, page: .detail,
      isAvailable: { $0.detail?.output.needle != nil }
    ) { $0.searchNext(isBackward: true) },
    Action(
      name: "wrap", keys: [.character("w")], keyName: "w", title: "wrap",
      help: "long lines go on in the next row, or are cut",
      group: .look, page: .detail, weight: 12
    ) { $0.toggleWrap() },
    Action(
      name: "follow", keys: [.character("F")], keyName: "F", title: "follow",
      help: "keep the end of the log or output in view",
      group: .look, weight: 15, isAvailable: { $0.detail != nil || $0.layout.log != nil }
    ) { $0.follow() },
    Action(
      name: "redraw", keys: [.control("l")], keyName: "^L", title: "", help: "draw the screen again", group: .look
    ) { _ in [.redraw] },
    Action(
      name: "help", keys: [.character("?"), .character("h"), .function(1)], keyName: "?", title: "help",
      help: "these pages",
      group: .look, weight: 95
    ) { $0.openHelp() },
  ]

  private static let commands = [
    Action(
      name: "mark", keys: [.character(" ")], keyName: "Space", title: "mark",
      help: "mark a task, or an ensemble, to cancel or to rerun",
      group: .act, page: .list, needsControl: true, weight: 30,
      isAvailable: { $0.currentRow != nil && $0.takesCommands }
    ) { $0.toggleMark() },
    Action(
      name: "mark-shown", keys: [.character("*")], keyName: "*", title: "mark shown",
      help: "mark all tasks that the list shows",
      group: .act, page: .list, needsControl: true, weight: 9,
      isAvailable: { $0.order.count($0.snapshot.tasks) > 0 && $0.takesCommands }
    ) { $0.markShown() },
    Action(
      name: "unmark", keys: [.character("U")], keyName: "U", title: "unmark all", help: "unmark all tasks", group: .act,
      page: .list,
      needsControl: true, weight: 10, isAvailable: { !$0.marks.isEmpty }
    ) { $0.unmarkAll() },
    command(.cancel, "c", page: .task, weight: 50, help: "cancel the marked tasks, or the one under the cursor") {
      $0.askToCancel()
    },
    command(
      .rerun, "x", weight: 48, help: "rerun what failed: the marked tasks, the row, or all"
    ) { $0.askToRerun() },
    command(.drain, "D", weight: 45) { $0.ask(.drain) },
    command(.stop, "S", weight: 44) { $0.ask(.stop) },
    command(.resume, "r", weight: 55, asks: false) { state in
      state.say("resume sent", isEcho: true)
      return [.send(.resume, reason: nil)]
    },
    command(.cancelRaptor, "R", weight: 25) { $0.ask(.cancelRaptor) },
    command(.close, "X", weight: 46) { $0.ask(.close) },
  ]

  /// The key of a verb: its words and when it is possible are those of the command line.
  private static func command(
    _ verb: OperatorCommand.Verb, _ key: Character, page: Page = .both, weight: Int, asks: Bool = true,
    help: String? = nil,
    perform: @escaping @Sendable (inout InterfaceState) -> [Effect]
  ) -> Action {
    Action(
      name: verb.rawValue, keys: [.character(key)], keyName: String(key), title: verb.title,
      help: help ?? "\(verb.title): \(verb.help)",
      group: .act, page: page, needsControl: true, verb: verb, asks: asks, weight: weight,
      isAvailable: { $0.refusal(of: verb) == nil },
      perform: perform)
  }

  static let playing = [
    play(
      "play", .playOrPause, [.character(" "), .character("p")], "Space p", title: "play", "play or pause", weight: 68),
    play("back-10", .skip(-10), [.left], "Left", "10 seconds back"),
    play("forward-10", .skip(10), [.right], "Right", "10 seconds forward"),
    play(
      "earlier", .previousMark, [.character("<")], "<", title: "earlier", "to the failure, command or phase before",
      weight: 50),
    play(
      "later", .nextMark, [.character(">")], ">", title: "later", "to the next failure, command or phase", weight: 51),
    play("slower", .speed(by: 0.5), [.character("[")], "[", title: "slower", "half the speed", weight: 40),
    play("faster", .speed(by: 2), [.character("]")], "]", title: "faster", "twice the speed", weight: 41),
    play("start", .toStart, [.character("{")], "{", "to the start of the recording"),
    play("end", .toEnd, [.character("}")], "}", "to the end of the recording"),
  ]

  private static func play(
    _ name: String, _ order: PlayOrder, _ keys: [InputEvent], _ keyName: String, title: String = "", _ help: String,
    weight: Int = 0
  ) -> Action {
    Action(
      name: name, keys: keys, keyName: keyName, title: title, help: help, group: .play, weight: weight,
      isAvailable: { $0.isReplay }
    ) { _ in [.play(order)] }
  }

  private static let leaving = [
    Action(
      name: "back", keys: [.escape], keyName: "Esc", title: "back", help: "back to the list", group: .leave,
      page: .detail,
      weight: 80
    ) { $0.back() },
    Action(
      name: "back", keys: [.escape], keyName: "Esc", title: "", help: "drop the filter; never leaves", group: .leave,
      page: .main
    ) { $0.back() },
    Action(
      name: "leave", keys: [.character("q")], keyName: "q", title: "leave",
      help: "leave the screen; that of 'run' asks what becomes of the session", group: .leave, weight: 90
    ) { $0.leave() },
  ]
}
