import SessionModel
import Terminal
import Words

extension InterfaceState {
  /// The frame for the state as it is. Costs what is on the screen, whatever the number of tasks.
  func view() -> CellGrid {
    var grid = CellGrid(size: size, isASCII: isASCII)
    draw(on: &grid)
    return grid
  }

  /// Draws on a blank grid of the state's size.
  func draw(on grid: inout CellGrid) {
    let layout = layout
    guard !layout.isTooSmall else {
      grid.putTooSmall(leave: keyName(of: "leave"))
      return
    }
    drawHeader(&grid, layout.header)
    if let rect = layout.banner { drawBanner(&grid, rect) }
    if let rect = layout.charts { drawCharts(&grid, rect) }
    if let rect = layout.pilot { drawPilot(&grid, rect) }
    if let rect = layout.progress { drawProgress(&grid, rect) }
    if let rect = layout.counts { drawCounts(&grid, rect, hasBar: layout.progress == nil) }
    if let rect = layout.raptor { drawRaptor(&grid, rect) }
    if let rect = layout.failures { drawFailures(&grid, rect) }
    if let rect = layout.failureList { drawFailureList(&grid, rect) }
    if let rect = layout.pilotFacts { drawPilotView(&grid, rect) }
    if let rect = layout.tasks { drawTasks(&grid, rect) }
    if let rect = layout.preview { drawPreview(&grid, rect) }
    if let rect = layout.log { drawLog(&grid, rect) }
    if let rect = layout.shutdown { drawShutdown(&grid, rect) }
    if let rect = layout.facts { drawFacts(&grid, rect) }
    if let rect = layout.output { drawOutput(&grid, rect) }
    if let rect = layout.timeline { drawTimeline(&grid, rect) }
    drawKeys(&grid, layout.keys)
    let body = overlayBody
    if summary != nil {
      drawSummary(&grid, body)
    } else if let dialog {
      draw(dialog, &grid, body)
    } else if let leaving {
      draw(leaving, &grid, body)
    } else if let palette {
      draw(palette, &grid, body)
    } else if help != nil {
      drawHelp(&grid, body)
    } else if let menu {
      draw(menu, &grid, body)
    } else if let copyMenu {
      draw(copyMenu, &grid, body)
    }
  }

  // MARK: Header and key line

  private func drawHeader(_ grid: inout CellGrid, _ rect: Rect) {
    grid.putRight(headerRight, row: rect.row, start: 0, end: rect.endColumn)
    let (left, end, _) = headerParts
    grid.put(left, row: rect.row, column: 0, end: max(0, end - 1))
  }

  /// What stands in the header at the left, the column where the rest begins, and where the views are.
  var headerParts: (left: [Span], end: Int, views: [(columns: Range<Int>, view: MainView)]) {
    let end = headerRight.reduce(size.columns) { $0 - CellWidth.columns(of: $1.text) }
    // What does not fit falls away, the least important first; the name is cut if it must be.
    var parts = [Span(sessionName, size.columns >= 76 ? .plain : .title)]
    if let info = snapshot.info {
      // Whose session it is, when it is not this program's.
      if keeper == .program, info.pid > 0, !isClosed { parts.append(Span("process \(info.pid)", .dim)) }
      if info.name != info.id, !info.name.isEmpty { parts.append(Span(info.id)) }
      parts.append(Span(info.engine, .dim))
      if info.resource != "local.localhost" { parts.append(Span(info.resource, .dim)) }
      if size.columns >= 120 { parts.append(Span("\(info.user)@\(info.host)", .dim)) }
    }
    var left = [Span(" ")]
    var room = end - 2
    func add(_ part: Span) {
      let needed = CellWidth.columns(of: part.text) + 2
      guard needed <= room || left.count == 1 else { return }
      left += left.count > 1 ? [Span("  "), part] : [part]
      room -= needed
    }
    let wanted = parts.reduce(13) { $0 + CellWidth.columns(of: $1.text) + 2 }
    if wanted <= room { add(Span("scalems-top", .title)) } else { parts[0].style = .title }
    for part in parts { add(part) }
    let tabs = viewTabs
    var views: [(columns: Range<Int>, view: MainView)] = []
    if tabs.reduce(2, { $0 + CellWidth.columns(of: $1.text) }) <= room {
      left.append(Span("  "))
      var at = left.reduce(0) { $0 + CellWidth.columns(of: $1.text) }
      for (view, tab) in zip(MainView.allCases, tabs) {
        let next = at + CellWidth.columns(of: tab.text)
        views.append((at..<next, view))
        at = next
      }
      left += tabs
    }
    return (left, end, views)
  }

