import SessionModel
import Terminal
import Words

/// The cells of one row of the task list.
struct RowCells {
  let row: Int
  let inner: Rect
  let indent: Int
  let columns: ListColumns

  /// Where a column stands, and how wide it is; `nil` when it is not shown.
  func place(of column: ListColumn) -> (column: Int, width: Int)? {
    var at = inner.column + indent
    for (shown, width) in columns.widths {
      if shown == column { return (at, width) }
      at += width + 1
    }
    return nil
  }

  func put(_ grid: inout CellGrid, _ column: ListColumn, _ text: (_ width: Int) -> [Span]) {
    guard let (at, width) = place(of: column) else { return }
    let spans = text(width)
    let used = spans.reduce(0) { $0 + CellWidth.columns(of: $1.text) }
    grid.put(spans, row: row, column: column.isRight ? at + max(0, width - used) : at, end: at + width)
  }
}

extension BatchTally {
  /// How many members are in each phase: `R5 D17 Q16 F1`, of that what fits, what matters most.
  ///
  /// - Parameter more: says that something is left out; one column.
  func spans(width: Int, more: String, isClosed: Bool = false) -> [Span] {
    let order: [TaskPhase] = [.running, .done, .queued, .waiting, .failed, .canceled]
    // All that came to no end stands for one phase then.
    func shownCount(_ phase: TaskPhase) -> Int {
      guard isClosed, !phase.isFinal else { return count(in: phase) }
      return phase == .waiting ? count(in: .running) + count(in: .queued) + count(in: .waiting) : 0
    }
    let texts = order.filter { shownCount($0) > 0 }
      .map { ($0, $0.letter(isClosed: isClosed) + Format.short(shownCount($0))) }
    let isWhole = texts.reduce(-1) { $0 + $1.1.count + 1 } <= width
    // What is left out is said.
    var room = isWhole ? width + 1 : width
    var shown: Set<TaskPhase> = []
    for phase in [TaskPhase.failed, .running, .done, .queued, .canceled, .waiting] {
      guard let text = texts.first(where: { $0.0 == phase })?.1, text.count + 1 <= room else { continue }
      room -= text.count + 1
      shown.insert(phase)
    }
    var spans: [Span] = []
    for (phase, text) in texts where shown.contains(phase) {
      if !spans.isEmpty { spans.append(Span(" ")) }
      spans.append(Span(text, phase.style))
    }
    if !isWhole { spans.append(Span(more, .dim)) }
    return spans
  }
}

extension CellGrid {
  /// A bar of what tasks do: each phase has a glyph of its own beside its colour.
  mutating func bar(
    total: Int, row: Int, column: Int, width: Int, glyphs: Glyphs, count: (TaskPhase) -> Int
  ) {
    bar(
      [
        (count(.done), glyphs.barFull, .ok), (count(.failed), glyphs.failedPart, .error),
        (count(.canceled), glyphs.canceledPart, .warning), (count(.running), glyphs.barPart, .running),
        (count(.queued), glyphs.queuedPart, .queued),
      ], total: total, row: row, column: column, width: width, glyphs: glyphs)
  }
}
