import SessionModel
import Terminal
import Words
import Work

/// How the session ended, as lines; made when shown, so a million failures cost what is on the screen.
struct SummaryLines {
  private let table: TaskTable
  private let failed: IDSet
  private let head: [[Span]]
  private let tail: [[Span]]

  /// Columns that a name may take.
  private let nameWidth: Int
  private let mark: String

  init(_ snapshot: SessionSnapshot, width: Int, mark: String) {
    nameWidth = max(12, width / 2)
    self.mark = mark
    table = snapshot.tasks
    failed = table.ids(in: .failed)
    head = Self.head(snapshot, failed: failed.count)
    tail = Self.tail(snapshot)
  }

  var count: Int { head.count + failed.count + tail.count }

  subscript(index: Int) -> [Span] {
    if index < head.count { return head[index] }
    if index < head.count + failed.count {
      return failed.select(index - head.count).map(failure) ?? []
    }
    return tail[index - head.count - failed.count]
  }

  private static func head(_ snapshot: SessionSnapshot, failed: Int) -> [[Span]] {
    let table = snapshot.tasks
    var lines: [[Span]] = []
    let wall = snapshot.summary?.wall ?? 0
    let code = snapshot.summary?.exitCode ?? 0
    let label = snapshot.info.map { $0.name.isEmpty ? $0.id : $0.name } ?? ""
    lines.append([
      Span("Exit status "), Span(String(code), code == 0 ? .ok : .error), Span("  after \(Format.measured(wall))"),
      Span("  \(label)", .dim),
    ])
    var counts: [Span] = []
    for phase in [TaskPhase.done, .failed, .canceled] {
      counts += [Span(phase.word, table.count(in: phase) > 0 ? phase.style : .dim)]
      counts += [Span(" \(Format.count(table.count(in: phase)))   ")]
    }
    let left = table.count - table.finished
    if left > 0 { counts += [Span("not run", .queued), Span(" \(Format.count(left))")] }
    lines.append(counts)
    if failed > 0 { lines.append([Span("Failures", .heading)]) }
    return lines
  }

  private static func tail(_ snapshot: SessionSnapshot) -> [[Span]] {
    guard let summary = snapshot.summary, !summary.leftovers.isEmpty else { return [] }
    return [[Span("Left behind", .error)]] + summary.leftovers.map { [Span("  \($0)", .error)] }
  }

  private func failure(_ id: TaskID) -> [Span] {
    guard let details = table.details(of: id) else { return [] }
    let exit =
      details.signal.map { "signal \(Format.signal($0))" } ?? details.exitCode.map { "exit \($0)" } ?? "no exit code"
    let reason = details.reason ?? ""
    // Most reasons begin with the exit code themselves.
    let isSaid = details.exitCode.map { reason.hasPrefix("exit \($0)") } ?? reason.hasPrefix("signal")
    let label = Span("  \(Columns.cutMiddle(details.label, to: nameWidth, mark: mark))  ")
    return isSaid ? [label, Span(reason, .error)] : [label, Span(exit, .error), Span("  \(reason)", .dim)]
  }
}

extension InterfaceState {
  func drawSummary(_ grid: inout CellGrid, _ body: Rect) {
    let width = max(min(body.width, 60), min(body.width - 8, 120))
    let lines = SummaryLines(snapshot, width: width, mark: glyphs.cut)
    let rect = body.centered(height: lines.count + 2, width: width)
    let inner = rect.inner
    let top = min(summary?.top ?? 0, max(0, lines.count - inner.height))
    let hidden = lines.count - top - inner.height
    grid.wipe(rect)
    grid.box(
      rect, title: [Span("session closed", .title)], glyphs: glyphs, isFocused: true,
      right: hidden > 0 ? [Span("\(Format.count(hidden)) more below", .warning)] : [],
      footer: [Span("Any key", .key), Span(" leaves  ", .dim), Span("Tab", .key), Span(" shows the tasks", .dim)])
    for line in 0..<min(inner.height, lines.count - top) {
      grid.put(lines[top + line], row: inner.row + line, column: inner.column + 1, end: inner.endColumn - 1)
    }
  }
}
