import SessionModel
import Terminal
import Words

/// A column of the list of sessions.
private struct PickerColumn {
  var title: String
  var width: Int
  var style = Style.plain
  var text: (SessionChoice) -> String
}

extension PickerState {
  func view() -> CellGrid {
    var grid = CellGrid(size: size, isASCII: isASCII)
    draw(on: &grid)
    return grid
  }

  func draw(on grid: inout CellGrid) {
    guard size.rows >= Layout.minimum.rows, size.columns >= Layout.minimum.columns else {
      grid.putTooSmall()
      return
    }
    grid.put(
      [Span(" "), Span("scalems-top", .title), Span("  choose a session")], row: 0, column: 0, end: size.columns)
    let body = Rect(row: 1, column: 0, height: size.rows - 2, width: size.columns)
    let inner = body.inner
    let columns = columns(width: inner.width - 2)
    let showsDirectory = columns.contains { $0.title == "DIRECTORY" }
    grid.box(
      body, title: title, glyphs: glyphs, isFocused: true, right: place,
      footer: showsDirectory ? [] : current.map { [Span($0.directory, .dim)] } ?? [])
    drawRows(&grid, inner, columns)
    let keys = Rect(row: size.rows - 1, column: 0, height: 1, width: size.columns)
    if let filterEntry {
      grid.putEntry(filterEntry, "filter", keys)
    } else {
      let offered = PickerAction.all.filter { !$0.title.isEmpty && $0.isAvailable(self) }
      grid.putKeys(offered.map { KeyHint(keyName: $0.keyName, title: $0.title, weight: $0.weight) }, keys)
    }
  }

  private var current: SessionChoice? { rows.indices.contains(cursor) ? choices[rows[cursor]] : nil }

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
      put(row, { $0.text(choices[index]) }, { $0.style })
      if top + line == cursor { grid.select(row: row, column: inner.column, count: inner.width) }
    }
  }

  /// State and id always; then name, age, counts, host and directory, as far as they fit.
  private func columns(width: Int) -> [PickerColumn] {
    func column(
      _ title: String, atMost limit: Int, _ style: Style = .plain, _ text: @escaping (SessionChoice) -> String
    ) -> PickerColumn {
      let widest = choices.reduce(title.count) { max($0, CellWidth.columns(of: text($1))) }
      return PickerColumn(title: title, width: min(widest, limit), style: style, text: text)
    }
    let all = [
      column("STATE", atMost: 16, .title) { $0.state }, column("ID", atMost: 40) { $0.id },
      column("NAME", atMost: 24) { $0.name }, column("TASKS", atMost: 32) { $0.counts },
      column("HOST", atMost: 24, .dim) { $0.host }, column("AGE", atMost: 8) { $0.age },
      column("DIRECTORY", atMost: 120, .dim) { $0.directory },
    ]
    var room = width
    var taken: Set<String> = []
    for name in ["STATE", "ID", "NAME", "AGE", "TASKS", "HOST", "DIRECTORY"] {
      guard let column = all.first(where: { $0.title == name }) else { continue }
      guard taken.count < 2 || column.width <= room else { continue }
      taken.insert(name)
      room -= column.width + 1
    }
    var columns = all.filter { taken.contains($0.title) }
    // An id that is longer than the rest of the line is cut.
    if room < -1, let id = columns.firstIndex(where: { $0.title == "ID" }) {
      columns[id].width = max(8, columns[id].width + room + 1)
    }
    return columns
  }
}
