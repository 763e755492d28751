import SessionModel
import Terminal
import Words
import Work

extension InterfaceState {
  /// Takes in what happened and says what is to be done about it.
  mutating func update(_ message: Message, at time: Timestamp) -> [Effect] {
    now = time
    switch message {
    case .burst(let inputs, let continues):
      let isInPaste = lastPaste.map { 0..<Self.pastePause ~= time.seconds(since: $0) } ?? false
      if !continues, !isInPaste { bursts += 1 }
      let isTyped = filterEntry != nil || searchEntry != nil || palette != nil || dialog?.isTyping ?? false
      let keys = inputs.count { if case .mouse = $0 { false } else { true } }
      let effects = inputs.flatMap { handle($0) }
      // The first of them may have opened the field that took the rest.
      let isTaken = isTyped || filterEntry != nil || searchEntry != nil || palette != nil
      if keys >= Self.pasteLength, !isTaken { lastPaste = time }
      return effects
    case .session(.snapshot(let snapshot)):
      if pause == nil { take(snapshot) } else { pause?.snapshot = snapshot }
      return []
    case .session(.events(let events)):
      guard pause == nil else {
        pause?.snapshot.apply(events)
        return []
      }
      let known = snapshot.commands.last?.id
      snapshot.apply(events)
      // The session speaks for itself now.
      if notice?.isEcho == true, snapshot.commands.last?.id != known { notice = nil }
      return []
    case .session(.link(let status)):
      link = status
      return []
    case .session(.refused(let problem)):
      say(problem, isWarning: true)
      return []
    case .session(.timeline(let timeline)):
      self.timeline = timeline
      return []
    case .output(let output, let answer):
      guard detail?.output.output == output else { return takePeek(output, answer) }
      if let path = answer.path { detail?.path = path }
      if let effects = showOtherStream(insteadOf: answer) { return effects }
      return withOutput { pane, time in
        let (requests, news) = pane.take(answer, at: time)
        return (requests, news)
      }
    case .tick:
      if let notice, time.seconds(since: notice.since) > Self.noticeSeconds { self.notice = nil }
      return pause == nil ? readOutput() + readPeek() + askForUse() : []
    case .use(let answer):
      if pause == nil { live.take(answer) }
      return []
    case .said(let text, let isWarning):
      say(text, isWarning: isWarning)
      return []
    }
  }

  /// Shows another state of the session.
  mutating func take(_ snapshot: SessionSnapshot) {
    self.snapshot = snapshot
    rowTexts = [:]
    sorting = Sorting()
    // Another point of a recording may have fewer lines.
    if let end = logEnd, end >= snapshot.logCount { logEnd = nil }
  }

  private static let noticeSeconds = 6.0
  /// So many keys in one read are a paste, of which more may come: without bracketed paste it comes in parts.
  private static let pasteLength = 8
  private static let pastePause = 1.0

  mutating func handle(_ input: InputEvent) -> [Effect] {
    if input == .control("l") { return [.redraw] }
    // What is not shown cannot be answered.
    if layout.isTooSmall { return isKey(input, of: "leave") ? leaveUnasked() : [] }
    if case .mouse(let event) = input { return handle(event) }
    if summary != nil { return handleSummary(input) }
    if dialog != nil || leaving != nil {
      guard let questionShown, bursts > questionShown else { return [] }
    }
    if var dialog {
      let answer = dialog.handle(input)
      self.dialog = answer == .open ? dialog : nil
      return answer == .yes ? confirm(dialog) : []
    }
    if var leaving {
      let answer = leaving.handle(input)
      guard case .chosen(let choice) = answer else {
        self.leaving = leaving
        return []
      }
      self.leaving = nil
      return leave(choice)
    }
    if help != nil { return handleHelp(input) }
    if palette != nil { return handlePalette(input) }
    if menu != nil { return handleMenu(input) }
    if copyMenu != nil { return handleCopyMenu(input) }
    if filterEntry != nil { return handleFilter(input) }
    if searchEntry != nil { return handleSearch(input) }
    guard let action = action(for: input) else { return [] }
    // What is about tasks is about those that are shown; all else is about the session as it is.
    let isAboutTasks = action.verb == .cancel || action.verb == .rerun
    if pause != nil, action.verb != nil && !isAboutTasks || action.name == "leave" { endPause() }
    defer { if pause != nil, isAboutTasks { endPause() } }
    guard action.isAvailable(self) else {
      if let refusal = action.verb.flatMap(refusal) { say(refusal, isWarning: true) }
      return []
    }
    notice = nil
    return action.perform(&self)
  }

