import SessionModel
import Work

/// The pilot as the engine last confirmed it.
struct PilotPart {
  var status: PilotStatus?
  var wasActive = false
  /// The engine's events have ended.
  var isEngineGone = false

  var hasEnded: Bool { status?.state.isFinal ?? false }
}

// What the engine confirmed, and what follows from it.

extension SessionCore {
  mutating func confirm(_ events: [SessionEvent]) {
    var facts: [SessionEvent] = []
    var pilotEnded: PilotStatus?
    var isRaptorEnded = false
    var handedBack: [TaskID] = []
    for event in events {
      switch event.kind {
      case .task(let id, .new, let result):
        // Handed back: the engine could not start it, and says why.
        if commands.isCancelRequested(id) {
          confirm(id, .canceled, result, event.with(.canceled), into: &facts)
        } else if work.inEngine.remove(id) != nil {
          handedBack.append(id)
          facts.append(event)
        }
      case .task(let id, let state, let result): confirm(id, state, result, event, into: &facts)
      case .pilot(let status):
        // RP tells the final state twice.
        guard status != pilot.status, !(pilot.hasEnded && pilot.status?.uid == status.uid) else { continue }
        pilot.status = status
        pilot.wasActive = pilot.wasActive || status.state == .active
        facts.append(event)
        guard status.state.isFinal else { continue }
        pilotEnded = status
        if let ended = raptor.pilotEnded() { facts.append(SessionEvent(time: now, source: .executor, .raptor(ended))) }
      case .raptor(let status):
        let hadEnded = raptor.hasEnded && raptor.status?.uid == status.uid
        guard raptor.takeIn(status) else { continue }
        facts.append(event)
        guard status.state.isFinal, !hadEnded else { continue }
        isRaptorEnded = true
        // At once: tasks that failed with it may run again then.
        restartRaptorIfNeeded()
      default: facts.append(event)
      }
    }
    record(facts)
    // All at once: they keep their order.
    work.workflow.putBack(handedBack)
    if let pilotEnded { lost(pilotEnded) }
    if isRaptorEnded || !handedBack.isEmpty { settleRaptorTasks() }
    finishRestart()
  }

  private mutating func confirm(
    _ id: TaskID, _ state: TaskState, _ result: TaskResult?, _ event: SessionEvent, into facts: inout [SessionEvent]
  ) {
    // The first final state wins.
    guard work.inEngine.contains(id), !work.workflow.state(of: id).isFinal else { return }
    guard state.isFinal else {
      work.workflow.note(id, state)
      facts.append(event)
      return
    }
    work.inEngine.remove(id)
    if state == .failed, mayRetry(id) {
      var result = result ?? TaskResult()
      let attempt = work.workflow.attempt(of: id)
      result.reason = "attempt \(attempt) failed (\(result.cause)): runs again"
      result.attempt = attempt + 1
      work.workflow.retry(id)
      facts.append(SessionEvent(time: event.time, source: .executor, .task(id, .new, result)))
      return
    }
    facts.append(event)
    commands.taskEnded(id, state)
    if state == .failed { actOnFailure(of: id, result) }
    for (dependent, reason) in work.workflow.finish(id, state) {
      let result = TaskResult(reason: reason)
      facts.append(SessionEvent(time: event.time, source: .executor, .task(dependent, .canceled, result)))
      commands.taskEnded(dependent, .canceled)
    }
  }

  /// Once: asked again it would wait for the same end.
  private mutating func actOnFailure(of id: TaskID, _ result: TaskResult?) {
    guard !hasActedOnFailure, intention == .running, let command = onFailure.command else { return }
    hasActedOnFailure = true
    let label = work.workflow.batch(of: id).label(of: id)
    let why = SessionRules.shortened("\(label) FAILED (\(result?.cause ?? "no reason given"))", to: 1000)
    emit(.ask(command, reason: "\(why), and --on-failure is \(onFailure.rawValue)"))
  }

  private func mayRetry(_ id: TaskID) -> Bool {
    guard isOpen, !(pilot.status?.state.isFinal ?? true) else { return false }
    if case .stopping = intention { return false }
    let description = work.workflow.batch(of: id).description
    if description.raptor, !raptor.isRestarting, !raptor.isAlive { return false }
    return hasRetries(id)
  }

  private func hasRetries(_ id: TaskID) -> Bool {
    let retries = work.workflow.batch(of: id).description.retries
    return work.workflow.attempt(of: id) <= retries && !commands.isCancelRequested(id)
  }

  /// The engine will confirm nothing any more.
  mutating func engineEnded() {
    pilot.isEngineGone = true
    guard isOpen, !pilot.hasEnded else { return }
    var status = pilot.status ?? PilotStatus(uid: "pilot", state: .failed, cores: 0)
    status.state = .failed
    status.detail = "the engine ended without a word"
    pilot.status = status
    record(.pilot(status))
    lost(status)
  }

  /// The pilot ended. What the engine still had came to no end it told us of (RP does that): say so.
  mutating func lost(_ status: PilotStatus) {
    guard isOpen || isClosing else { return }
    // Of one that ends while the session is closed, that is the cause.
    if isOpen, !pilot.wasActive, status.state == .failed {
      start.problem = "\(status.uid) did not start: \(status.detail ?? "no reason given")"
    }
    let reason =
      start.problem ?? "the pilot ended"
      + (status.detail.map { ": \($0)" } ?? (status.state == .failed ? ": no reason given" : ""))
    var facts: [SessionEvent] = []
    for id in work.inEngine.sorted() {
      var result = TaskResult(attempt: work.workflow.attempt(of: id), reason: reason)
      let isStarted = work.workflow.state(of: id) >= .agentExecuting
      if isStarted, isOpen, hasRetries(id) {
        // In a later session: it is what it would have done in this one, had it failed by itself.
        result.reason = "attempt \(result.attempt) was lost (\(reason)): runs again"
        result.attempt += 1
        work.inEngine.remove(id)
        work.workflow.retry(id)
        facts.append(taskEvent(id, .new, result))
        continue
      }
      let isCanceled = commands.isCancelRequested(id) || (isStarted && ending.areTasksCanceled)
      let state: TaskState = isCanceled ? .canceled : isStarted ? .failed : .new
      let event = taskEvent(id, state, result)
      if state.isFinal { confirm(id, state, result, event, into: &facts) } else { facts.append(event) }
    }
    work.workflow.putBack(work.inEngine.sorted())
    work.inEngine = []
    record(facts)
    if work.workflow.unfinished > 0 {
      // One that ended because that was wanted is no error.
      log(status.state == .failed ? .error : .warning, "\(reason); \(work.workflow.unfinishedWords)")
    }
    close(.pilotEnded)
  }
}

extension SessionEvent {
  /// The event of the same time and task, with another state.
  fileprivate func with(_ state: TaskState) -> SessionEvent {
    guard case .task(let id, _, let result) = kind else { return self }
    return SessionEvent(time: time, source: source, .task(id, state, result))
  }
}

extension TaskResult {
  /// Why the task failed, in words.
  fileprivate var cause: String {
    reason ?? signal.map { "signal \($0)" } ?? exitCode.map { "exit \($0)" } ?? "no reason given"
  }
}
