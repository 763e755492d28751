import SessionModel
import Terminal

/// Where things stood in the last frame, for the mouse: a person points at what was drawn, whatever has come since.
struct PointerMap: Sendable {
  var layout: Layout
  /// The keys in the last line of the screen.
  var keys: [KeyTarget]
  /// The views in the header.
  var views: [(columns: Range<Int>, view: MainView)]
  /// The list that lies over the panes, and what its rows do, where that can change.
  var rows: OverlayRows?
  var names: [String]
}

/// A key that is named on the screen, and where.
struct KeyTarget: Sendable {
  var columns: Range<Int>
  var key: InputEvent
}

extension Rect {
  func contains(_ event: MouseEvent) -> Bool {
    row..<endRow ~= event.row && column..<endColumn ~= event.column
  }
}

// What the mouse does. It answers no question: those take keys.
extension InterfaceState {
  /// Rows that the wheel moves by.
  static let wheelRows = 3

  var pointerMap: PointerMap {
    let isQuestion = dialog != nil || leaving != nil
    let rows = overlayRows
    return PointerMap(
      layout: layout, keys: isQuestion ? [] : placedKeys?.targets ?? [],
      views: isQuestion || rows != nil || help != nil ? [] : headerParts.views,
      rows: rows, names: rows?.overlay == .palette ? found.map(\.name) : [])
  }

  mutating func handle(_ event: MouseEvent) -> [Effect] {
    guard let map = pointed, dialog == nil, leaving == nil else { return [] }
    switch event.kind {
    case .wheelUp: return turnWheel(event, -1, map.layout)
    case .wheelDown: return turnWheel(event, 1, map.layout)
    case .click: break
    }
    if event.row == map.layout.keys.row, let target = map.keys.first(where: { $0.columns ~= event.column }) {
      // What is typed now is no key, and what lies over the panes now has others.
      guard filterEntry == nil, searchEntry == nil, overlayRows?.overlay == map.rows?.overlay else { return [] }
      return handle(target.key)
    }
    if let rows = map.rows, rows.overlay == overlayRows?.overlay, let row = rows.row(at: event) {
      return click(row: row, of: rows, named: map.names.indices.contains(row) ? map.names[row] : nil)
    }
    guard help == nil, palette == nil, menu == nil, copyMenu == nil, summary == nil else { return [] }
    if event.row == map.layout.header.row, let target = map.views.first(where: { $0.columns ~= event.column }) {
      return show(target.view)
    }
    return click(event, map.layout)
  }

  private mutating func turnWheel(_ event: MouseEvent, _ direction: Int, _ layout: Layout) -> [Effect] {
    let key: InputEvent = direction < 0 ? .up : .down
    if summary != nil { return handleSummary(key) }
    if help != nil { return (0..<Self.wheelRows).flatMap { _ in handleHelp(key) } }
    if palette != nil { return handlePalette(key) }
    if menu != nil { return handleMenu(key) }
    if copyMenu != nil { return handleCopyMenu(key) }
    let rows = direction * Self.wheelRows
    if let facts = layout.facts, facts.contains(event), let detail {
      self.detail?.factsTop = max(0, detail.factsTop + rows)
    } else if let output = layout.output, output.contains(event) {
      return withOutput { pane, time in (pane.scroll(by: rows, at: time), nil) }
    } else if let log = layout.log, log.contains(event) {
      scrollLog(by: rows)
    } else if let tasks = layout.tasks, tasks.contains(event) {
      moveCursor(by: rows)
    } else {
      return move(by: rows)
    }
    return []
  }

  private mutating func click(_ event: MouseEvent, _ layout: Layout) -> [Effect] {
    if let rect = layout.tasks, rect.contains(event) {
      focus = .tasks
      let line = event.row - rect.inner.row - 1
      if line == -1 { return clickHeading(event, rect.inner) }
      guard visible.indices.contains(line), rect.inner.contains(event) else { return [] }
      let row = visible[line]
      // Where the cursor is already, a click does what Enter does.
      if row == currentRow { return openRow() }
      guard let number = order.number(of: row, snapshot.tasks) else { return [] }
      (cursor, cursorRow) = (row, number)
    } else if let rect = layout.failureList, rect.contains(event) {
      return clickFailure(line: event.row - rect.inner.row)
    } else if layout.failures?.contains(event) ?? false {
      return show(.failures)
    } else if layout.log?.contains(event) ?? false {
      focus = .log
    } else if layout.facts?.contains(event) ?? false {
      detail?.hasOutputFocus = false
    } else if layout.output?.contains(event) ?? false {
      detail?.hasOutputFocus = true
    }
    return []
  }

  /// A click on the heading of a column: the list is sorted by it, and the other way round where it is already.
  private mutating func clickHeading(_ event: MouseEvent, _ inner: Rect) -> [Effect] {
    let cells = RowCells(row: inner.row, inner: inner, indent: indent, columns: listColumns)
    let column = listColumns.widths.map(\.column).first { column in
      cells.place(of: column).map { $0.column..<($0.column + $0.width) ~= event.column } ?? false
    }
    guard let column, column.isSortable else { return [] }
    if column == sort.column { return invertSort() }
    sortBy(column)
    return []
  }

  /// What the mouse does, for the help.
  var mouseHelp: [(name: String, help: String)] {
    guard hasMouse else { return [] }
    return [
      ("wheel", "scrolls what is under it"),
      (
        "click", "puts the cursor on a row, and opens it the second time; presses a key of the last line; shows a view;"
      ),
      ("", "on a heading: sorts by it, and the other way round the second time; it answers no question"),
      ("Shift", "with the mouse selects text, as without scalems-top; --no-mouse leaves the mouse to the terminal"),
    ]
  }
}