  mutating func handleHelp(_ input: InputEvent) -> [Effect] {
    guard let top = help else { return [] }
    switch input {
    case .down, .character("j"): help = top + 1
    case .up, .character("k"): help = max(0, top - 1)
    case .pageDown, .character(" "), .control("d"): help = top + 8
    case .pageUp, .control("u"): help = max(0, top - 8)
    case .character("g"), .home: help = 0
    case .character("G"), .end: help = helpEnd
    case .escape, .enter, .character("q"), .character("?"), .character("h"), .function(1): help = nil
    case _ where isKey(input, of: "help"): help = nil
    default: break
    }
    help = help.map { min($0, helpEnd) }
    return []
  }

  private mutating func handleFilter(_ input: InputEvent) -> [Effect] {
    switch input {
    case .enter: filterEntry = nil
    case .escape:
      filterEntry = nil
      setFilter("")
    case .up: return move(by: -1)
    case .down: return move(by: 1)
    case .backspace where filterEntry?.text.isEmpty == true: filterEntry = nil
    default:
      guard filterEntry?.edit(input) == true else { return [] }
      setFilter(filterEntry?.text ?? "")
    }
    return []
  }

  private mutating func handleSearch(_ input: InputEvent) -> [Effect] {
    switch input {
    case .enter:
      let text = searchEntry?.text ?? ""
      searchEntry = nil
      guard detail != nil else {
        searchLog(text)
        return []
      }
      return withOutput { pane, time in (pane.search(text, at: time), nil) }
    case .escape: searchEntry = nil
    case .backspace where searchEntry?.text.isEmpty == true: searchEntry = nil
    default: _ = searchEntry?.edit(input)
    }
    return []
  }

  private mutating func setFilter(_ text: String) {
    let new = TaskQuery(text)
    guard new != filter?.query else { return }
    filter = new.map { TaskSearch($0) }
    filter?.scan(snapshot.tasks, limit: 2000)
    refreshOrder()
    if cursor == nil { listTop = 0 }
  }

  private mutating func confirm(_ dialog: Dialog) -> [Effect] {
    let reason = dialog.reason.text.isEmpty ? nil : dialog.reason.text
    // The tasks of a cancel are looked at one by one.
    if isHostGone || dialog.verb != .cancel, let refusal = refusal(of: dialog.verb) {
      say(refusal, isWarning: true)
      return []
    }
    switch dialog.verb {
    case .cancel:
      let open = dialog.open(snapshot.tasks)
      let ended = dialog.targets.count - open.count
      guard !open.isEmpty, !isClosed else {
        say(ended == 1 ? "the task ended meanwhile" : "all these tasks ended meanwhile", isWarning: true)
        return []
      }
      marks = marks.subtracting(dialog.targets)
      let left = ended == 0 ? "" : "; \(Format.count(ended)) ended meanwhile"
      say("cancel of \(Format.plural(open.count, "task")) sent\(left)", isEcho: ended == 0)
      return [.send(.cancel(TaskIDs(ranges: open.ranges)), reason: reason)]
    case .drain: return send(.drain, reason)
    case .stop: return send(.stop, reason)
    case .resume: return send(.resume, reason)
    case .cancelRaptor: return send(.cancelRaptor, reason)
    case .close: return send(.close(dialog.isHurry ? .none : .configured), reason)
    case .rerun:
      marks = marks.subtracting(dialog.targets)
      return send(.rerun(TaskIDs(ranges: dialog.targets.ranges)), reason)
    case .submit: return []
    }
  }

  private mutating func send(_ command: OperatorCommand, _ reason: String?) -> [Effect] {
    say("\(command.verb.rawValue) sent", isEcho: true)
    return [.send(command, reason: reason)]
  }

  /// Does something with the output on the detail page, and says what comes of it.
  mutating func withOutput(
    _ body: (inout OutputPane, Timestamp) -> ([OutputRequest], OutputPane.News?)
  ) -> [Effect] {
    guard var detail else { return [] }
    let (requests, news) = body(&detail.output, now)
    self.detail = detail
    if let news { say(news.text, isWarning: news.isWarning) }
    return requests.map { .read($0) }
  }

  /// Asks for the output of the task on the detail page, while it can still grow and once after its end.
  mutating func readOutput() -> [Effect] {
    guard var detail, !detail.isFinalRead, isShown(detail.task) else { return [] }
    let requests = detail.output.refresh(at: now)
    // What the task wrote until the end of a recording is all there will ever be.
    let hasEnded = detail.isOfProgram ? isClosed : snapshot.tasks.state(of: detail.task).isFinal
    if !requests.isEmpty { detail.isFinalRead = isReplay || hasEnded }
    self.detail = detail
    return requests.map { .read($0) }
  }
}
