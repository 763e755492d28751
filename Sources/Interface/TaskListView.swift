import SessionModel
import Terminal
import Words
import Work

extension InterfaceState {
  /// Columns before the name: for the mark, and for what opens.
  var indent: Int { order.isGrouped ? 3 : 2 }

  var listColumns: ListColumns {
    let width = (layout.tasks?.inner.width ?? 78) - indent
    // A member is set off from its ensemble.
    let names = nameWidth + (order.isGrouped ? 2 : 0)
    return ListColumns(width: width, names: names, chosen: columns, isGrouped: order.isGrouped, hasUse: live.hasSeen)
  }

  func drawTasks(_ grid: inout CellGrid, _ rect: Rect) {
    let count = order.count(snapshot.tasks)
    let title = listTitle(rect.width)
    // Corners, and blanks around both.
    let room = title.reduce(rect.width - 9) { $0 - CellWidth.columns(of: $1.text) }
    grid.box(
      rect, title: title, glyphs: glyphs, isFocused: focus == .tasks, right: listRight(count, room: room),
      footer: listFooter)
    let inner = rect.inner
    let columns = listColumns
    drawHeading(&grid, inner, columns)
    guard count > 0 else {
      let text =
        if let filter { isFiltering ? "searching \(glyphs.more)" : "no task matches \"\(filter.query.text)\"" } else {
          isClosed ? "no tasks" : "no tasks yet"
        }
      grid.put(text, row: inner.row + 1, column: inner.column + 2, width: inner.width - 2, style: .dim)
      // A session that runs without any is kept open for those to come.
      if tasks.count == 0, snapshot.phase == .running, keeper == .host, !isReplay, let id = snapshot.info?.id,
        inner.height > 2
      {
        grid.put(
          "scalems-top submit \(id) WORKFLOW", row: inner.row + 2, column: inner.column + 2, width: inner.width - 2,
          style: .key)
      }
      return
    }
    for (line, shown) in visible.prefix(max(0, inner.height - 1)).enumerated() {
      let row = inner.row + 1 + line
      var cells = RowCells(row: row, inner: inner, indent: indent, columns: columns)
      switch shown {
      case .task(let id): drawTask(&grid, id, &cells, isLast: isLastMember(line))
      case .ensemble(let first): drawEnsemble(&grid, first, &cells)
      case .more(let first): drawMore(&grid, first, cells)
      }
      if listTop + line == cursorRow, focus == .tasks {
        grid.select(row: row, column: inner.column, count: inner.width)
      }
    }
  }

  // MARK: Around it

  private func listTitle(_ width: Int) -> [Span] {
    var spans = [Span("tasks", .title)]
    if let filter {
      // What is marked has its place beside it.
      let marked = marks.isEmpty ? 0 : "\(Format.count(marks.count)) marked".count + 2
      let room = max(8, width - 22 - marked)
      spans += [Span(" matching "), Span(Columns.cut(filter.query.text, to: room, mark: glyphs.more), .entry)]
      if isFiltering {
        spans.append(Span(" \(filter.scanned * 100 / max(1, snapshot.tasks.count))% searched", .warning))
      }
    } else if hasEnsembles, width >= 60 {
      spans.append(Span(isGrouped ? " by ensemble" : " one by one", .dim))
    }
    if !sort.isUsual {
      let arrow = sort.isDescending ? glyphs.descending : glyphs.ascending
      spans.append(Span("  \(sort.column.title)\(arrow)"))
      if sorting.isBusy { spans.append(Span(" sorting", .warning)) }
    }
    return spans
  }

  /// What is wrong with the filter that is typed, or else what is said anyway.
  private var listFooter: [Span] {
    guard filterEntry != nil, let hint = filter?.query.hints.first else { return footer }
    return [Span(hint, .warning)]
  }

  /// What is marked, and where the cursor is: as much of it as fits, and what is marked first.
  private func listRight(_ count: Int, room: Int) -> [Span] {
    let marked = marks.isEmpty ? [] : [Span("\(Format.count(marks.count)) marked", .warning)]
    let total = snapshot.tasks.count
    let place = count == 0 ? "0" : "\(Format.count(cursorRow + 1))/\(Format.count(count))"
    let isPart = filter != nil || order.isGrouped
    let gap = marked.isEmpty ? [] : [Span("  ")]
    let all = [
      marked + gap + [Span(!isPart ? place : "\(place) of \(Format.plural(total, "task"))", .dim)],
      marked + gap + [Span(place, .dim)], marked,
    ]
    return all.first { $0.reduce(0) { $0 + CellWidth.columns(of: $1.text) } <= room } ?? []
  }

  private func drawHeading(_ grid: inout CellGrid, _ inner: Rect, _ columns: ListColumns) {
    var at = inner.column + indent
    for (column, width) in columns.widths {
      var title = column.title
      if !sort.isUsual, column == sort.column { title += sort.isDescending ? glyphs.descending : glyphs.ascending }
      let start = column.isRight ? at + max(0, width - CellWidth.columns(of: title)) : at
      grid.put(title, row: inner.row, column: start, width: at + width - start, style: .heading)
      at += width + 1
    }
  }

  // MARK: Rows

  /// Whether no member of the same ensemble comes in the next row.
  private func isLastMember(_ line: Int) -> Bool {
    switch order.row(at: listTop + line + 1, snapshot.tasks) {
    case .task(let id): snapshot.tasks.ensemble(of: id) == nil
    case .more: false
    case .ensemble, nil: true
    }
  }

