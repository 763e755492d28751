import SessionModel
import Terminal
import Words

/// Text at the right end of a field.
private func atRight(_ text: String, _ width: Int) -> String { Columns.padded(text, to: width, isRight: true) }

// The pilot, the raptor and the counts: as boxes of three lines, or as one line each on a small screen.
extension InterfaceState {
  // MARK: Pilot

  func drawPilot(_ grid: inout CellGrid, _ rect: Rect, isLine: Bool) {
    guard !isLine else {
      drawPilotLine(&grid, rect)
      return
    }
    grid.box(
      rect, title: [Span("pilot", .title)], glyphs: glyphs, right: snapshot.pilot.map { [Span($0.uid, .dim)] } ?? [])
    let inner = rect.inner
    let (left, right) = (inner.column + 1, inner.endColumn - 1)
    guard let pilot = snapshot.pilot else {
      grid.put("none yet", row: inner.row, column: left, width: right - left, style: .dim)
      return
    }
    let time = pilotTime(pilot)
    let stateEnd = grid.put([Span(pilot.state.words, pilot.state.style)], row: inner.row, column: left, end: right)
    if let time { grid.putRight([time], row: inner.row, start: stateEnd + 1, end: right) }
    drawUse(&grid, "cores", snapshot.coresInUse, pilot.cores, row: inner.row + 1, left, right)
    let detail = pilot.detail.flatMap { $0.isEmpty ? nil : $0 }
    if pilot.gpus > 0, detail == nil || pilot.state != .active {
      drawUse(&grid, "gpus ", snapshot.tasks.gpusInUse, pilot.gpus, row: inner.row + 2, left, right)
    } else if let detail {
      let style: Style = pilot.state == .failed ? .error : pilot.state == .active ? .warning : .dim
      grid.put(detail, row: inner.row + 2, column: left, width: right - left, style: style)
    }
  }

  private func drawPilotLine(_ grid: inout CellGrid, _ rect: Rect) {
    guard let pilot = snapshot.pilot else {
      grid.put([Span(" pilot ", .heading), Span(" none yet", .dim)], row: rect.row, column: 0, end: rect.endColumn)
      return
    }
    // An active one that says something does not do what it is there for.
    guard pilot.state == .active, pilot.detail == nil else {
      grid.put(
        [
          Span(" pilot ", .heading), Span(" "), Span(pilot.state.words, pilot.state.style),
          Span(pilot.detail.map { "  \($0)" } ?? "", pilot.state == .active ? .warning : .dim),
        ], row: rect.row, column: 0, end: rect.endColumn)
      return
    }
    let at = grid.put([Span(" cores ", .heading), Span(" ")], row: rect.row, column: 0, end: rect.endColumn)
    let used = snapshot.coresInUse
    var right = [Span("\(Format.count(used))/\(Format.count(pilot.cores)) used")]
    if pilot.gpus > 0 { right.append(Span("  gpus \(snapshot.tasks.gpusInUse)/\(pilot.gpus)")) }
    if let time = pilotTime(pilot), size.columns >= 44 || pilot.gpus == 0 { right += [Span("  "), time] }
    let width = right.reduce(1) { $0 + CellWidth.columns(of: $1.text) }
    grid.putRight(right, row: rect.row, start: at, end: rect.endColumn - 1)
    grid.bar(
      [(used, glyphs.barFull, .running)], total: pilot.cores, row: rect.row, column: at,
      width: rect.endColumn - at - width - 1, glyphs: glyphs)
  }

  /// `cores ████░░░░ 4 used 12 free`
  private func drawUse(
    _ grid: inout CellGrid, _ label: String, _ used: Int, _ total: Int, row: Int, _ left: Int, _ right: Int
  ) {
    let at = grid.put([Span(label, .heading), Span(" ")], row: row, column: left, end: right)
    // As wide as the widest numbers would be, so that the bar does not change its length.
    let digits = Format.count(total).count
    let short = "\(atRight(Format.count(used), digits))/\(Format.count(total))"
    let text = "\(short) used, \(atRight(Format.count(max(0, total - used)), digits)) free"
    let numbers = right - at - text.count - 1 >= 8 ? text : short
    grid.putRight([Span(numbers)], row: row, start: at, end: right)
    grid.bar(
      [(used, glyphs.barFull, .running)], total: total, row: row, column: at,
      width: right - at - numbers.count - 1, glyphs: glyphs)
  }

