import SessionModel
import Terminal
import Work

// What the actions of the table do.
extension InterfaceState {
  mutating func move(by rows: Int) -> [Effect] {
    if let detail {
      if detail.hasOutputFocus { return withOutput { pane, time in (pane.scroll(by: rows, at: time), nil) } }
      self.detail?.factsTop = max(0, detail.factsTop + rows)
    } else {
      switch focus {
      case .tasks: moveCursor(by: rows)
      case .log: scrollLog(by: rows)
      case .failures: moveInFailures(by: rows)
      case .pilot: movePilotView(by: rows)
      }
    }
    return []
  }

  /// Moves by half pages.
  mutating func movePages(_ halves: Int) -> [Effect] {
    let page =
      if let detail {
        max(2, ((detail.hasOutputFocus ? layout.output : layout.facts)?.height ?? 4) - 2)
      } else {
        switch focus {
        case .tasks: listPage
        case .log: logPage
        case .failures, .pilot: max(2, ((layout.failureList ?? layout.pilotFacts)?.height ?? 4) - 2)
        }
      }
    return move(by: halves * max(1, page / 2))
  }

  mutating func moveToStart() -> [Effect] {
    if detail?.hasOutputFocus ?? false { return withOutput { pane, time in (pane.goToStart(at: time), nil) } }
    if detail != nil || focus != .tasks { return move(by: -1_000_000_000) }
    // From here the cursor stays on the first row, whichever task that is.
    cursor = nil
    cursorRow = 0
    listTop = 0
    return []
  }

  mutating func moveToEnd() -> [Effect] {
    if detail?.hasOutputFocus ?? false { return follow() }
    if detail != nil || focus != .tasks { return move(by: 1_000_000_000) }
    moveCursor(by: 1_000_000_000)
    return []
  }

  mutating func moveCursor(by rows: Int) {
    let count = order.count(snapshot.tasks)
    guard count > 0 else { return }
    let current = cursor.flatMap { order.number(of: $0, snapshot.tasks) } ?? min(cursorRow, count - 1)
    let row = min(max(0, current + rows), count - 1)
    cursor = order.row(at: row, snapshot.tasks)
    // Keep the distance from the top: `settle` moves the window only when the cursor leaves it.
    cursorRow = row
  }

  mutating func nextPane() -> [Effect] {
    if detail != nil {
      detail?.hasOutputFocus.toggle()
    } else {
      let panes = panes
      let at = panes.firstIndex(of: focus) ?? -1
      if !panes.isEmpty { focus = panes[(at + 1) % panes.count] }
    }
    return []
  }

  /// The panes that can have the keys.
  var panes: [Focus] {
    let layout = layout
    var panes: [Focus] = []
    if layout.tasks != nil { panes.append(.tasks) }
    if layout.failureList != nil { panes.append(.failures) }
    if layout.pilotFacts != nil { panes.append(.pilot) }
    if layout.log != nil { panes.append(.log) }
    return panes
  }

  /// No pane has the keys that is not there; where none is, as under a shutdown, the one that had them gets them back.
  mutating func settleFocus() {
    let panes = panes
    if detail == nil, !panes.contains(focus), let first = panes.first { focus = first }
  }

  /// The page with what the program prints.
  mutating func openProgram() -> [Effect] {
    detail = Detail(.program)
    detail?.hasOutputFocus = true
    return readOutput()
  }

  mutating func switchStream() -> [Effect] {
    guard let old = detail else { return [] }
    if layout.output == nil {
      // Only one half of the page fits: the first press shows the output at all.
      detail?.hasOutputFocus = true
      return []
    }
    showStream(old.stream == .stdout ? .stderr : .stdout, attempt: old.output.output.attempt)
    return readOutput()
  }

  /// Asks what is to be looked for in the output, and shows that where there is only room for one half of the page.
  mutating func beginSearch() -> [Effect] {
    searchEntry = TextField(text: detail?.output.needle?.text ?? "")
    detail?.hasOutputFocus = true
    return []
  }

  mutating func searchNext(isBackward: Bool) -> [Effect] {
    detail?.hasOutputFocus = true
    return withOutput { pane, time in (pane.searchNext(isBackward: isBackward, at: time), nil) }
  }

  mutating func toggleWrap() -> [Effect] { withOutput { pane, time in (pane.toggleWrap(at: time), nil) } }

