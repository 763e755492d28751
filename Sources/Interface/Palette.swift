import SessionModel
import Terminal
import Words

/// All that can be done now, found by words: for who does not know the key.
struct Palette: Equatable, Sendable {
  var field = TextField()
  /// The action under the cursor: what can be done changes with the session, and no other moves under it. `nil` is the
  /// first, whichever that is.
  var chosen: String?
}

extension Palette {
  /// The row of the cursor; `nil` when the action it was on cannot be done any more.
  func row(in actions: [Action]) -> Int? {
    guard let chosen else { return 0 }
    return actions.firstIndex { $0.name == chosen }
  }
}

extension InterfaceState {
  mutating func openPalette() -> [Effect] {
    palette = Palette()
    return []
  }

  /// What can be done here and has the words that were typed; what begins with them comes first.
  var found: [Action] {
    let wanted = (palette?.field.text ?? "").lowercased().split(separator: " ")
    let all = actions.filter {
      $0.isOn(self) && $0.isAvailable(self) && $0.name != "commands" && !$0.keys.isEmpty
    }
    let matching = all.filter { action in
      let text = "\(action.title) \(action.help)".lowercased()
      return wanted.allSatisfy { text.contains($0) }
    }
    let first = matching.filter { action in
      wanted.first.map { action.title.lowercased().hasPrefix($0) || action.help.lowercased().hasPrefix($0) } ?? false
    }
    let names = Set(first.map(\.name))
    return first + matching.filter { !names.contains($0.name) }
  }

  mutating func handlePalette(_ input: InputEvent) -> [Effect] {
    guard var palette else { return [] }
    let actions = found
    let row = palette.row(in: actions)
    switch input {
    case .escape:
      self.palette = nil
      return []
    case .enter:
      guard let row else {
        // What a person chose cannot be done any more; nothing else is done in its place.
        self.palette?.chosen = nil
        return []
      }
      self.palette = nil
      guard actions.indices.contains(row) else { return [] }
      notice = nil
      return actions[row].perform(&self)
    case .down, .tab: palette.chosen = actions.isEmpty ? nil : actions[min((row ?? -1) + 1, actions.count - 1)].name
    case .up, .backTab: palette.chosen = actions.isEmpty ? nil : actions[max(0, (row ?? 0) - 1)].name
    case .backspace where palette.field.text.isEmpty:
      self.palette = nil
      return []
    // What was pasted names no command.
    case .paste: return []
    default: if palette.field.edit(input) { palette.chosen = nil }
    }
    self.palette = palette
    return []
  }

  /// The cursor stays on what was shown below it.
  mutating func settlePalette() {
    guard palette != nil, palette?.chosen == nil else { return }
    let first = found.first?.name
    palette?.chosen = first
  }

  private func paletteRect(_ count: Int, _ body: Rect) -> Rect {
    body.centered(height: min(count, 12) + 3, width: min(body.width, 76))
  }

  var paletteRows: OverlayRows {
    let actions = found
    var rect = paletteRect(actions.count, overlayBody).inner
    rect.row += 1
    rect.height = max(1, rect.height - 1)
    return OverlayRows(.palette, rect, cursor: palette?.row(in: actions) ?? 0, count: actions.count)
  }

  func draw(_ palette: Palette, _ grid: inout CellGrid, _ body: Rect) {
    let actions = found
    let rect = paletteRect(actions.count, body)
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
    let cursor = palette.row(in: actions)
    for (index, row) in paletteRows.visible {
      let action = actions[index]
      grid.put(
        [
          Span(Columns.padded(action.keyName, to: 9, isRight: true), .key), Span("  "),
          Span(action.help), Span(action.asks ? " (asks)" : "", .dim),
        ], row: row, column: inner.column + 1, end: inner.endColumn - 1)
      if index == cursor { grid.select(row: row, column: inner.column, count: inner.width) }
    }
  }
}