  private func pilotTime(_ pilot: PilotStatus) -> Span? {
    guard pilot.state == .active else { return nil }
    guard let runtime = pilot.runtime, let active = snapshot.pilotActive else { return Span("no time limit", .dim) }
    let left = max(0, runtime - clock.seconds(since: active))
    return Span("\(Format.clock(left)) left", left < 60 || left < runtime / 20 ? .warning : .plain)
  }

  // MARK: Raptor

  func drawRaptor(_ grid: inout CellGrid, _ rect: Rect, isLine: Bool) {
    guard let raptor = snapshot.raptor else { return }
    let style: Style = raptor.state == .agentExecuting ? .running : raptor.state.phase.style
    if !isLine {
      grid.box(rect, title: [Span("raptor", .title)], glyphs: glyphs, right: [Span(raptor.uid, .dim)])
    }
    guard !isLine, rect.height >= 5 else {
      let row = isLine ? rect.row : rect.inner.row
      let (left, right) = isLine ? (0, rect.endColumn - 1) : (rect.inner.column + 1, rect.inner.endColumn - 1)
      let head = isLine ? [Span(" raptor", .heading), Span("  ")] : []
      let at = grid.put(
        head + [Span(raptor.state.phase.word, style), Span("  ")], row: row, column: left, end: right)
      // The longest that leaves room for a bar, or the shortest.
      let texts = raptorTexts
      let text = texts.first { right - at - CellWidth.columns(of: $0) >= 12 } ?? texts.last ?? ""
      grid.putRight([Span(text)], row: row, start: at, end: right)
      drawWorkers(&grid, raptor, row: row, at, width: right - at - CellWidth.columns(of: text) - 1)
      return
    }
    let inner = rect.inner
    let (left, right) = (inner.column + 1, inner.endColumn - 1)
    let end = grid.put([Span(raptor.state.phase.word, style)], row: inner.row, column: left, end: right)
    if let note = raptor.detail ?? raptor.hello {
      grid.put(note, row: inner.row, column: end + 2, width: right - end - 2, style: .dim)
    }
    let at = grid.put([Span("workers", .heading), Span(" ")], row: inner.row + 1, column: left, end: right)
    let numbers = raptorNumbers
    grid.putRight([Span(numbers)], row: inner.row + 1, start: at, end: right)
    drawWorkers(&grid, raptor, row: inner.row + 1, at, width: right - at - numbers.count - 1)
    grid.put(raptorPast + " it", row: inner.row + 2, column: left, width: right - left)
  }

  /// Running and queued, as wide as the widest would be, so that a bar beside them does not change its length.
  private var raptorNumbers: String {
    let table = snapshot.tasks
    let digits = Format.count(snapshot.raptor?.workers ?? 0).count
    let running = "\(atRight(Format.count(table.raptorRunning), digits)) running"
    // What waits in the raptor of another program is told by nobody.
    return keeper == .program ? running : "\(running), \(Format.count(table.raptorQueued)) queued"
  }

  private var raptorPast: String {
    let table = snapshot.tasks
    let rate = raptorProgress.rate(finished: table.raptorFinished, now: clock).map { "\(Format.rate($0))   " } ?? ""
    return "\(rate)\(Format.count(table.raptorFinished)) tasks through"
  }

  /// What is said of the raptor in a line, from the longest to the shortest.
  private var raptorTexts: [String] {
    let table = snapshot.tasks
    let short = "\(Format.count(table.raptorRunning)) running, \(Format.count(table.raptorFinished)) through"
    let note = snapshot.raptor.flatMap { $0.state.isFinal ? nil : $0.detail }.map { "\($0)   " } ?? ""
    let long = "\(raptorNumbers)   \(raptorPast)"
    return [note + long, long, short]
  }

