import SessionModel
import Terminal
import Words

extension InterfaceState {
  /// The phases of the shutdown with their timers; on a low screen the newest ones.
  func drawShutdown(_ grid: inout CellGrid, _ rect: Rect) {
    // Without a task list on the screen, what is said stands here.
    grid.box(
      rect, title: [Span("shutdown", .title)], glyphs: glyphs, isFocused: layout.tasks == nil,
      footer: layout.tasks == nil ? footer : [])
    let inner = rect.inner
    for (line, phase) in snapshot.shutdown.suffix(inner.height).enumerated() {
      let row = inner.row + line
      let (sign, style, words) = look(of: phase)
      let right = inner.endColumn - 1
      let end = grid.put(
        [Span(sign, style), Span(" "), Span(phase.phase.title, phase.outcome == nil ? .title : .plain)], row: row,
        column: inner.column + 1, end: right)
      grid.putRight([Span(words, style)], row: row, start: end + 1, end: right)
      guard let detail = phase.detail else { continue }
      let room = right - words.count - 2 - (end + 2)
      if room >= 12 { grid.put(detail, row: row, column: end + 2, width: room, style: .dim) }
    }
  }

  private func look(of phase: ShutdownProgress) -> (sign: String, style: Style, words: String) {
    let spent = (phase.left ?? clock).seconds(since: phase.entered)
    switch phase.outcome {
    case nil:
      let isLate = spent > phase.deadline * 0.8
      return (glyphs.pointer, isLate ? .warning : .running, "\(Format.clock(spent)) of \(Format.clock(phase.deadline))")
    case .finished: return (glyphs.check, .ok, "finished \(Format.measured(spent))")
    case .skipped: return ("-", .dim, "nothing to do")
    case .timedOut: return (glyphs.cross, .warning, "timed out \(Format.measured(spent))")
    case .failed: return (glyphs.cross, .error, "failed \(Format.measured(spent))")
    }
  }
}
