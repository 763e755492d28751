import SessionModel
import Terminal
import Words

extension InterfaceState {
  func draw(_ dialog: Dialog, _ grid: inout CellGrid, _ body: Rect) {
    let width = body.dialogWidth
    let room = width - 4
    var lines: [Span] = Columns.wrap(dialog.question, width: room).map { Span($0, .title) }
    for text in dialog.consequences(
      snapshot.tasks, raptor: snapshot.raptor, of: keeper, grace: snapshot.info?.taskGrace, room: room, mark: glyphs.cut
    ) {
      // The list of tasks is not wrapped: a row is a task.
      lines += text.hasPrefix("  ") ? [Span(text)] : Columns.wrap(text, width: room).map { Span($0) }
    }
    // Borders, the reason and the buttons come first; of the text what fits.
    let most = max(1, body.height - 4)
    if lines.count > most {
      // That it goes on is seen; a row of the list is a task, and not cut in two.
      let last = lines[most - 1]
      let text = last.text.hasPrefix("  ") ? "  " + glyphs.more : last.text + " " + lines[most].text
      lines = lines[..<(most - 1)] + [Span(Columns.cut(text, to: room, mark: glyphs.more), last.style)]
    }
    let isRoomy = body.height >= lines.count + 7
    let rect = body.centered(height: lines.count + (isRoomy ? 6 : 4), width: width)
    grid.wipe(rect)
    grid.box(rect, title: [Span(dialog.title, .title)], glyphs: glyphs, isFocused: true)
    let (left, right) = (rect.column + 2, rect.endColumn - 2)
    var row = rect.row + 1
    for line in lines {
      grid.put(line.text, row: row, column: left, width: room, style: line.style)
      row += 1
    }
    if isRoomy { row += 1 }
    drawReason(dialog, &grid, row: row, left, right)
    row += isRoomy ? 2 : 1
    drawButtons(dialog, &grid, row: row, left, right)
  }

  private func drawReason(_ dialog: Dialog, _ grid: inout CellGrid, row: Int, _ left: Int, _ right: Int) {
    let at = left + grid.put("Reason ", row: row, column: left, style: .heading)
    if dialog.reason.text.isEmpty, !dialog.isTyping {
      grid.put([Span("Tab", .key), Span(" to give one", .dim)], row: row, column: at, end: right)
      return
    }
    let text = String(Columns.suffix(dialog.reason.text[...], max(0, right - at - 1)))
    grid.fill(" ", count: right - at, row: row, column: at, style: .entry)
    let used = grid.put(text, row: row, column: at, width: right - at, style: .entry)
    if dialog.isTyping { grid.cursor = (row, at + used) }
  }

  private func drawButtons(_ dialog: Dialog, _ grid: inout CellGrid, row: Int, _ left: Int, _ right: Int) {
    if dialog.isTyping {
      let help: [Span] = [
        Span("Enter", .key), Span(" to the answer   ", .dim), Span("Esc", .key), Span(" changes nothing", .dim),
      ]
      grid.put(help, row: row, column: left, end: right)
      return
    }
    if let word = dialog.word {
      let at = left + grid.put("Type \(word) and Enter ", row: row, column: left, style: .heading)
      let width = word.count + 4
      grid.fill(" ", count: width, row: row, column: at, style: .entry)
      let used = grid.put(dialog.typed.text, row: row, column: at, width: width, style: .entry)
      grid.cursor = (row, at + min(used, width - 1))
      grid.putRight([Span("Esc", .key), Span(" changes nothing", .dim)], row: row, start: at + width + 1, end: right)
      return
    }
    let (no, yes) = ("[ No ]", "[ Yes ]")
    let at = left + grid.put(no, row: row, column: left, style: dialog.isYes ? .plain : .title.selected)
    let end = at + 2 + grid.put(yes, row: row, column: at + 2, style: dialog.isYes ? .title.selected : .plain)
    let help: [Span] = [
      Span("y", .key), Span(" yes  ", .dim), Span("n Esc", .key), Span(" no", .dim),
    ]
    grid.putRight(help, row: row, start: end + 1, end: right)
  }

  private var helpLines: [[Span]] {
    var lines: [[Span]] = []
    for group in Action.Group.allCases {
      let members = actions.filter { $0.group == group }
      guard !members.isEmpty else { continue }
      if !lines.isEmpty { lines.append([]) }
      lines.append([Span(group.rawValue, .heading)])
      for action in members {
        let place = action.page.words
        let asks = action.asks ? " (asks)" : ""
        lines.append([
          Span(Columns.padded(" " + action.keyName, to: 9, isRight: true), .key),
          Span("  " + action.help + asks + place),
        ])
      }
    }
    for (title, entries) in [("Mouse", mouseHelp), ("In the header", linkHelp)] where !entries.isEmpty {
      lines += [[], [Span(title, .heading)]]
      for entry in entries {
        lines.append([Span(Columns.padded(" " + entry.name, to: 9, isRight: true), .key), Span("  " + entry.help)])
      }
    }
    return lines
  }

  /// The first line of the help when its last one is shown.
  var helpEnd: Int { max(0, helpLines.count - max(0, size.rows - 4)) }

  func drawHelp(_ grid: inout CellGrid, _ body: Rect) {
    let lines = helpLines
    let rect = body.centered(height: lines.count + 2, width: 86)
    let top = min(help ?? 0, max(0, lines.count - rect.inner.height))
    grid.wipe(rect)
    let isMore = lines.count > rect.inner.height
    grid.box(
      rect, title: [Span("help", .title)], glyphs: glyphs, isFocused: true,
      right: isReplay ? [Span("REPLAY", .warning)] : isReadOnly ? [Span("READ-ONLY", .warning)] : [],
      footer: isMore ? [Span("\(lines.count - top - rect.inner.height) more", .dim)] : [])
    for (line, spans) in lines.dropFirst(top).prefix(rect.inner.height).enumerated() {
      grid.put(spans, row: rect.inner.row + line, column: rect.column + 2, end: rect.endColumn - 2)
    }
  }
}
