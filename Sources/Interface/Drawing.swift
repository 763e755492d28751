import Terminal
import Words

/// A piece of a line.
struct Span {
  var text: String
  var style: Style

  init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }
}

extension CellGrid {
  /// Puts pieces after each other and returns the column after the last one.
  @discardableResult
  mutating func put(_ spans: [Span], row: Int, column: Int, end: Int) -> Int {
    var at = column
    for span in spans where at < end {
      at += put(span.text, row: row, column: at, width: end - at, style: span.style)
    }
    return at
  }

  /// Puts text that ends before column `end`; nothing when it does not fit after `start`.
  mutating func putRight(_ spans: [Span], row: Int, start: Int, end: Int) {
    let width = spans.reduce(0) { $0 + CellWidth.columns(of: $1.text) }
    guard width > 0, end - width >= start else { return }
    put(spans, row: row, column: end - width, end: end)
  }

  /// A border with a title in its upper line and, when there is something to say, text in its lower line.
  mutating func box(
    _ rect: Rect, title: [Span], glyphs: Glyphs, isFocused: Bool = false, right: [Span] = [], footer: [Span] = []
  ) {
    guard rect.height >= 2, rect.width >= 2 else { return }
    let style: Style = isFocused ? .focus : .border
    let (last, edge) = (rect.endRow - 1, rect.endColumn - 1)
    for row in [rect.row, last] {
      fill(glyphs.horizontal, count: rect.width - 2, row: row, column: rect.column + 1, style: style)
    }
    fill(glyphs.topLeft, count: 1, row: rect.row, column: rect.column, style: style)
    fill(glyphs.topRight, count: 1, row: rect.row, column: edge, style: style)
    fill(glyphs.bottomLeft, count: 1, row: last, column: rect.column, style: style)
    fill(glyphs.bottomRight, count: 1, row: last, column: edge, style: style)
    for row in (rect.row + 1)..<max(rect.row + 1, last) {
      fill(glyphs.vertical, count: 1, row: row, column: rect.column, style: style)
      fill(glyphs.vertical, count: 1, row: row, column: edge, style: style)
    }
    let titleEnd = inset(title, row: rect.row, rect)
    if !right.isEmpty {
      putRight([Span(" ")] + right + [Span(" ")], row: rect.row, start: titleEnd + 1, end: edge - 1)
    }
    _ = inset(footer, row: last, rect)
  }

  private mutating func inset(_ spans: [Span], row: Int, _ rect: Rect) -> Int {
    guard !spans.isEmpty, rect.width >= 8 else { return rect.column + 1 }
    return put([Span(" ")] + spans + [Span(" ")], row: row, column: rect.column + 2, end: rect.endColumn - 2)
  }

  /// Makes a part of the screen blank, for something that lies over it.
  mutating func wipe(_ rect: Rect) {
    for row in rect.row..<rect.endRow { fill(" ", count: rect.width, row: row, column: rect.column) }
  }

  /// A bar of `width` cells of parts of `total`; a part that is not zero is never invisible.
  mutating func bar(
    _ parts: [(amount: Int, glyph: Unicode.Scalar, style: Style)], total: Int, row: Int, column: Int, width: Int,
    glyphs: Glyphs
  ) {
    guard width > 0 else { return }
    fill(glyphs.barEmpty, count: width, row: row, column: column, style: .dim)
    guard total > 0 else { return }
    let isWhole = parts.reduce(0) { $0 + $1.amount } >= total
    var at = 0
    for (index, part) in parts.enumerated() where part.amount > 0 {
      let isLast = isWhole && !parts[(index + 1)...].contains { $0.amount > 0 }
      let share = Int((Double(part.amount) / Double(total) * Double(width)).rounded(.down))
      let cells = isLast ? width - at : min(max(1, share), width - at)
      fill(part.glyph, count: cells, row: row, column: column + at, style: part.style)
      at += cells
    }
  }
}

extension Rect {
  /// Columns of a question over it; where there are few, all of them.
  var dialogWidth: Int { width < 60 ? width : min(width - 2, 72) }

  /// A rectangle of this size in the middle of this one.
  func centered(height: Int, width: Int) -> Rect {
    let (height, width) = (min(height, self.height), min(width, self.width))
    return Rect(
      row: row + (self.height - height) / 2, column: column + (self.width - width) / 2, height: height, width: width)
  }
}
