import Terminal
import Words

/// A key a person can press now, as the last line of the screen names it.
struct KeyHint {
  var keyName: String
  var title: String
  /// The higher, the longer it stays on a narrow line.
  var weight: Int
  /// What a click on it presses.
  var key: InputEvent?
}

/// The keys there is room for, in their own order; where there is little, the less important ones without their words.
struct PlacedKeys {
  private(set) var spans = [Span(" ")]
  /// Where a click presses one.
  private(set) var targets: [KeyTarget] = []

  /// Columns below which keys are named without words.
  private static let narrow = 60
  /// The weight from which a key is worth that.
  private static let worthAKey = 44

  init(_ offered: [KeyHint], width: Int) {
    var room = width - 1
    var bare: Set<String> = []
    var titled: Set<String> = []
    let byWeight = offered.sorted { $0.weight > $1.weight }
    if width < Self.narrow {
      for hint in byWeight where hint.weight >= Self.worthAKey {
        let needed = CellWidth.columns(of: hint.keyName) + 1
        guard needed <= room else { continue }
        room -= needed
        bare.insert(hint.title)
      }
    }
    for hint in byWeight {
      let words = CellWidth.columns(of: hint.title) + 2
      let needed = bare.contains(hint.title) ? words : words + CellWidth.columns(of: hint.keyName) + 1
      // The last one needs no gap behind it.
      guard needed - 2 <= room else { continue }
      room -= needed
      titled.insert(hint.title)
    }
    var at = 1
    for hint in offered where titled.contains(hint.title) || bare.contains(hint.title) {
      let words = titled.contains(hint.title) ? " \(hint.title)" : ""
      let end = at + CellWidth.columns(of: hint.keyName) + CellWidth.columns(of: words)
      if let key = hint.key { targets.append(KeyTarget(columns: at..<end, key: key)) }
      spans += [Span(hint.keyName, .key), Span(words, .dim), Span(words.isEmpty ? " " : "  ")]
      at = end + (words.isEmpty ? 1 : 2)
    }
    spans.removeLast()
  }
}

extension CellGrid {
  /// The line in which a person types a filter, or what to look for.
  mutating func putEntry(_ entry: TextField, _ label: String, _ rect: Rect) {
    let used = put(" \(label): ", row: rect.row, column: 0, style: .key)
    let room = rect.width - used - 1
    let text = String(Columns.suffix(entry.text[...], max(0, room)))
    let shown = put(text, row: rect.row, column: used, width: room, style: .entry)
    cursor = (rect.row, used + shown)
    let help: [Span] = [
      Span("Enter", .key), Span(label == "filter" ? " keep  " : " go  ", .dim), Span("Esc", .key), Span(" drop ", .dim),
    ]
    putRight(help, row: rect.row, start: used + shown + 3, end: rect.endColumn)
  }

  /// All that a screen below the smallest size shows.
  ///
  /// - Parameter leave: the key that leaves it.
  mutating func putTooSmall(leave: String?) {
    let minimum = Layout.minimum
    let lines = Columns.wrap(
      "scalems-top needs \(minimum.columns) columns and \(minimum.rows) rows; this terminal has \(size.columns) and"
        + " \(size.rows). \(leave ?? "q") leaves.", width: max(1, size.columns))
    for (row, line) in lines.prefix(size.rows).enumerated() { put(line, row: row, column: 0) }
  }
}
