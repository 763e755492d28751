import SessionModel
import Terminal
import Words

// The raptor in one line.
extension InterfaceState {
  func drawRaptor(_ grid: inout CellGrid, _ rect: Rect) {
    guard let raptor = snapshot.raptor else { return }
    let style: Style = raptor.state == .agentExecuting ? .running : raptor.state.phase.style
    let (row, right) = (rect.row, rect.endColumn - 1)
    let at = grid.put(
      [Span(" raptor", .heading), Span(" "), Span(raptor.state.phase.word, style), Span("  ")], row: row, column: 0,
      end: right)
    // The longest that leaves room for a bar, or the shortest.
    let texts = raptorTexts
    let text = texts.first { right - at - CellWidth.columns(of: $0) >= 12 } ?? texts.last ?? ""
    let width = min(20, right - at - CellWidth.columns(of: text) - 2)
    guard snapshot.busyWorkers != nil, width >= 4 else {
      grid.putRight([Span(text)], row: row, start: at, end: right)
      return
    }
    drawWorkers(&grid, raptor, row: row, at, width: width)
    grid.put([Span(text)], row: row, column: at + width + 1, end: right)
  }

  /// Running and queued, as wide as the widest would be, so that a bar beside them does not change its length.
  private var raptorNumbers: String {
    let table = snapshot.tasks
    let digits = Format.count(snapshot.raptor?.workers ?? 0).count
    let running = "\(Columns.padded(Format.count(table.raptorRunning), to: digits, isRight: true)) running"
    // What waits in the raptor of another program is told by nobody.
    return keeper == .program
      ? running : "\(running), \(Format.count(table.raptorQueued)) \(TaskPhase.queued.word(isClosed: isClosed))"
  }

  private var raptorPast: String {
    let table = snapshot.tasks
    let rate = raptorProgress.rate(finished: table.raptorFinished, now: clock).map { "\(Format.rate($0))   " } ?? ""
    return "\(rate)\(Format.plural(table.raptorFinished, "task")) through"
  }

  /// What is said of the raptor in a line, from the longest to the shortest.
  private var raptorTexts: [String] {
    let table = snapshot.tasks
    let short = "\(Format.count(table.raptorRunning)) running, \(Format.count(table.raptorFinished)) through"
    let note = snapshot.raptor.flatMap { $0.state.isFinal ? nil : $0.detail ?? $0.hello }.map { "   \($0)" } ?? ""
    let long = "\(raptorNumbers)   \(raptorPast)"
    return [long + note, long, short]
  }

  /// How many workers are busy.
  private func drawWorkers(_ grid: inout CellGrid, _ raptor: RaptorStatus, row: Int, _ column: Int, width: Int) {
    guard let busy = snapshot.busyWorkers, width >= 4 else { return }
    grid.bar(
      [(busy, glyphs.barFull, .running)], total: raptor.workers, row: row, column: column, width: width,
      glyphs: glyphs)
  }
}
