import SessionModel
import Terminal
import Words

// The pilot in one line: its cores, how they were used, and the time it has.
extension InterfaceState {
  func drawPilot(_ grid: inout CellGrid, _ rect: Rect) {
    let (row, end) = (rect.row, rect.endColumn)
    guard let pilot = snapshot.pilot else {
      grid.put([Span(" pilot ", .heading), Span(" none yet", .dim)], row: row, column: 0, end: end)
      return
    }
    guard pilot.state == .active, pilot.cores > 0 else {
      let detail = pilot.detail ?? (pilot.state == .active ? "how many cores it has is not known" : nil)
      grid.put(
        [
          Span(" pilot ", .heading), Span(" "), Span(pilot.state.words, pilot.state.style),
          Span(detail.map { "  \($0)" } ?? "", pilot.state == .active && keeper != .program ? .warning : .dim),
        ], row: row, column: 0, end: end)
      return
    }
    let at = grid.put([Span(" cores ", .heading), Span(" ")], row: row, column: 0, end: end)
    let used = snapshot.coresInUse
    let total = Format.count(pilot.cores)
    // As wide as the widest numbers would be, so that the bar does not change its length.
    var numbers = [Span("\(Columns.padded(Format.count(used), to: total.count, isRight: true))/\(total)")]
    if pilot.gpus > 0 { numbers.append(Span("  gpus \(snapshot.tasks.gpusInUse)/\(pilot.gpus)")) }
    var right: [Span] = []
    if let trouble = pilot.trouble(of: keeper) {
      let room = end - at - numbers.reduce(2) { $0 + CellWidth.columns(of: $1.text) } - 9
      right = [Span("  "), Span(Columns.cut(trouble, to: room, mark: glyphs.cut), .warning)]
    } else if let time = pilotTime(pilot), size.columns >= 44 || pilot.gpus == 0 {
      right = [Span("  "), time]
    }
    let width = (numbers + right).reduce(2) { $0 + CellWidth.columns(of: $1.text) }
    let room = end - at - width
    let barWidth = size.columns < 64 ? room : min(20, room / 2)
    grid.bar(
      [(used, glyphs.barFull, .running)], total: pilot.cores, row: row, column: at, width: barWidth, glyphs: glyphs)
    let next = grid.put([Span(" ")] + numbers, row: row, column: at + barWidth, end: end)
    // What is used has its place, so that nothing beside it moves.
    let useWidth = !hasUseBesideCounts && live.hasSeen && size.columns >= 76 ? 24 : 0
    drawSparkline(&grid, .cores, row: row, next + 2, width: min(40, room - barWidth - 2 - useWidth))
    let timeWidth = right.reduce(0) { $0 + CellWidth.columns(of: $1.text) }
    if useWidth > 0, let use = totalUse {
      grid.putRight([Span(use)], row: row, start: end - 1 - timeWidth - useWidth + 1, end: end - 1 - timeWidth)
    }
    grid.putRight(right, row: row, start: next, end: end - 1)
  }

  func pilotTime(_ pilot: PilotStatus) -> Span? {
    guard pilot.state == .active else { return nil }
    guard pilot.isRuntimeKnown else { return Span("time left not known", .dim) }
    guard let runtime = pilot.runtime, let active = snapshot.pilotActive else { return Span("no time limit", .dim) }
    let left = max(0, runtime - clock.seconds(since: active))
    return Span("\(Format.clock(left)) left", left < 60 || left < runtime / 20 ? .warning : .plain)
  }
}

extension PilotStatus {
  /// What an active one says does not go as it should: Slurm is silent, its job stands still.
  fileprivate func trouble(of keeper: SessionKeeper) -> String? {
    // Of another program's its job is said there; in recordings of earlier versions, what it has.
    keeper == .program || detail?.hasSuffix("\(cores) cores") ?? true ? nil : detail
  }

  /// `9 of 16`; how many there are only when that is known.
  public func usedCores(_ used: Int) -> String {
    if cores > 0 { return "\(Format.count(used)) of \(Format.count(cores))" }
    return used > 0 ? "\(Format.count(used)) of an unknown number" : "none known"
  }
}

extension PilotState {
  /// For people: `active`, `waiting for resources`, …
  public var words: String {
    switch self {
    case .new: "new"
    case .launchingPending: "launch pending"
    case .launching: "launching"
    case .activePending: "waiting for resources"
    case .active: "active"
    case .done: "done"
    case .failed: "failed"
    case .canceled: "canceled"
    }
  }

  var style: Style {
    switch self {
    case .new, .launchingPending, .launching, .activePending: .queued
    case .active: .running
    case .done: .ok
    case .failed: .error
    case .canceled: .warning
    }
  }
}