  private func drawTask(_ grid: inout CellGrid, _ id: TaskID, _ cells: inout RowCells, isLast: Bool) {
    guard let details = snapshot.tasks.details(of: id), let text = rowTexts[.task(id)] else { return }
    if marks.contains(id) {
      grid.put(glyphs.mark, row: cells.row, column: cells.inner.column, width: 1, style: .warning)
    }
    let branch = isMember(id) ? (isLast ? glyphs.lastBranch : glyphs.branch) : ""
    let phase = details.state.phase
    cells.put(&grid, .name) { width in
      [
        Span(branch, .dim),
        Span(Columns.cutMiddle(text.label, to: width - CellWidth.columns(of: branch), mark: glyphs.cut)),
      ]
    }
    cells.put(&grid, .state) { width in
      details.isCancelRequested && !isClosed
        ? [Span("\(phase.letter) \(width >= 18 ? "cancel requested" : "cancel req")", .warning)]
        : [Span("\(phase.letter(isClosed: isClosed)) \(phase.word(isClosed: isClosed))", phase.style)]
    }
    let exit = exitText(details)
    cells.put(&grid, .uid) { _ in [Span(text.uid)] }
    cells.put(&grid, .cores) { _ in [Span(text.cores)] }
    cells.put(&grid, .started) { _ in [Span(details.started.map(timeWords) ?? "-")] }
    cells.put(&grid, .wait) { _ in [Span(waited(details).map { Format.measured($0) } ?? "-")] }
    cells.put(&grid, .time) { _ in [Span(time(of: details))] }
    cells.put(&grid, .cpu) { _ in
      [Span(details.user + details.system > 0 ? Format.measured(details.user + details.system) : "-")]
    }
    let use = use(of: id)
    cells.put(&grid, .load) { _ in [Span(use?.load.map { Self.percent($0) } ?? "-", use == nil ? .dim : .plain)] }
    cells.put(&grid, .memory) { _ in
      let bytes = use?.use.memory ?? details.peakMemory * 1024
      return [Span(bytes > 0 ? Format.room(bytes) : "-")]
    }
    cells.put(&grid, .exit) { _ in [Span(exit, exit == "0" || exit == "-" ? .dim : .error)] }
    cells.put(&grid, .attempt) { _ in [Span(String(details.attempt), details.attempt > 1 ? .warning : .dim)] }
    cells.put(&grid, .node) { _ in [Span(node(of: details), .dim)] }
    cells.put(&grid, .after) { _ in [Span(text.after, .dim)] }
    cells.put(&grid, .command) { _ in
      if let line = use?.use.lastLine, !line.isEmpty { return [Span(line)] }
      if let reason = details.reason, details.state == .failed { return [Span(reason, .error)] }
      return [Span(details.state == .canceled ? details.reason ?? text.command : text.command, .dim)]
    }
  }

  private func drawEnsemble(_ grid: inout CellGrid, _ first: TaskID, _ cells: inout RowCells) {
    guard let tally = snapshot.tasks.ensemble(of: first), let batch = snapshot.tasks.batch(of: first),
      let text = rowTexts[.ensemble(first)]
    else { return }
    if !marks.isEmpty, marks.count(in: batch.ids) > 0 {
      grid.put(glyphs.mark, row: cells.row, column: cells.inner.column, width: 1, style: .warning)
    }
    let isOpen = order.opening(of: first) != nil
    grid.put(
      isOpen ? glyphs.opened : glyphs.closed, row: cells.row, column: cells.inner.column + 1, width: 1, style: .key)
    cells.put(&grid, .name) { [Span(Columns.cutMiddle(text.label, to: $0, mark: glyphs.cut))] }
    cells.put(&grid, .state) { tally.spans(width: $0, more: glyphs.cut, isClosed: isClosed) }
    cells.put(&grid, .cores) { _ in [Span(text.cores)] }
    cells.put(&grid, .time) { _ in [Span(tally.meanSeconds.map { "~" + Format.measured($0) } ?? "-")] }
    drawEnsembleUse(&grid, batch, cells)
    cells.put(&grid, .after) { _ in [Span(text.after, .dim)] }
    if let (column, width) = cells.place(of: .command) {
      grid.bar(total: tally.count, row: cells.row, column: column, width: width, glyphs: glyphs) { tally.count(in: $0) }
    }
  }

  private func drawMore(_ grid: inout CellGrid, _ first: TaskID, _ cells: RowCells) {
    guard let opening = order.opening(of: first) else { return }
    let counts = phaseCounts { phase in opening.rest.first { $0.phase == phase }?.count ?? 0 }.filter { $0.count > 0 }
    let rest = counts.map { "\(Format.count($0.count)) \($0.word)" }.joined(separator: ", ")
    let count = opening.rest.reduce(0) { $0 + $1.count }
    grid.put(
      [Span(glyphs.lastBranch, .dim), Span("\(Format.count(count)) more: "), Span(rest, .dim)], row: cells.row,
      column: cells.inner.column + indent, end: cells.inner.endColumn)
  }

  /// How long it waited until it started, or waits.
  private func waited(_ details: TaskDetails) -> Double? {
    guard let added = details.added else { return nil }
    if let started = details.started { return max(0, started.seconds(since: added)) }
    return max(0, (details.ended ?? clock).seconds(since: added))
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
}
