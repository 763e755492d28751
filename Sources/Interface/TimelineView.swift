import SessionModel
import Terminal
import Words

/// Where a recording stands, in one line above the keys.
extension InterfaceState {
  func drawTimeline(_ grid: inout CellGrid, _ rect: Rect) {
    guard let timeline else { return }
    let isWide = rect.width >= 76
    let speed = "x\(Format.factor(timeline.speed))"
    let state: Span =
      timeline.isPlaying
      ? Span(isWide ? "playing" : glyphs.pointer, .running) : Span(isWide ? "paused" : "||", .warning)
    let position = words(for: timeline.position, in: timeline)
    let end = words(for: timeline.end, in: timeline)
    let left = isWide ? [Span(" \(words(for: timeline.start, in: timeline)) ", .dim)] : [Span(" ")]
    let right =
      isWide
      ? [Span(" \(end)  ", .dim), Span(position, .title), Span("  \(speed) "), state, Span(" ")]
      : [Span(" "), Span(position, .title), Span("/\(end) ", .dim), Span("\(speed) "), state, Span(" ")]
    let width = right.reduce(0) { $0 + CellWidth.columns(of: $1.text) }
    let at = grid.put(left, row: rect.row, column: 0, end: rect.endColumn)
    grid.putRight(right, row: rect.row, start: 0, end: rect.endColumn)
    drawPosition(timeline, &grid, row: rect.row, at, width: rect.endColumn - width - at)
  }

  private func drawPosition(_ timeline: Timeline, _ grid: inout CellGrid, row: Int, _ column: Int, width: Int) {
    let room = width - 2
    guard room >= 4 else { return }
    let total = timeline.end.seconds(since: timeline.start)
    let passed = timeline.position.seconds(since: timeline.start)
    let share = total > 0 ? min(1, max(0, passed / total)) : 1
    // Full only at the end, and never empty after the start.
    let full = share >= 1 ? room : min(room - 1, Int((share * Double(room)).rounded(.up)))
    grid.fill(glyphs.trackLeft, count: 1, row: row, column: column, style: .border)
    grid.fill(glyphs.barFull, count: full, row: row, column: column + 1, style: .running)
    grid.fill(glyphs.horizontal, count: room - full, row: row, column: column + 1 + full, style: .dim)
    grid.fill(glyphs.trackRight, count: 1, row: row, column: column + 1 + room, style: .border)
  }

  /// The time of day; in a recording of more than a day, the time since its start.
  private func words(for time: Timestamp, in timeline: Timeline) -> String {
    let isLong = timeline.end.seconds(since: timeline.start) >= 86400
    return isLong
      ? Format.clock(time.seconds(since: timeline.start)) : Format.timeOfDay(time.local(in: zone))
  }
}