  /// How many workers are busy.
  private func drawWorkers(_ grid: inout CellGrid, _ raptor: RaptorStatus, row: Int, _ column: Int, width: Int) {
    guard let busy = snapshot.busyWorkers, width >= 4 else { return }
    grid.bar(
      [(busy, glyphs.barFull, .running)], total: raptor.workers, row: row, column: column, width: width,
      glyphs: glyphs)
  }

  // MARK: Counts

  func drawCounts(_ grid: inout CellGrid, _ rect: Rect, isLine: Bool) {
    guard !isLine else {
      drawCountsLine(&grid, rect)
      return
    }
    let table = snapshot.tasks
    let total = Format.plural(table.count, "task") + (snapshot.isWorkflowComplete ? "" : " so far")
    grid.box(
      rect, title: [Span("progress", .title)], glyphs: glyphs, right: table.count == 0 ? [] : [Span(total, .dim)])
    let inner = rect.inner
    let (left, right) = (inner.column + 1, inner.endColumn - 1)
    var text = atRight(percent, 4)
    if let words = estimateWords.last { text += atRight(words, 19) }
    grid.putRight([Span(text)], row: inner.row, start: left, end: right)
    drawProgress(&grid, row: inner.row, left, width: right - left - text.count - 1)
    drawCountRow(&grid, [.running, .queued, .waiting], row: inner.row + 1, left, right)
    drawCountRow(&grid, [.done, .failed, .canceled], row: inner.row + 2, left, right)
  }

  private var percent: String {
    let table = snapshot.tasks
    guard table.count > 0 else { return "" }
    // Rounded down: 100 % is said when all have finished.
    return "\(table.finished * 100 / table.count)%"
  }

  private func drawProgress(_ grid: inout CellGrid, row: Int, _ column: Int, width: Int) {
    let table = snapshot.tasks
    grid.bar(
      [
        (table.count(in: .done), glyphs.barFull, .ok), (table.count(in: .failed), glyphs.barFull, .error),
        (table.count(in: .canceled), glyphs.barFull, .warning), (table.count(in: .running), glyphs.barPart, .running),
      ], total: table.count, row: row, column: column, width: width, glyphs: glyphs)
  }

  private func drawCountRow(_ grid: inout CellGrid, _ phases: [TaskPhase], row: Int, _ left: Int, _ right: Int) {
    let width = (right - left) / 3
    for (index, phase) in phases.enumerated() {
      let count = snapshot.tasks.count(in: phase)
      grid.put(
        [Span(phase.word, count > 0 ? phase.style : .dim), Span(" " + Format.count(count), count > 0 ? .plain : .dim)],
        row: row, column: left + index * width, end: min(right, left + (index + 1) * width))
    }
  }

  private func drawCountsLine(_ grid: inout CellGrid, _ rect: Rect) {
    var spans: [Span] = []
    for phase in TaskPhase.allCases {
      let count = snapshot.tasks.count(in: phase)
      guard count > 0 || phase == .running || phase == .done else { continue }
      spans += [Span("  "), Span(phase.letter, phase.style), Span(Format.count(count))]
    }
    if let words = estimateWords.last, size.columns >= 60 { spans.append(Span("  " + words)) }
    let at = grid.put([Span(" tasks ", .heading), Span(" ")], row: rect.row, column: 0, end: rect.endColumn)
    let width = spans.reduce(1) { $0 + CellWidth.columns(of: $1.text) }
    grid.putRight(spans, row: rect.row, start: at, end: rect.endColumn - 1)
    let room = rect.endColumn - at - width - 5
    guard room >= 4 else { return }
    drawProgress(&grid, row: rect.row, at, width: room)
    grid.put(atRight(percent, 4), row: rect.row, column: at + room, width: 4)
  }
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

extension PilotState {
  var words: String {
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
