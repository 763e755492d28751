import SessionModel
import Terminal
import Words

/// What the screen that a session was started for asks when it is left: what becomes of the session.
///
/// The default stays: no key that was meant for something else ends or abandons anything.
struct LeaveDialog: Equatable, Sendable {
  enum Choice: Equatable, Sendable { case stay, leave, close }

  enum Answer: Equatable { case open, chosen(Choice) }

  /// Whether the session can be closed from here, as things are now.
  var canClose: Bool
  private(set) var chosen = Choice.stay

  var choices: [Choice] { canClose ? [.stay, .leave, .close] : [.stay, .leave] }

  mutating func handle(_ input: InputEvent) -> Answer {
    switch input {
    case .escape, .character("n"), .character("N"): return .chosen(.stay)
    case .enter: return .chosen(choices.contains(chosen) ? chosen : .stay)
    case .character("l"): return .chosen(.leave)
    case .character("c") where canClose: return .chosen(.close)
    case .up, .left, .backTab, .character("k"): move(by: -1)
    case .down, .right, .tab, .character("j"): move(by: 1)
    default: break
    }
    return .open
  }

  private mutating func move(by step: Int) {
    let index = choices.firstIndex(of: chosen) ?? 0
    chosen = choices[(index + step + choices.count) % choices.count]
  }
}

extension LeaveDialog.Choice {
  var keyName: String {
    switch self {
    case .stay: "n"
    case .leave: "l"
    case .close: "c"
    }
  }

  var title: String {
    switch self {
    case .stay: "Stay"
    case .leave: "Leave it running"
    case .close: "Close the session"
    }
  }

  /// What happens then.
  func consequence(session: String?) -> String {
    switch self {
    case .stay: "nothing changes"
    case .leave: "back with 'scalems-top attach \(session ?? "ID")'"
    case .close: "the whole shutdown in order; asks before, takes a reason"
    }
  }
}

extension InterfaceState {
  func draw(_ dialog: LeaveDialog, _ grid: inout CellGrid, _ body: Rect) {
    let width = body.dialogWidth
    let choices = dialog.choices
    let indent = 5
    let texts = choices.map {
      Columns.wrap($0.consequence(session: snapshot.info?.id), width: width - 4 - indent)
    }
    let all = texts.reduce(choices.count) { $0 + $1.count }
    // Where not everything fits, only what the chosen answer does is said.
    let saysAll = body.height >= all + 5
    let room = saysAll ? Int.max : max(0, body.height - choices.count - 2)
    let said = choices.indices.map { saysAll || choices[$0] == dialog.chosen ? Array(texts[$0].prefix(room)) : [] }
    let isRoomy = body.height >= all + 6
    let rows = said.reduce(choices.count) { $0 + $1.count }
    let rect = body.centered(height: rows + (isRoomy ? 4 : 2), width: width)
    grid.wipe(rect)
    grid.box(
      rect, title: [Span("leave the screen", .title)], glyphs: glyphs, isFocused: true,
      footer: [Span("Enter", .key), Span(" answers  ", .dim), Span("Esc", .key), Span(" stays", .dim)])
    let (left, right, end) = (rect.column + 2, rect.endColumn - 2, rect.endRow - 1)
    var row = rect.row + (isRoomy ? 2 : 1)
    for (choice, lines) in zip(choices, said) where row < end {
      let isChosen = choice == dialog.chosen
      grid.put(
        [
          Span(isChosen ? glyphs.pointer : " ", .title), Span(" "), Span(choice.keyName, .key), Span("  "),
          Span(choice.title, isChosen ? .title.selected : .plain),
        ], row: row, column: left, end: right)
      row += 1
      for line in lines where row < end {
        grid.put(line, row: row, column: left + indent, width: right - left - indent, style: .dim)
        row += 1
      }
    }
  }
}
