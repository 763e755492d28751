import SessionModel
import Terminal
import Words

/// A column of the list of sessions.
private struct PickerColumn {
  var title: String
  var width: Int
  /// What it takes to show all of every text.
  var ideal: Int
  /// Whether there is nothing to show.
  var isEmpty: Bool
  var style: Style
  var text: (SessionChoice) -> String
  var cut: (String, Int) -> String
}

extension PickerState {
  func view() -> CellGrid {
    var grid = CellGrid(size: size, isASCII: isASCII)
    draw(on: &grid)
    return grid
  }

  func draw(on grid: inout CellGrid) {
    guard size.rows >= Layout.minimum.rows, size.columns >= Layout.minimum.columns else {
      grid.putTooSmall(leave: actions.first { $0.name == "leave" }?.keyName)
      return
    }
    grid.put(
      [Span(" "), Span("scalems-top", .title), Span("  choose a session")], row: 0, column: 0, end: size.columns)
    let body = Rect(row: 1, column: 0, height: size.rows - 2, width: size.columns)
    let inner = body.inner
    let columns = columns(width: inner.width - 2)
    grid.box(
      body, title: title, glyphs: glyphs, isFocused: true, right: place,
      footer: footer(besides: Set(columns.map(\.title))))
    drawRows(&grid, inner, columns)
    let keys = Rect(row: size.rows - 1, column: 0, height: 1, width: size.columns)
    if let filterEntry {
      grid.putEntry(filterEntry, "filter", keys)
    } else {
      grid.put(placedKeys.spans, row: keys.row, column: 0, end: keys.endColumn)
    }
  }

  var placedKeys: PlacedKeys {
    let offered = actions.filter { !$0.keys.isEmpty && !$0.title.isEmpty && $0.isAvailable(self) }
    let hints = offered.map {
      KeyHint(
        keyName: $0.keyName, title: isSwitch && $0.name == "leave" ? "back" : $0.title, weight: $0.weight,
        key: $0.keys.first)
    }
    return PlacedKeys(hints, width: size.columns)
  }

  private var current: SessionChoice? { rows.indices.contains(cursor) ? choices[rows[cursor]] : nil }

  /// Of the session under the cursor, what there is no column for.
  private func footer(besides columns: Set<String>) -> [Span] {
    guard let current else { return [] }
    var words = current.pid.map { columns.contains("PID") ? "" : "process \($0)  " } ?? ""
    if !columns.contains("DIRECTORY") { words += current.directory }
    return words.isEmpty ? [] : [Span(words, .dim)]
  }

  private var title: [Span] {
    let title = [Span("sessions", .title)]
    return filter.isEmpty ? title : title + [Span(" matching "), Span(filter, .entry)]
  }

  private var place: [Span] {
    let place = rows.isEmpty ? "0" : "\(cursor + 1)/\(rows.count)"
    return [Span(filter.isEmpty ? place : "\(place) of \(choices.count)", .dim)]
  }

  private func drawRows(_ grid: inout CellGrid, _ inner: Rect, _ columns: [PickerColumn]) {
    let left = inner.column + 1
    func put(_ row: Int, _ text: (PickerColumn) -> String, _ style: (PickerColumn) -> Style) {
      var at = left
      for column in columns {
        grid.put(text(column), row: row, column: at, width: column.width, style: style(column))
        at += column.width + 1
      }
    }
    put(inner.row, { $0.title }, { _ in .heading })
    guard !rows.isEmpty else {
      let text = choices.isEmpty ? "there is no session" : "no session matches \"\(filter)\""
      grid.put(text, row: inner.row + 1, column: left, width: inner.width - 2, style: .dim)
      return
    }
    for (line, index) in rows.dropFirst(top).prefix(inner.height - 1).enumerated() {
      let row = inner.row + 1 + line
      put(row, { $0.cut($0.text(choices[index]), $0.width) }, { $0.style })
      if top + line == cursor { grid.select(row: row, column: inner.column, count: inner.width) }
    }
  }

  /// State, name, id and age always; then counts, process, host, pilot and directory, as far as they fit. What is left then
  /// goes to names, ids and directories that were cut.
  private func columns(width: Int) -> [PickerColumn] {
    let mark = glyphs.cut
    func middle(_ text: String, _ width: Int) -> String { Columns.cutMiddle(text, to: width, mark: mark) }
    func column(
      _ title: String, least: Int = .max, atMost limit: Int, _ style: Style = .plain,
      cut: @escaping (String, Int) -> String = { text, _ in text }, _ text: @escaping (SessionChoice) -> String
    ) -> PickerColumn {
      let widest = choices.reduce(0) { max($0, CellWidth.columns(of: text($1))) }
      let ideal = min(max(title.count, widest), limit)
      return PickerColumn(
        title: title, width: min(least, ideal), ideal: ideal, isEmpty: widest == 0, style: style, text: text, cut: cut)
    }
    let all = [
      column("STATE", atMost: 16, .title) { $0.state },
      column("ID", least: 20, atMost: 48, cut: { Columns.cutBeforeEnd($0, to: $1, mark: mark) }) { $0.id },
      column("NAME", least: 12, atMost: 24, cut: middle) { $0.name }, column("PILOT", atMost: 22) { $0.pilot },
      column("TASKS", atMost: 32) { $0.counts }, column("HOST", atMost: 24, .dim) { $0.host },
      column("PID", atMost: 8) { $0.pid.map(String.init) ?? "" }, column("AGE", atMost: 8) { $0.age },
      column("DIRECTORY", least: 24, atMost: 120, .dim) { $0.directory },
    ]
    var taken: Set<String> = ["STATE", "ID", "NAME", "AGE"]
    var room = all.filter { taken.contains($0.title) }.reduce(width + 1) { $0 - $1.width - 1 }
    for name in ["TASKS", "PID", "HOST", "PILOT", "DIRECTORY"] {
      guard let column = all.first(where: { $0.title == name }), !column.isEmpty, column.width < room else { continue }
      taken.insert(name)
      room -= column.width + 1
    }
    var columns = all.filter { taken.contains($0.title) }
    for name in room < 0 ? ["ID", "NAME"] : ["NAME", "ID", "DIRECTORY"] {
      guard let index = columns.firstIndex(where: { $0.title == name }) else { continue }
      let change = max(6 - columns[index].width, min(room, columns[index].ideal - columns[index].width))
      columns[index].width += change
      room -= change
    }
    return columns
  }
}
