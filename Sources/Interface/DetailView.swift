import SessionModel
import Terminal
import Words
import Work

/// One line of what is known of a task.
struct Fact {
  var label: String
  var value: String
  var style = Style.plain
  /// Before the value: cells that are left free, and cells of a bar.
  var bar: (free: Int, cells: Int, room: Int, glyph: Unicode.Scalar, style: Style)?
}

extension InterfaceState {
  func drawPreview(_ grid: inout CellGrid, _ rect: Rect) {
    if case .ensemble(let first) = currentRow { return drawEnsemblePreview(&grid, rect, first) }
    guard let id = currentTask else {
      grid.box(rect, title: [Span("task", .title)], glyphs: glyphs)
      return
    }
    grid.box(
      rect, title: taskTitle(id, room: rect.width - 6), glyphs: glyphs, right: [Span("Enter for more", .dim)])
    draw(factLines(of: id, width: rect.inner.width), from: 0, &grid, rect)
    drawPeek(&grid, id)
  }

  /// - Parameter room: columns that there are for it.
  private func taskTitle(_ id: TaskID, room: Int) -> [Span] {
    if id == .program { return [Span("program", .title), Span("  "), Span(program ?? "")] }
    let uid = snapshot.tasks.uid(of: id)
    let label = Columns.cutMiddle(snapshot.tasks.label(of: id), to: max(8, room - uid.count - 2), mark: glyphs.cut)
    return [Span(uid, .title), Span("  "), Span(label)]
  }

  func drawFacts(_ grid: inout CellGrid, _ rect: Rect) {
    guard let detail, isShown(detail.task) else { return }
    let lines = factLines(of: detail.task, width: rect.inner.width)
    let hidden = lines.count - detail.factsTop - rect.inner.height
    let more = hidden > 0 ? "\(hidden) more" : ""
    grid.box(
      rect, title: taskTitle(detail.task, room: rect.width - 6 - (hidden > 0 ? more.count + 3 : 0)), glyphs: glyphs,
      isFocused: !detail.hasOutputFocus, right: hidden > 0 ? [Span(more, .dim)] : [], footer: footer)
    draw(lines, from: detail.factsTop, &grid, rect)
  }

  func drawOutput(_ grid: inout CellGrid, _ rect: Rect) {
    guard let detail else { return }
    let other: OutputStream = detail.stream == .stdout ? .stderr : .stdout
    var title = [Span(detail.stream.rawValue, .title)]
    if let attempt = detail.output.output.attempt { title.append(Span(" of attempt \(attempt)", .warning)) }
    // The key line says it, too.
    if rect.width >= (detail.output.needle == nil ? 50 : 60) { title.append(Span(" o for \(other.rawValue)", .dim)) }
    if let needle = detail.output.needle {
      title += [Span("  /", .dim), Span(Columns.cut(needle.text, to: 16, mark: glyphs.cut), .entry)]
    }
    // The longest form that has room beside the title and the border.
    let room = rect.width - 9 - title.reduce(0) { $0 + CellWidth.columns(of: $1.text) }
    let right = detail.output.position(at: now, hint: followHint).first {
      $0.reduce(0) { $0 + CellWidth.columns(of: $1.text) } <= room
    }
    grid.box(
      rect, title: title, glyphs: glyphs, isFocused: detail.hasOutputFocus, right: right ?? [],
      footer: layout.facts == nil ? footer : [])
    detail.output.draw(&grid, rect.inner, at: now, glyphs: glyphs)
  }

  static let labelWidth = 13

  private func drawEnsemblePreview(_ grid: inout CellGrid, _ rect: Rect, _ first: TaskID) {
    guard let batch = snapshot.tasks.batch(of: first), let tally = snapshot.tasks.ensemble(of: first) else { return }
    let count = Format.plural(batch.count, "task")
    let name = Columns.cutMiddle(
      batch.description.name, to: max(8, rect.width - "ensemble".count - count.count - 11), mark: glyphs.cut)
    grid.box(
      rect, title: [Span("ensemble", .title), Span("  \(name)")], glyphs: glyphs, right: [Span(count, .dim)])
    var facts: [Fact] = []
    func add(_ label: String, _ value: String) {
      for (index, line) in Columns.wrap(
        shortened(value, to: 4000), width: max(8, rect.inner.width - Self.labelWidth - 2)
      )
      .enumerated() where !value.isEmpty {
        facts.append(Fact(label: index == 0 ? label : "", value: line))
      }
    }
    let counts = phaseCounts { tally.count(in: $0) }.filter { $0.count > 0 }
    add("members", counts.map { "\(Format.count($0.count)) \($0.word)" }.joined(separator: ", "))
    add("mean time", tally.meanSeconds.map { "\(Format.measured($0)) of those that are done" } ?? "")
    add("command", batch.description.commandLine)
    add("resources", resourcesText(batch.description.resources) + " each")
    if batch.description.raptor { add("raptor", "goes through the raptor") }
    if let timeout = batch.description.timeout { add("time limit", Format.clock(timeout)) }
    add("after", batch.description.after.joined(separator: ", "))
    draw(facts, from: 0, &grid, rect)
  }

