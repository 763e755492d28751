import SessionModel
import Terminal
import Words
import Work

/// The columns of the task list for one width; what does not fit falls away: command, uid, cores, exit.
struct TaskColumns: Equatable {
  var state = 12
  var uid = 0
  var name = 0
  var cores = 0
  var time = 9
  var exit = 0
  var command = 0

  /// One column for the mark, then fields with a blank between them.
  init(width: Int) {
    let isWide = width >= 110
    if isWide { state = 18 }
    var room = width - 2 - state - 1 - time - 1
    // A name of fewer columns says nothing.
    let least = 8
    func take(_ columns: Int) -> Int {
      guard room - columns - 1 >= least else { return 0 }
      room -= columns + 1
      return columns
    }
    exit = take(5)
    cores = take(5)
    if width >= 60 { uid = take(11) }
    if room >= 24 {
      name = isWide ? min(24, room / 3) : min(16, room / 2)
      command = room - name - 1
    } else {
      name = room
    }
  }
}

extension InterfaceState {
  func drawTasks(_ grid: inout CellGrid, _ rect: Rect) {
    let count = order.count(snapshot.tasks)
    grid.box(
      rect, title: listTitle(), glyphs: glyphs, isFocused: focus == .tasks, right: listRight(count), footer: footer)
    let inner = rect.inner
    let columns = TaskColumns(width: inner.width)
    drawHeading(&grid, inner, columns)
    guard count > 0 else {
      let text =
        if let filter { isSearching ? "searching \(glyphs.more)" : "no task matches \"\(filter.text)\"" } else {
          isClosed ? "no tasks" : "no tasks yet"
        }
      grid.put(text, row: inner.row + 1, column: inner.column + 2, width: inner.width - 2, style: .dim)
      return
    }
    for (line, id) in visible.prefix(max(0, inner.height - 1)).enumerated() {
      let row = inner.row + 1 + line
      drawTask(&grid, id, row: row, inner, columns)
      if listTop + line == cursorRow, focus == .tasks {
        grid.select(row: row, column: inner.column, count: inner.width)
      }
    }
  }

  private func listTitle() -> [Span] {
    guard let filter else { return [Span("tasks", .title)] }
    var spans = [Span("tasks", .title), Span(" matching "), Span(filter.text, .entry)]
    if isSearching { spans.append(Span(" \(filter.scanned * 100 / max(1, snapshot.tasks.count))% searched", .warning)) }
    return spans
  }

  private func listRight(_ count: Int) -> [Span] {
    var spans: [Span] = []
    if !marks.isEmpty { spans.append(Span("\(Format.count(marks.count)) marked  ", .warning)) }
    let total = snapshot.tasks.count
    let place = count == 0 ? "0" : "\(Format.count(cursorRow + 1))/\(Format.count(count))"
    spans.append(Span(filter == nil ? place : "\(place) of \(Format.count(total))", .dim))
    return spans
  }

  private func drawHeading(_ grid: inout CellGrid, _ inner: Rect, _ columns: TaskColumns) {
    var at = inner.column + 2
    func put(_ text: String, _ width: Int, isRight: Bool = false) {
      guard width > 0 else { return }
      let start = isRight ? at + max(0, width - CellWidth.columns(of: text)) : at
      grid.put(text, row: inner.row, column: start, width: width, style: .heading)
      at += width + 1
    }
    put("STATE", columns.state)
    put("UID", columns.uid)
    put("NAME", columns.name)
    put("CORES", columns.cores, isRight: true)
    put("TIME", columns.time, isRight: true)
    put("EXIT", columns.exit, isRight: true)
    put("COMMAND", columns.command)
  }

  private func drawTask(_ grid: inout CellGrid, _ id: TaskID, row: Int, _ inner: Rect, _ columns: TaskColumns) {
    guard let details = snapshot.tasks.details(of: id), let text = rowTexts[id] else { return }
    if marks.contains(id) { grid.put(glyphs.mark, row: row, column: inner.column, width: 1, style: .warning) }
    var at = inner.column + 2
    func put(_ text: String, _ width: Int, _ style: Style = .plain, isRight: Bool = false) {
      guard width > 0 else { return }
      let start = isRight ? at + max(0, width - CellWidth.columns(of: text)) : at
      grid.put(text, row: row, column: start, width: at + width - start, style: style)
      at += width + 1
    }
    let phase = details.state.phase
    if details.isCancelRequested {
      put("\(phase.letter) \(columns.state >= 18 ? "cancel requested" : "cancel req")", columns.state, .warning)
    } else {
      put("\(phase.letter) \(phase.word)", columns.state, phase.style)
    }
    put(text.uid, columns.uid)
    put(Columns.cutMiddle(text.label, to: columns.name, mark: glyphs.cut), columns.name)
    put(text.cores, columns.cores, isRight: true)
    put(time(of: details), columns.time, isRight: true)
    let exit = exitText(details)
    put(exit, columns.exit, exit == "0" || exit == "-" ? .dim : .error, isRight: true)
    put(text.command, columns.command, .dim)
  }

  /// How long the task runs, or ran.
  func time(of details: TaskDetails) -> String {
    guard let started = details.started else { return "-" }
    if let ended = details.ended { return Format.measured(ended.seconds(since: started)) }
    return details.state.phase == .running ? Format.clock(clock.seconds(since: started)) : "-"
  }

  func exitText(_ details: TaskDetails) -> String {
    if let signal = details.signal { return Format.signal(signal) }
    return details.exitCode.map { String($0) } ?? "-"
  }

  // MARK: Log

  func drawLog(_ grid: inout CellGrid, _ rect: Rect) {
    let end = logEnd ?? snapshot.logCount
    grid.box(
      rect, title: [Span("log", .title)], glyphs: glyphs, isFocused: focus == .log,
      right: logEnd == nil ? [] : [Span("\(Format.count(snapshot.logCount - end)) more below, F follows", .warning)])
    let inner = rect.inner
    var number = end - (snapshot.logCount - snapshot.log.count)
    // From the newest up, each in as many lines as it needs: why a pilot failed can be read whole here.
    var lines: [LogRow] = []
    while lines.count < inner.height, number > 0 {
      number -= 1
      guard number < snapshot.log.count else { break }
      let entry = snapshot.log[number]
      let style: Style =
        switch entry.level {
        case .info: .plain
        case .warning: .warning
        case .error: .error
        }
      let time = timeWords(entry.time) + " "
      let width = CellWidth.columns(of: time)
      let room = max(1, inner.endColumn - inner.column - 2 - width)
      let left = inner.height - lines.count
      var pieces = Columns.wrap(String(Columns.prefix(entry.text[...], room * (left + 1))), width: room)
      if pieces.count > left {
        // What does not fit is cut at its end, as every text is.
        pieces = pieces[..<(left - 1)] + [pieces[(left - 1)...].joined(separator: " ")]
      }
      let more = pieces.dropFirst().map { LogRow(time: "", indent: width, text: $0, style: style) }
      lines.insert(
        contentsOf: [LogRow(time: time, indent: width, text: pieces.first ?? "", style: style)] + more, at: 0)
    }
    for (line, shown) in lines.enumerated() {
      let (row, end) = (inner.row + line, inner.endColumn - 1)
      grid.put([Span(shown.time, .dim)], row: row, column: inner.column + 1, end: end)
      grid.put([Span(shown.text, shown.style)], row: row, column: inner.column + 1 + shown.indent, end: end)
    }
  }

  /// A line of the log's pane: behind its time, or below it.
  private struct LogRow {
    var time: String
    var indent: Int
    var text: String
    var style: Style
  }
}