  /// Phase and clock always; beside them what fits without squeezing out the name.
  private var headerRight: [Span] {
    var core = [isHostGone ? Span("HOST GONE", .error) : Span(snapshot.phase.rawValue.uppercased(), phaseStyle)]
    if let opened = snapshot.opened {
      core.append(Span(Format.clock((snapshot.closed ?? clock).seconds(since: opened))))
    }
    if let paused = pauseWords { core.insert(paused, at: 0) }
    let leastName = 6
    var room = core.reduce(size.columns - leastName - 1) { $0 - CellWidth.columns(of: $1.text) - 2 }
    func fitting(_ span: Span?) -> [Span] {
      guard let span, CellWidth.columns(of: span.text) + 2 <= room else { return [] }
      room -= CellWidth.columns(of: span.text) + 2
      return [span]
    }
    let mode = fitting(isReplay ? Span("REPLAY", .warning) : isReadOnly ? Span("READ-ONLY", .warning) : nil)
    let age = fitting(self.age)
    let way = fitting(wayOfLink)
    return (way + mode + core + age).flatMap { [Span("  "), $0] }.dropFirst() + [Span(" ")]
  }

  private var sessionName: String {
    snapshot.info.map { $0.name.isEmpty ? $0.id : $0.name } ?? "no session yet"
  }

  private var phaseStyle: Style {
    switch snapshot.phase {
    case .starting: .queued
    case .running: .running
    case .draining, .stopping, .closing: .warning
    case .closed: snapshot.summary.map { $0.exitCode == 0 ? .ok : .error } ?? .plain
    }
  }

  private func drawKeys(_ grid: inout CellGrid, _ rect: Rect) {
    if let entry = filterEntry ?? searchEntry {
      grid.putEntry(entry, filterEntry == nil ? "search" : "filter", rect)
      return
    }
    if let placedKeys { grid.put(placedKeys.spans, row: rect.row, column: 0, end: rect.endColumn) }
  }

  /// The keys that mean something now; `nil` while a line is typed.
  var keyHints: [KeyHint]? {
    if filterEntry != nil || searchEntry != nil { return nil }
    if let hints = overlayKeys { return hints }
    return actions.filter { !$0.title.isEmpty && $0.isOn(self) && $0.isAvailable(self) }.map {
      KeyHint(keyName: $0.keyName, title: $0.title, weight: $0.weight, key: $0.keys.first)
    }
  }

  /// The keys of what lies over the panes: all others do nothing there.
  private var overlayKeys: [KeyHint]? {
    // The last one is the way out, which has to be there.
    func hints(_ keys: (String, String)...) -> [KeyHint] {
      keys.enumerated().map { number, key in
        KeyHint(
          keyName: key.0, title: key.1, weight: number == keys.count - 1 ? keys.count : keys.count - number - 1,
          key: InputEvent.named[key.0])
      }
    }
    if summary != nil {
      let opens = causes.all.isEmpty ? [] : [KeyHint(keyName: "Enter", title: "open", weight: 1, key: .enter)]
      return opens + hints(("Tab", "to the tasks"), ("j k", "move"), ("q", "leave"))
    }
    if let dialog {
      if dialog.isTyping { return hints(("Enter", "to the answer"), ("Esc", "nothing")) }
      if dialog.word != nil { return hints(("Enter", "answer"), ("Tab", "reason"), ("Esc", "nothing")) }
      return hints(("y", "yes"), ("Tab", "reason"), ("n Esc", "no"))
    }
    if leaving != nil { return hints(("Enter", "answer"), ("j k", "choose"), ("Esc", "stay")) }
    if palette != nil { return hints(("Enter", "do it"), ("Up Down", "choose"), ("Esc", "nothing")) }
    if help != nil {
      return hints(("Esc", "closes"), ("j k", "scroll"), ("PgDn PgUp", "a page"), ("g G", "start, end"))
    }
    if let menu {
      return menu.kind == .sort
        ? hints(("Enter", "sort"), ("j k", "choose"), ("I", "other way round"), ("Esc", "back"))
        : hints(("Space", "on or off"), ("j k", "choose"), ("0", "as it was"), ("Esc", "back"))
    }
    return copyMenu == nil ? nil : hints(("Enter", "copy"), ("j k", "choose"), ("Esc", "back"))
  }

  // MARK: What is said at the bottom of the main pane

  /// Commands on their way and the answer to the last key; in a border that is always there, so nothing moves.
  var footer: [Span] {
    var spans: [Span] = []
    for command in isClosed ? [] : snapshot.pendingCommands.suffix(3) {
      if !spans.isEmpty { spans.append(Span(" \(glyphs.separator) ", .dim)) }
      let stage = command.stage == .requested ? "requested" : "acknowledged"
      let what =
        command.verb == .cancel ? "cancel of \(Format.plural(command.tasks.count, "task"))" : command.verb.rawValue
      spans.append(Span("\(what) \(stage)", .warning))
    }
    if let notice, !notice.isEcho || spans.isEmpty {
      if !spans.isEmpty { spans.append(Span(" \(glyphs.separator) ", .dim)) }
      spans.append(Span(notice.text, notice.isWarning ? .warning : .plain))
    }
    return spans
  }
}
