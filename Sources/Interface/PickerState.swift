import SessionModel
import Terminal

enum PickerMessage: ScreenMessage {
  case burst([InputEvent], continues: Bool)
  case tick
}

enum PickerOutcome: Equatable, Sendable {
  case chosen(Int)
  case left
}

enum PickerEffect: ScreenEffect, Equatable {
  case leave(PickerOutcome)
  case redraw

  var outcome: PickerOutcome? { if case .leave(let outcome) = self { outcome } else { nil } }
  var isRedraw: Bool { self == .redraw }
}

/// The list in which a person chooses a session. The choices do not change while it is open.
struct PickerState: ScreenState {
  let choices: [SessionChoice]
  /// Whether there is a screen to come back to.
  let isSwitch: Bool
  let isASCII: Bool
  let glyphs: Glyphs
  let actions: [PickerAction]
  var size = CellSize(rows: 24, columns: 80)
  /// The row under the cursor, and the first row that is shown, among those that match.
  var cursor = 0
  var top = 0
  var filter = ""
  var filterEntry: TextField?
  /// The choices that match, in their order.
  private(set) var rows: [Int]

  let showsTime = false
  let isSearching = false
  let clockOrigin: Timestamp? = nil

  init(
    choices: [SessionChoice], isSwitch: Bool = false, isASCII: Bool = false,
    actions: [PickerAction] = PickerAction.all
  ) {
    self.isSwitch = isSwitch
    self.actions = actions
    self.choices = choices
    self.isASCII = isASCII
    glyphs = isASCII ? .ascii : .unicode
    rows = Array(choices.indices)
  }

  /// Rows of the list that can be seen: without the lines of header and keys, the border and the headings.
  var page: Int { max(1, size.rows - 5) }

  mutating func update(_ message: PickerMessage, at time: Timestamp) -> [PickerEffect] {
    guard case .burst(let inputs, _) = message else { return [] }
    return inputs.flatMap { handle($0) }
  }

  private mutating func handle(_ input: InputEvent) -> [PickerEffect] {
    if case .mouse(let event) = input { return handle(event) }
    if filterEntry != nil { return handleFilter(input) }
    guard let action = actions.first(where: { $0.keys.contains(input) }), action.isAvailable(self) else {
      return []
    }
    return action.perform(&self)
  }

  mutating func settle(size: CellSize, at time: Timestamp) -> [PickerEffect] {
    self.size = size
    cursor = min(max(0, cursor), max(0, rows.count - 1))
    top = min(max(top, cursor - page + 1, 0), cursor, max(0, rows.count - page))
    return []
  }

  private mutating func handle(_ event: MouseEvent) -> [PickerEffect] {
    switch event.kind {
    case .wheelUp: return move(by: -InterfaceState.wheelRows)
    case .wheelDown: return move(by: InterfaceState.wheelRows)
    case .click: break
    }
    if event.row == size.rows - 1, filterEntry == nil {
      let target = placedKeys.targets.first { $0.columns ~= event.column }
      return target.map { handle($0.key) } ?? []
    }
    // Below header, border and headings.
    let row = top + event.row - 3
    guard event.row >= 3, event.row < 3 + page, rows.indices.contains(row) else { return [] }
    if row == cursor { return choose() }
    cursor = row
    return []
  }

  mutating func move(by count: Int) -> [PickerEffect] {
    cursor = min(max(0, cursor + count), max(0, rows.count - 1))
    return []
  }

  mutating func choose() -> [PickerEffect] {
    rows.indices.contains(cursor) ? [.leave(.chosen(rows[cursor]))] : []
  }

  mutating func setFilter(_ text: String) {
    let current = rows.indices.contains(cursor) ? rows[cursor] : nil
    filter = text
    rows = choices.indices.filter { text.isEmpty || choices[$0].matches(text) }
    // The cursor stays on its session as long as that is there.
    cursor = current.flatMap { rows.firstIndex(of: $0) } ?? 0
  }

  /// Esc drops the filter, then it leads back to the screen before; it never ends the program.
  mutating func back() -> [PickerEffect] {
    if filter.isEmpty { return isSwitch ? [.leave(.left)] : [] }
    setFilter("")
    return []
  }

  private mutating func handleFilter(_ input: InputEvent) -> [PickerEffect] {
    switch input {
    case .enter: filterEntry = nil
    case .escape:
      filterEntry = nil
      setFilter("")
    case .up: return move(by: -1)
    case .down: return move(by: 1)
    case .control("l"): return [.redraw]
    case .backspace where filterEntry?.text.isEmpty == true: filterEntry = nil
    default:
      guard filterEntry?.edit(input) == true else { return [] }
      setFilter(filterEntry?.text ?? "")
    }
    return []
  }
}

/// What a key does in the list of sessions: the one table of its keys.
struct PickerAction: Sendable {
  /// What the configuration file calls it: what does the same on the screen of a session has the same name.
  var name: String
  var keys: [InputEvent]
  var keyName: String
  /// For the key line; empty keeps the action out of it.
  var title = ""
  var weight = 0
  var isAvailable: @Sendable (PickerState) -> Bool = { _ in true }
  var perform: @Sendable (inout PickerState) -> [PickerEffect]

  static let all = [
    PickerAction(
      name: "open", keys: [.enter], keyName: "Enter", title: "choose", weight: 90, isAvailable: { !$0.rows.isEmpty }
    ) { $0.choose() },
    PickerAction(name: "down", keys: [.character("j"), .down], keyName: "j", title: "down", weight: 40) {
      $0.move(by: 1)
    },
    PickerAction(name: "up", keys: [.character("k"), .up], keyName: "k", title: "up", weight: 39) { $0.move(by: -1) },
    PickerAction(name: "page-down", keys: [.pageDown, .control("d")], keyName: "PgDn") { $0.move(by: $0.page) },
    PickerAction(name: "page-up", keys: [.pageUp, .control("u")], keyName: "PgUp") { $0.move(by: -$0.page) },
    PickerAction(name: "first", keys: [.character("g"), .home], keyName: "g", title: "first", weight: 20) {
      $0.move(by: -.max / 2)
    },
    PickerAction(name: "last", keys: [.character("G"), .end], keyName: "G", title: "last", weight: 20) {
      $0.move(by: .max / 2)
    },
    PickerAction(
      name: "filter", keys: [.character("/"), .character("\\")], keyName: "/", title: "filter", weight: 60
    ) { state in
      state.filterEntry = TextField(text: state.filter)
      return []
    },
    PickerAction(name: "redraw", keys: [.control("l")], keyName: "^L") { _ in [.redraw] },
    PickerAction(name: "back", keys: [.escape], keyName: "Esc") { $0.back() },
    PickerAction(name: "leave", keys: [.character("q")], keyName: "q", title: "leave", weight: 80) { _ in
      [.leave(.left)]
    },
  ]
}
