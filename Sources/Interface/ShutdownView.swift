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
    let phases = snapshot.shutdownUnderWay.suffix(inner.height)
    var row = inner.row
    for phase in phases {
      defer { row += 1 }
      let (sign, style, words) = look(of: phase)
      let right = inner.endColumn - 1
      let end = grid.put(
        [Span(sign, style), Span(" "), Span(phase.phase.title, phase.outcome == nil ? .title : .plain)], row: row,
        column: inner.column + 1, end: right)
      grid.putRight([Span(words, style)], row: row, start: end + 1, end: right)
      guard let detail = phase.outcome == nil ? waitedFor(in: phase.phase) : phase.detail else { continue }
      let room = right - words.count - 2 - (end + 2)
      let spare = inner.height - phases.count
      if phase.outcome == nil, spare > 0, CellWidth.columns(of: detail) > room {
        // What is waited for is worth lines of its own.
        for line in Columns.wrap(detail, width: inner.width - 4).prefix(spare) {
          row += 1
          grid.put(line, row: row, column: inner.column + 3, width: inner.width - 4, style: .dim)
        }
      } else if room >= 12 {
        grid.put(detail, row: row, column: end + 2, width: room, style: .dim)
      }
    }
  }

  /// What a phase that goes on waits for: the tasks that run, with pid and seconds; the raptor; the pilot.
  private func waitedFor(in phase: ShutdownPhase) -> String? {
    switch phase {
    case .awaitTasks, .cancelTasks:
      let running = snapshot.tasks.ids(in: .running)
      let shown = (0..<2).compactMap { running.select($0) }.compactMap { snapshot.tasks.details(of: $0) }.map { task in
        let facts = [task.pid.map { "pid \($0)" }, task.started.map { Format.clock(clock.seconds(since: $0)) }]
        return "\(task.label) (\(facts.compactMap { $0 }.joined(separator: ", ")))"
      }
      guard !shown.isEmpty else { return nil }
      let more = running.count - shown.count
      return shown.joined(separator: ", ") + (more > 0 ? " and \(Format.count(more)) more" : "")
    case .stopRaptor, .awaitRaptor, .cancelRaptor, .awaitCanceledRaptor:
      return snapshot.raptor.map { raptor in
        let running = snapshot.tasks.raptorRunning
        return raptor.uid + (running > 0 ? ", \(Format.plural(running, "task")) in it" : "")
      }
    case .closeSession: return snapshot.pilot.map { "\($0.uid) \($0.state.rawValue)" }
    case .drain, .stopQueue, .verify: return nil
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
