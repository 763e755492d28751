import SessionModel
import Terminal

/// Where the rows of a list stand that lies over the panes.
struct OverlayRows: Equatable, Sendable {
  /// Which list it is.
  enum Overlay: Equatable, Sendable { case summary, palette, menu(ListMenu.Kind), copyMenu }

  var overlay: Overlay
  /// The lines for rows; a row has the whole width.
  var rect: Rect
  /// The row in the first of these lines.
  var top: Int
  /// How many rows there are.
  var count: Int

  /// A list that is moved only as far as its cursor needs.
  init(_ overlay: Overlay, _ rect: Rect, cursor: Int, count: Int) {
    (self.overlay, self.rect, self.count) = (overlay, rect, count)
    top = max(0, min(cursor - rect.height + 1, count - rect.height))
  }

  init(_ overlay: Overlay, _ rect: Rect, top: Int, count: Int) {
    (self.overlay, self.rect, self.top, self.count) = (overlay, rect, top, count)
  }

  /// The rows that can be seen, each with its line on the screen.
  var visible: [(row: Int, line: Int)] {
    let first = max(0, top)
    return (first..<max(first, min(count, top + rect.height))).map { ($0, rect.row + $0 - top) }
  }

  func row(at event: MouseEvent) -> Int? {
    let row = top + event.row - rect.row
    return rect.contains(event) && 0..<count ~= row ? row : nil
  }
}

extension InterfaceState {
  /// What lies over the panes as the whole body may be covered by it.
  var overlayBody: Rect { Rect(row: 1, column: 0, height: size.rows - 2, width: size.columns) }

  /// The list over the panes; `nil` when there is none, or something lies over it, too.
  var overlayRows: OverlayRows? {
    if summary != nil { return summaryRows }
    guard dialog == nil, leaving == nil else { return nil }
    if palette != nil { return paletteRows }
    guard help == nil else { return nil }
    if let menu { return menuRows(menu) }
    return copyMenu.map { copyMenuRows($0) }
  }

  /// A click on a row of such a list puts its cursor there; where that is already, it does what Enter does.
  mutating func click(row: Int, of rows: OverlayRows, named name: String?) -> [Effect] {
    switch rows.overlay {
    case .summary:
      if summary?.row == row { return handleSummary(.enter) }
      summary?.row = row
    case .palette:
      if palette?.chosen == name { return handlePalette(.enter) }
      palette?.chosen = name
    case .menu:
      if menu?.row == row { return handleMenu(.enter) }
      menu?.row = row
    case .copyMenu:
      if copyMenu?.row == row { return handleCopyMenu(.enter) }
      copyMenu?.row = row
    }
    return []
  }
}