  mutating func beginFilter() -> [Effect] {
    filterEntry = TextField(text: filter?.query.text ?? "")
    focus = .tasks
    return []
  }

  mutating func follow() -> [Effect] {
    if detail != nil { return withOutput { pane, time in (pane.goToEnd(at: time), nil) } }
    logEnd = nil
    return []
  }

  mutating func openHelp() -> [Effect] {
    help = 0
    return []
  }

  /// Whether the session would take a cancel of some task.
  var takesCommands: Bool { !isHostGone && snapshot.admission(of: .cancel) == .admitted }

  /// Why a verb's key does nothing now; `nil` when it does something.
  func refusal(of verb: OperatorCommand.Verb) -> String? {
    if isHostGone { return "\(verb.title): the host of the session is gone" }
    switch snapshot.admission(of: verb) {
    case .admitted: break
    // Closing once more is how it is hurried.
    case .underWay: return verb == .close ? nil : "\(verb.title): that is under way"
    case .refused(let why): return "\(verb.title): \(why)"
    }
    if verb == .rerun {
      let table = snapshot.tasks
      if let detail {
        let hasFailed = table.contains(detail.task) && [.failed, .canceled].contains(table.state(of: detail.task))
        return hasFailed ? nil : "rerun: it has not failed"
      }
      return table.count(in: .failed) + table.count(in: .canceled) > 0 ? nil : "rerun: no task has failed"
    }
    guard verb == .cancel else { return nil }
    if detail == nil, !marks.isEmpty {
      let isAnyOpen = [.running, .queued, .waiting].contains { marks.intersects(snapshot.tasks.ids(in: $0)) }
      return isAnyOpen ? nil : "cancel: they have ended already"
    }
    guard let row = detail.map({ .task($0.task) }) ?? currentRow else { return "cancel: there is no task" }
    return hasOpenTasks(row) ? nil : "cancel: it has ended already"
  }

  mutating func askToCancel() -> [Effect] {
    let candidates = cancelCandidates
    let targets = candidates.intersection(snapshot.tasks.openTasks)
    dialog = Dialog(verb: .cancel, targets: targets, skipped: candidates.count - targets.count)
    return []
  }

  mutating func ask(_ verb: OperatorCommand.Verb) -> [Effect] {
    dialog = question(verb)
    return []
  }

  private func question(_ verb: OperatorCommand.Verb) -> Dialog {
    let isHurry = verb == .close && snapshot.phase == .closing
    // A session with running tasks is not ended by two keys.
    let isGrave = verb == .close && !isHurry && snapshot.tasks.count(in: .running) > 0
    return Dialog(verb: verb, isHurry: isHurry, word: isGrave ? "close" : nil)
  }

  /// What an open question is about may have come to be another: tasks run now, the session closes. Then it is asked anew.
  mutating func settleQuestion() {
    guard let asked = dialog, asked.verb == .close else { return }
    var now = question(.close)
    guard now.isHurry != asked.isHurry || now.word != nil && asked.word == nil else { return }
    (now.reason, now.isTyping) = (asked.reason, asked.isTyping)
    dialog = now
    questionShown = nil
  }

  mutating func back() -> [Effect] {
    if detail != nil {
      var stopped: [OutputRequest]?
      let effects = withOutput { pane, time in
        stopped = pane.stopSearch(at: time)
        return (stopped ?? [], nil)
      }
      if stopped != nil { return effects }
      detail = nil
    } else if mainView.hasTasks, filter != nil {
      filter = nil
    } else {
      return show(mainView == .tasks ? .tasks : .overview)
    }
    return []
  }

  mutating func leave() -> [Effect] {
    if isReplay { return [.leave(.left)] }
    if isClosed { return [.leave(.sessionClosed)] }
    guard isOwned, !isHostGone else { return [.leave(.left)] }
    leaving = LeaveDialog(canClose: canClose)
    return []
  }

  /// Where there is no room for a question: the session goes on.
  func leaveUnasked() -> [Effect] { [.leave(isClosed && !isReplay ? .sessionClosed : .left)] }

  /// Whether this screen may end the session now.
  var canClose: Bool { !isReadOnly && !isHostGone && snapshot.admission(of: .close) == .admitted }

  mutating func leave(_ choice: LeaveDialog.Choice) -> [Effect] {
    switch choice {
    case .stay: return []
    case .leave: return [.leave(.left)]
    case .close: return ask(.close)
    }
  }
}
