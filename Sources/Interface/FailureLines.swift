import SessionModel
import Terminal
import Words

/// Why tasks failed, found again now and then: that is a look at all that failed or was canceled.
struct SeenCauses: Sendable {
  private(set) var all: [FailureCauses.Cause] = []
  private var failed = 0
  private var canceled = 0
  private var time: Timestamp?

  mutating func update(_ table: TaskTable, at now: Timestamp) {
    let (failed, canceled) = (table.count(in: .failed), table.count(in: .canceled))
    guard (failed, canceled) != (self.failed, self.canceled) else { return }
    // A look costs microseconds for each: at most a fiftieth of the time goes into it.
    let pause = failed + canceled > 2000 ? Double(failed + canceled) / 10_000 : 0
    if let time, failed > 0, !all.isEmpty, 0..<pause ~= now.seconds(since: time) { return }
    (self.failed, self.canceled, time) = (failed, canceled, now)
    all = failed == 0 ? [] : FailureCauses(table).all
  }
}

extension InterfaceState {
  /// The causes with the most tasks, a line each, and how many more there are.
  func drawFailures(_ grid: inout CellGrid, _ rect: Rect) {
    let shown = causes.all.prefix(causes.all.count > rect.height ? rect.height - 1 : rect.height)
    for (line, cause) in shown.enumerated() {
      drawCause(
        cause, &grid, row: rect.row + line, 0, end: rect.endColumn - 1, label: line == 0 ? " fails  " : "        ")
    }
    guard shown.count < causes.all.count else { return }
    let rest = causes.all[shown.count...]
    let tasks = Format.plural(rest.reduce(0) { $0 + $1.count }, "task")
    grid.put(
      [
        Span(shown.isEmpty ? " fails  " : "        ", .heading),
        Span("\(tasks) of \(Format.plural(rest.count, shown.isEmpty ? "cause" : "more cause"))", .error),
      ],
      row: rect.row + shown.count, column: 0, end: rect.endColumn - 1)
  }

  /// `4 × exit 3: no such file   sim.3  +2 canceled`
  func drawCause(
    _ cause: FailureCauses.Cause, _ grid: inout CellGrid, row: Int, _ column: Int, end: Int, label: String = ""
  ) {
    let times = isASCII ? "x" : "×"
    let lost = cause.canceled > 0 ? "  +\(Format.count(cause.canceled)) canceled" : ""
    let name = Columns.cutMiddle(snapshot.tasks.label(of: cause.first), to: 24, mark: glyphs.cut)
    let right = [Span("  " + name), Span(lost, .warning)]
    let width = right.reduce(0) { $0 + CellWidth.columns(of: $1.text) }
    let hasRoom = end - column - width >= 18
    let at = grid.put(
      [Span(label, .heading), Span("\(Format.count(cause.count)) \(times) ", .title)], row: row, column: column,
      end: end)
    grid.put([Span(cause.reason, .error)], row: row, column: at, end: hasRoom ? end - width : end)
    if hasRoom { grid.putRight(right, row: row, start: at, end: end) }
  }
}