  func draw(_ facts: [Fact], from top: Int, _ grid: inout CellGrid, _ rect: Rect) {
    let inner = rect.inner
    for (line, fact) in facts.dropFirst(top).prefix(inner.height).enumerated() {
      let row = inner.row + line
      grid.put(fact.label, row: row, column: inner.column + 1, width: Self.labelWidth, style: .heading)
      var column = inner.column + 1 + Self.labelWidth
      if let bar = fact.bar {
        grid.fill(bar.glyph, count: bar.cells, row: row, column: column + bar.free, style: bar.style)
        column += bar.room + 1
      }
      grid.put(fact.value, row: row, column: column, width: inner.endColumn - 1 - column, style: fact.style)
    }
  }

  /// Everything known of a task, wrapped for a pane of this inner width.
  func factLines(of id: TaskID, width: Int) -> [Fact] {
    if id == .program { return programLines(width: width) }
    guard let details = snapshot.tasks.details(of: id), let batch = snapshot.tasks.batch(of: id) else { return [] }
    let description = batch.description(of: id)
    let room = max(8, width - Self.labelWidth - 2)
    var facts: [Fact] = []
    func add(_ label: String, _ value: String, _ style: Style = .plain) {
      guard !value.isEmpty else { return }
      for (index, line) in Columns.wrap(shortened(value, to: 4000), width: room).enumerated() {
        facts.append(Fact(label: index == 0 ? label : "", value: line, style: style))
      }
    }
    addState(details, add)
    if description.retries > 0 || details.attempt > 1 {
      add("attempt", "\(details.attempt) of \(max(details.attempt, description.retries + 1))")
    }
    facts += gantt(details, batch, room: room)
    addDependencies(id, description.after, add)
    // A few lines of it: the journal has the whole.
    if let value = details.value { add("value", shortened(value, to: 3 * room), .plain) }
    add(description.function == nil ? "command" : "function", batch.commandLine(of: id))
    if detail?.task == id, let directory = detail?.directory { add("directory", directory) }
    addMeasures(details, add)
    add("resources", resourcesText(description.resources))
    if description.raptor { add("raptor", "goes through the raptor") }
    if let timeout = description.timeout { add("time limit", Format.clock(timeout)) }
    for (index, command) in description.preExec.enumerated() { add(index == 0 ? "pre_exec" : "", command) }
    for (name, value) in description.environment.sorted(by: { $0.key < $1.key }) { add("env", "\(name)=\(value)") }
    switch description.stdin {
    case .text(let text): add("stdin", "text, \(Format.bytes(text.utf8.count))")
    case .file(let path): add("stdin", path)
    case nil: break
    }
    for input in description.inputs { add("input", "\(input.action.rawValue) \(input.source) to \(input.target)") }
    for output in description.outputs {
      add("output", "\(output.action.rawValue) \(output.source) to \(output.target)")
    }
    return facts
  }

  private func programLines(width: Int) -> [Fact] {
    guard let info = snapshot.info else { return [] }
    let all = [
      ("session", info.id), ("process", "\(info.pid) on \(info.host)"), ("directory", info.directory),
      ("", snapshot.phaseReason ?? ""),
    ]
    return all.filter { !$0.1.isEmpty }.flatMap { label, value in
      Columns.wrap(value, width: max(8, width - Self.labelWidth - 2)).enumerated().map { index, line in
        Fact(label: index == 0 ? label : "", value: line)
      }
    }
  }

  private func shortened(_ text: String, to limit: Int) -> String {
    Columns.cut(text, to: limit, mark: " \(glyphs.more)")
  }

  private func addState(_ details: TaskDetails, _ add: (String, String, Style) -> Void) {
    let phase = details.state.phase
    var words = "\(phase.letter(isClosed: isClosed)) \(phase.word(isClosed: isClosed)) (\(details.state.name))"
    if let code = details.exitCode { words += ", exit code \(code)" }
    if let signal = details.signal { words += ", signal \(signal) (\(Format.signal(signal)))" }
    add("state", words, details.state.phase.style)
    if details.isCancelRequested, !isClosed { add("", "cancel requested, not confirmed yet", .warning) }
    if let reason = details.reason { add("reason", reason, details.state == .done ? .plain : .error) }
  }

