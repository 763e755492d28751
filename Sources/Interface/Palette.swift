import SessionModel
import Terminal
import Words

/// All that can be done now, found by words: for who does not know the key.
struct Palette: Equatable, Sendable {
  var field = TextField()
  var row = 0
}

extension InterfaceState {
  mutating func openPalette() -> [Effect] {
    palette = Palette()
    return []
  }

  /// What can be done here and has the words that were typed; what begins with them comes first.
  private var found: [Action] {
    let wanted = (palette?.field.text ?? "").lowercased().split(separator: " ")
    let all = actions.filter {
      $0.isOn(self) && $0.isAvailable(self) && $0.keys != [.character(":")] && !$0.keys.isEmpty
    }
    let matching = all.filter { action in
      let text = "\(action.title) \(action.help)".lowercased()
      return wanted.allSatisfy { text.contains($0) }
    }
    let first = matching.filter { action in
      wanted.first.map { action.title.lowercased().hasPrefix($0) || action.help.lowercased().hasPrefix($0) } ?? false
    }
    let keys = Set(first.map(\.keyName))
    return first + matching.filter { !keys.contains($0.keyName) }
  }

  mutating func handlePalette(_ input: InputEvent) -> [Effect] {
    guard var palette else { return [] }
    let actions = found
    switch input {
    case .escape:
      self.palette = nil
      return []
    case .enter:
      self.palette = nil
      guard palette.row < actions.count else { return [] }
      notice = nil
      return actions[palette.row].perform(&self)
    case .down, .tab: palette.row = min(palette.row + 1, max(0, actions.count - 1))
    case .up, .backTab: palette.row = max(0, palette.row - 1)
    case .backspace where palette.field.text.isEmpty:
      self.palette = nil
      return []
    // What was pasted names no command.
    case .paste: return []
    default: if palette.field.edit(input) { palette.row = 0 }
    }
    self.palette = palette
    return []
  }

  func draw(_ palette: Palette, _ grid: inout CellGrid, _ body: Rect) {
    let actions = found
    let rect = body.centered(height: min(actions.count, 12) + 3, width: min(body.width, 76))
    grid.wipe(rect)
    grid.box(
      rect, title: [Span("commands", .title)], glyphs: glyphs, isFocused: true,
      right: [Span("\(actions.count)", .dim)],
      footer: [Span("Enter", .key), Span(" does it  ", .dim), Span("Esc", .key), Span(" nothing", .dim)])
    let inner = rect.inner
    let used = grid.put(": ", row: inner.row, column: inner.column + 1, style: .key)
    let text = String(Columns.suffix(palette.field.text[...], max(0, inner.width - 5)))
    let shown = grid.put(text, row: inner.row, column: inner.column + 1 + used, width: inner.width - 4, style: .entry)
    grid.cursor = (inner.row, inner.column + 1 + used + shown)
    let page = max(1, inner.height - 1)
    let top = max(0, min(palette.row - page + 1, actions.count - page))
    for (line, action) in actions.dropFirst(top).prefix(page).enumerated() {
      let row = inner.row + 1 + line
      grid.put(
        [
          Span(Columns.padded(action.keyName, to: 9, isRight: true), .key), Span("  "),
          Span(action.help), Span(action.asks ? " (asks)" : "", .dim),
        ], row: row, column: inner.column + 1, end: inner.endColumn - 1)
      if top + line == palette.row { grid.select(row: row, column: inner.column, count: inner.width) }
    }
  }
}
