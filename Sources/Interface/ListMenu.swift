import SessionModel
import Terminal
import Words

/// A small list to choose from: what the task list is sorted by, or which columns it has.
struct ListMenu: Equatable, Sendable {
  enum Kind: Sendable { case sort, columns }

  var kind: Kind
  var row = 0

  var entries: [ListColumn] {
    switch kind {
    case .sort: ListColumn.allCases.filter(\.isSortable)
    // A list without names is none.
    case .columns: ListColumn.allCases.filter { $0 != .name }
    }
  }
}

extension InterfaceState {
  mutating func openMenu(_ kind: ListMenu.Kind) -> [Effect] {
    var menu = ListMenu(kind: kind)
    if kind == .sort { menu.row = menu.entries.firstIndex(of: sort.column) ?? 0 }
    self.menu = menu
    return []
  }

  mutating func handleMenu(_ input: InputEvent) -> [Effect] {
    guard var menu else { return [] }
    let last = menu.entries.count - 1
    switch input {
    case .down, .character("j"): menu.row = min(last, menu.row + 1)
    case .up, .character("k"): menu.row = max(0, menu.row - 1)
    case .home, .character("g"): menu.row = 0
    case .end, .character("G"): menu.row = last
    case .character("I"): if menu.kind == .sort { sort.isDescending.toggle() }
    case .character(" "), .enter:
      let column = menu.entries[menu.row]
      if menu.kind == .columns {
        toggle(column)
        if input == .enter { return closeMenu() }
      } else {
        sortBy(column)
        return closeMenu()
      }
    case .character("0"): if menu.kind == .columns { columns = usualColumns }
    case .escape, .character("q"), .character("s"), .character(","): return closeMenu()
    default: break
    }
    self.menu = menu
    return []
  }

  private mutating func closeMenu() -> [Effect] {
    menu = nil
    return []
  }

  private mutating func toggle(_ column: ListColumn) {
    var chosen = columns ?? ListColumn.usual
    if chosen.remove(column) == nil { chosen.insert(column) }
    columns = chosen
  }

  /// The longest, the latest, the largest first: that is what people look for. Names and uids come as they are read.
  mutating func sortBy(_ column: ListColumn) {
    guard column != sort.column else { return }
    sort = TaskSort(column: column, isDescending: ![.name, .state, .uid].contains(column))
  }

  /// Sorts by the next of the columns on the screen.
  mutating func sortByNeighbour(_ step: Int) -> [Effect] {
    let shown = listColumns.widths.map(\.column).filter(\.isSortable)
    guard let first = shown.first, let last = shown.last else { return [] }
    guard let index = shown.firstIndex(of: sort.column) else {
      sortBy(step > 0 ? first : last)
      return []
    }
    sortBy(shown[min(max(0, index + step), shown.count - 1)])
    return []
  }

  mutating func invertSort() -> [Effect] {
    sort.isDescending.toggle()
    return []
  }

  private func menuRect(_ menu: ListMenu, _ body: Rect) -> Rect {
    body.centered(height: menu.entries.count + 2, width: min(body.width, 84))
  }

  func menuRows(_ menu: ListMenu) -> OverlayRows {
    OverlayRows(.menu(menu.kind), menuRect(menu, overlayBody).inner, cursor: menu.row, count: menu.entries.count)
  }

  func draw(_ menu: ListMenu, _ grid: inout CellGrid, _ body: Rect) {
    let entries = menu.entries
    let isSort = menu.kind == .sort
    let shown = Set(listColumns.widths.map(\.column))
    let rect = menuRect(menu, body)
    grid.wipe(rect)
    let footer: [Span] =
      isSort
      ? [Span("Enter", .key), Span(" sort  ", .dim), Span("I", .key), Span(" invert", .dim)]
      : [Span("Space", .key), Span(" on or off  ", .dim), Span("0", .key), Span(" as it was", .dim)]
    grid.box(
      rect, title: [Span(isSort ? "sort by" : "columns", .title)], glyphs: glyphs, isFocused: true, footer: footer)
    let inner = rect.inner
    let width = 2 + (entries.map { CellWidth.columns(of: $0.title) }.max() ?? 0)
    for (index, row) in menuRows(menu).visible {
      let column = entries[index]
      let isChosen = isSort ? column == sort.column : (columns ?? ListColumn.usual).contains(column)
      let mark = !isChosen ? " " : isSort ? (sort.isDescending ? glyphs.descending : glyphs.ascending) : glyphs.check
      let isHidden = !isSort && isChosen && !shown.contains(column)
      // What running tasks use is seen on their machine alone.
      let isUnseen = columns == nil && !live.hasSeen && (column == .load || column == .memory)
      let note = !isHidden ? "" : isUnseen ? " (nothing seen)" : " (no room)"
      grid.put(
        [
          Span(" " + Columns.padded(mark, to: 3), .key), Span(Columns.padded(column.title, to: width), .heading),
          Span(column.help), Span(note, .warning),
        ], row: row, column: inner.column, end: inner.endColumn)
      if index == menu.row { grid.select(row: row, column: inner.column, count: inner.width) }
    }
  }
}
