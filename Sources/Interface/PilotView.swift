import SessionModel
import Terminal
import Words
import Work

// Everything that is known of the session, its pilot and its raptor.
extension InterfaceState {
  func drawPilotView(_ grid: inout CellGrid, _ rect: Rect) {
    let lines = pilotFacts(width: rect.inner.width)
    let top = min(pilotTop, max(0, lines.count - rect.inner.height))
    let hidden = lines.count - top - rect.inner.height
    grid.box(
      rect, title: [Span("session, pilot, raptor", .title)], glyphs: glyphs, isFocused: true,
      right: hidden > 0 ? [Span("\(hidden) more", .dim)] : [], footer: footer)
    draw(lines, from: top, &grid, rect)
  }

  mutating func movePilotView(by rows: Int) {
    let inner = layout.pilotFacts?.inner ?? Rect(row: 0, column: 0, height: 1, width: 80)
    let most = max(0, pilotFacts(width: inner.width).count - inner.height)
    pilotTop = min(max(0, pilotTop + rows), most)
  }

  private func pilotFacts(width: Int) -> [Fact] {
    var facts: [Fact] = []
    func add(_ label: String, _ value: String, _ style: Style = .plain) {
      guard !value.isEmpty else { return }
      for (index, line) in Columns.wrap(value, width: max(8, width - Self.labelWidth - 2)).enumerated() {
        facts.append(Fact(label: index == 0 ? label : "", value: line, style: style))
      }
    }
    func time(_ time: Timestamp) -> String {
      "\(timeWords(time))  \(Format.age(present.seconds(since: time))) ago"
    }
    if let info = snapshot.info {
      add("session", info.id)
      if info.name != info.id { add("name", info.name) }
      add("state", snapshot.phase.rawValue + (snapshot.phaseReason.map { ": \($0)" } ?? ""))
      let process = info.pid > 0 ? "process \(info.pid) of \(info.user) on \(info.host)" : "has ended"
      add(keeper == .program ? "program" : "host", process)
      if let heartbeat = heartbeatFact { add("heartbeat", heartbeat.text, heartbeat.style) }
      if let news = newsFact { add("news", news.text, news.style) }
      add("directory", info.directory)
      add("engine", info.engine + (info.resource.isEmpty ? "" : " on \(info.resource)"))
      add("reason", info.reason ?? "")
      if let opened = snapshot.opened { add("opened", time(opened)) }
      if let closed = snapshot.closed { add("closed", time(closed)) }
    }
    facts.append(Fact(label: "", value: ""))
    if let pilot = snapshot.pilot {
      add("pilot", "\(pilot.uid)  \(pilot.state.words) (\(pilot.state.rawValue))", pilot.state.style)
      add("", pilot.detail ?? "", pilot.state == .active && keeper == .program ? .plain : .warning)
      if keeper == .program || pilot.nodes != nil {
        add("nodes", pilot.nodes.map { Format.count($0) } ?? "not known", pilot.nodes == nil ? .dim : .plain)
      }
      add("cores", "\(pilot.usedCores(snapshot.coresInUse)) in use")
      if pilot.gpus > 0 {
        add("gpus", "\(Format.count(snapshot.tasks.gpusInUse)) of \(Format.count(pilot.gpus)) in use")
      }
      if let active = snapshot.pilotActive { add("active", time(active)) }
      if let span = pilotTime(pilot) {
        add("time", span.text, span.style)
      } else if !pilot.state.isFinal, let runtime = pilot.runtime {
        add("time", "\(Format.clock(runtime)) from when it is active")
      }
    } else {
      add("pilot", "none yet", .dim)
    }
    if let raptor = snapshot.raptor {
      facts.append(Fact(label: "", value: ""))
      add("raptor", "\(raptor.uid)  \(raptor.state.phase.word) (\(raptor.state.name))", raptor.state.phase.style)
      add("", raptor.detail ?? "", keeper == .program ? .plain : .warning)
      add("says", raptor.hello ?? "")
      if keeper != .program {
        add(
          "workers",
          Format.count(raptor.workers) + (raptor.workerCores.map { ", with \(Format.plural($0, "core"))" } ?? ""))
      }
      let table = snapshot.tasks
      add(
        "tasks",
        "\(Format.count(table.raptorRunning)) running, "
          // What waits in the raptor of another program is told by nobody.
          + (keeper == .program
            ? "" : "\(Format.count(table.raptorQueued)) \(TaskPhase.queued.word(isClosed: isClosed)), ")
          + "\(Format.count(table.raptorFinished)) through it")
    }
    return facts
  }
}