  private func addMeasures(_ details: TaskDetails, _ add: (String, String, Style) -> Void) {
    if details.user > 0 || details.system > 0 {
      add("cpu", "\(Format.measured(details.user)) user, \(Format.measured(details.system)) system", .plain)
    }
    if let use = use(of: details.id) {
      let load = use.load.map { ", \(Self.percent($0)) now" } ?? ""
      add("cpu", Format.measured(use.use.processor) + load, .plain)
      add("memory", "\(Format.bytes(use.use.memory)) now", .plain)
    }
    if details.peakMemory > 0 { add("memory", "\(Format.bytes(details.peakMemory * 1024)) at most", .plain) }
    if let pid = details.pid { add("pid", String(pid), .plain) }
  }

  /// How long the task was in each state, one below the other on one scale.
  private func gantt(_ details: TaskDetails, _ batch: TaskBatch, room: Int) -> [Fact] {
    guard let added = details.added else { return [] }
    let now = details.ended ?? present
    let (queued, started) = (details.queued, details.started)
    var steps: [(label: String, from: Timestamp, to: Timestamp, glyph: Unicode.Scalar, style: Style, notes: [String])] =
      []
    steps.append(("waited", added, queued ?? started ?? now, glyphs.barEmpty, .dim, ["added \(timeWords(added))"]))
    if let queued {
      steps.append(("queued", queued, started ?? now, glyphs.queuedPart, .queued, ["ready \(timeWords(queued))"]))
    }
    if let started {
      var notes = ["started \(timeWords(started))"]
      if let ended = details.ended {
        notes.append("ended \(timeWords(ended))")
      } else if let mean = snapshot.tasks.ensemble(of: details.id)?.meanSeconds {
        notes.append("expected ~\(Format.measured(mean))")
      }
      let style: Style = details.state.isFinal ? details.state.phase.style : .running
      steps.append((details.ended == nil ? "runs" : "ran", started, now, glyphs.barFull, style, notes))
    }
    let total = max(0.001, now.seconds(since: added))
    // With less the words would not fit.
    let width = min(40, room - 46)
    return steps.flatMap { step -> [Fact] in
      let seconds = max(0, step.to.seconds(since: step.from))
      let time = step.to == now && details.ended == nil ? Format.clock(seconds) : Format.measured(seconds)
      let words = Columns.padded(time, to: 8, isRight: true) + "  "
      var fact = Fact(label: step.label, value: words + step.notes.joined(separator: ", "))
      guard width >= 8 else {
        if CellWidth.columns(of: fact.value) <= room { return [fact] }
        // No word is cut.
        return step.notes.enumerated().map { index, note in
          index == 0
            ? Fact(label: step.label, value: words + note)
            : Fact(label: "", value: Columns.padded("", to: words.count) + note)
        }
      }
      let free = min(width - 1, max(0, Int(step.from.seconds(since: added) / total * Double(width))))
      let end = min(width, Int((step.to.seconds(since: added) / total * Double(width)).rounded()))
      fact.bar = (free, seconds > 0 ? max(1, end - free) : 0, width, step.glyph, step.style)
      return [fact]
    }
  }

  /// What the task waits for, and what became of that.
  private func addDependencies(_ id: TaskID, _ names: [String], _ add: (String, String, Style) -> Void) {
    guard !names.isEmpty else { return }
    let known = detail?.task == id ? detail?.dependencies ?? [] : []
    guard !known.isEmpty else {
      add("after", names.joined(separator: ", "), .plain)
      return
    }
    for (index, item) in known.enumerated() where snapshot.tasks.contains(item.first) {
      let label = index == 0 ? "after" : ""
      guard item.isEnsemble, let tally = snapshot.tasks.ensemble(of: item.first) else {
        let phase = snapshot.tasks.state(of: item.first).phase
        let mark = phase == .done ? glyphs.check : phase.isFinal ? glyphs.cross : phase.letter(isClosed: isClosed)
        add(label, "\(item.name)  \(mark) \(phase.word(isClosed: isClosed))", phase.isFinal ? phase.style : .plain)
        continue
      }
      let failed = tally.count(in: .failed) + tally.count(in: .canceled)
      let words = "\(item.name)  \(Format.count(tally.count(in: .done))) of \(Format.count(tally.count)) done"
      add(
        label, words + (failed > 0 ? ", \(Format.count(failed)) failed or canceled" : ""), failed > 0 ? .error : .plain)
    }
    if names.count > known.count { add("", "and \(Format.count(names.count - known.count)) more", .dim) }
  }

  private func resourcesText(_ resources: TaskResources) -> String {
    var text = Format.plural(resources.cores, "core")
    if resources.ranks > 1 { text += " (\(resources.ranks) ranks of \(resources.coresPerRank))" }
    if resources.gpus > 0 { text += ", " + Format.plural(resources.gpus, "gpu") }
    return text
  }
}
