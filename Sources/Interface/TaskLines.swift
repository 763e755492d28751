import SessionModel
import Terminal
import Words

// How far the tasks are: in a line or two.
extension InterfaceState {
  /// A bar, how far it is, how fast, and how long it will take.
  func drawProgress(_ grid: inout CellGrid, _ rect: Rect) {
    let (row, end) = (rect.row, rect.endColumn)
    let at = grid.put([Span(" tasks ", .heading), Span(" ")], row: row, column: 0, end: end)
    let words = estimateWords
    let right = words.first { CellWidth.columns(of: $0) <= size.columns - 44 } ?? words.last
    grid.putRight(right.map { [Span($0, estimate == nil ? .dim : .plain)] } ?? [], row: row, start: at, end: end - 1)
    let room = end - at - 2 - (right.map { CellWidth.columns(of: $0) + 2 } ?? 0)
    let rate = "  " + Columns.padded(rateWords, to: 7, isRight: true)
    let barWidth = min(size.columns / 3, room - 5 - rate.count)
    guard barWidth >= 4 else { return }
    drawBar(&grid, row: row, at, width: barWidth)
    let next = grid.put([Span(percent), Span(rate + "  ")], row: row, column: at + barWidth, end: end)
    drawSparkline(&grid, .rate, row: row, next, width: min(40, at + room - next))
  }

  /// How many are in each phase; with a bar where there is no line of its own for that.
  func drawCounts(_ grid: inout CellGrid, _ rect: Rect, hasBar: Bool) {
    let (row, end) = (rect.row, rect.endColumn)
    if hasBar {
      drawCountsAndBar(&grid, rect)
      return
    }
    var spans = [Span("       ")]
    for group in phaseCounts({ snapshot.tasks.count(in: $0) }) {
      let name = size.columns >= 76 ? group.word : group.letter
      spans += [
        Span(" "), Span(name, group.count > 0 ? group.style : .dim),
        Span(" " + Format.count(group.count) + " ", group.count > 0 ? .plain : .dim),
      ]
    }
    let next = grid.put(spans, row: row, column: 0, end: end)
    let total = Format.plural(snapshot.tasks.count, "task") + (snapshot.isWorkflowComplete ? "" : " so far")
    let use = hasUseBesideCounts ? totalUse : nil
    let words = use.map { [$0 + "   " + total, $0] } ?? [total]
    let text = words.first { CellWidth.columns(of: $0) <= end - next - 2 }
    if let text {
      grid.putRight([Span(text, use == nil ? .dim : .plain)], row: row, start: next + 1, end: end - 1)
    }
  }

  private func drawCountsAndBar(_ grid: inout CellGrid, _ rect: Rect) {
    var spans: [Span] = []
    for group in phaseCounts({ snapshot.tasks.count(in: $0) }) where group.count > 0 || group.isAlwaysShown {
      spans += [Span("  "), Span(group.letter, group.style), Span(Format.count(group.count))]
    }
    if let words = estimateWords.last, size.columns >= 60 { spans.append(Span("  " + words)) }
    let at = grid.put([Span(" tasks ", .heading), Span(" ")], row: rect.row, column: 0, end: rect.endColumn)
    let width = spans.reduce(1) { $0 + CellWidth.columns(of: $1.text) }
    grid.putRight(spans, row: rect.row, start: at, end: rect.endColumn - 1)
    let room = rect.endColumn - at - width - 5
    guard room >= 4 else { return }
    drawBar(&grid, row: rect.row, at, width: room)
    grid.put(percent, row: rect.row, column: at + room, width: 5)
  }

  private var percent: String {
    let table = snapshot.tasks
    guard table.count > 0 else { return "     " }
    // Rounded down: 100 % is said when all have finished.
    return Columns.padded("\(table.finished * 100 / table.count)%", to: 5, isRight: true)
  }

  /// Tasks that ended lately, a second.
  var rateWords: String {
    guard let last = snapshot.history.until(clock).recent(seconds: 10), !isClosed else { return "" }
    return Format.rate(Double(last.span.finished) / last.seconds)
  }

  /// How many tasks are in each group of states. When the session has closed, what came to no end is one: not run.
  func phaseCounts(_ count: (TaskPhase) -> Int) -> [PhaseCount] {
    var groups: [PhaseCount] = []
    for phase in TaskPhase.allCases {
      let word = phase.word(isClosed: isClosed)
      if groups.last?.word == word {
        groups[groups.count - 1].count += count(phase)
      } else {
        groups.append(
          PhaseCount(
            word: word, letter: phase.letter(isClosed: isClosed),
            style: isClosed && !phase.isFinal ? .queued : phase.style,
            count: count(phase), isAlwaysShown: !isClosed && phase == .running || phase == .done))
      }
    }
    return groups
  }

  private func drawBar(_ grid: inout CellGrid, row: Int, _ column: Int, width: Int) {
    let table = snapshot.tasks
    grid.bar(total: table.count, row: row, column: column, width: width, glyphs: glyphs) { table.count(in: $0) }
  }
}

/// How many tasks are in a group of states, and how that is written.
struct PhaseCount {
  var word: String
  var letter: String
  var style: Style
  var count: Int
  /// Whether it is said, too, when there are none.
  var isAlwaysShown: Bool
}

extension TaskPhase {
  var style: Style {
    switch self {
    case .running: .running
    case .queued: .queued
    case .waiting: .dim
    case .failed: .error
    case .canceled: .warning
    case .done: .ok
    }
  }
}
