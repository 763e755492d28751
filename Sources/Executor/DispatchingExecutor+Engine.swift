import SessionModel
import Work

// What the engine confirmed, and what follows from it.

extension DispatchingExecutor {
  func confirm(_ events: [SessionEvent]) {
    var facts: [SessionEvent] = []
    var pilotEnded: PilotStatus?
    var isRaptorEnded = false
    var handedBack: [TaskID] = []
    for event in events {
      switch event.kind {
      case .task(let id, .new, let result):
        // Handed back: the engine could not start it, and says why.
        if isCancelRequested(id) {
          confirm(id, .canceled, result, event.with(.canceled), into: &facts)
        } else if inEngine.remove(id) != nil {
          handedBack.append(id)
          facts.append(event)
        }
      case .task(let id, let state, let result): confirm(id, state, result, event, into: &facts)
      case .pilot(let status):
        // RP tells the final state twice.
        guard status != pilot, !(pilot?.state.isFinal ?? false && pilot?.uid == status.uid) else { continue }
        pilot = status
        wasPilotActive = wasPilotActive || status.state == .active
        facts.append(event)
        guard status.state.isFinal else { continue }
        pilotEnded = status
        if let ended = endRaptor(with: event) { facts.append(ended) }
      case .raptor(let status):
        guard status != raptor, !(raptor?.state.isFinal ?? false && raptor?.uid == status.uid) else { continue }
        raptor = status
        facts.append(event)
        guard status.state.isFinal else {
          resumeAll(&raptorStartWaiters)
          continue
        }
        isRaptorEnded = true
        resumeAll(&raptorWaiters)
        // At once: tasks that failed with it may run again then.
        restartRaptorIfNeeded()
      default: facts.append(event)
      }
    }
    record(facts)
    // All at once: they keep their order.
    workflow.putBack(handedBack)
    if let pilotEnded { lost(pilotEnded) }
    if isRaptorEnded || !handedBack.isEmpty { settleRaptorTasks() }
    settle()
  }

  /// A raptor is a task of the pilot: it ends with it.
  private func endRaptor(with event: SessionEvent) -> SessionEvent? {
    guard var raptor, !raptor.state.isFinal else { return nil }
    (raptor.state, raptor.detail) = (.failed, "the pilot ended")
    self.raptor = raptor
    resumeAll(&raptorWaiters)
    return SessionEvent(time: event.time, source: .executor, .raptor(raptor))
  }

  /// What follows from tasks that came to their end.
  private func settle() {
    noteCommandProgress()
    if inEngine.isEmpty { resumeAll(&idleWaiters) }
    poke()
  }

  /// The engine will confirm nothing any more.
  func engineFellSilent() {
    isEngineSilent = true
    guard case .open = life, !(pilot?.state.isFinal ?? false) else { return }
    var status = pilot ?? PilotStatus(uid: "pilot", state: .failed, cores: 0)
    status.state = .failed
    status.detail = "the engine ended without a word"
    pilot = status
    record(.pilot(status))
    lost(status)
    settle()
  }

  private func confirm(
    _ id: TaskID, _ state: TaskState, _ result: TaskResult?, _ event: SessionEvent, into facts: inout [SessionEvent]
  ) {
    // The first final state wins.
    guard workflow.contains(id), inEngine.contains(id), !workflow.state(of: id).isFinal else { return }
    guard state.isFinal else {
      workflow.note(id, state)
      facts.append(event)
      return
    }
    inEngine.remove(id)
    if state == .failed, mayRetry(id) {
      var result = result ?? TaskResult()
      let attempt = workflow.attempt(of: id)
      result.reason = "attempt \(attempt) failed (\(result.cause)): runs again"
      result.attempt = attempt + 1
      workflow.retry(id)
      facts.append(SessionEvent(time: event.time, source: .executor, .task(id, .new, result)))
      return
    }
    facts.append(event)
    for (dependent, reason) in workflow.finish(id, state) {
      let result = TaskResult(reason: reason)
      facts.append(SessionEvent(time: event.time, source: .executor, .task(dependent, .canceled, result)))
    }
  }

  private func mayRetry(_ id: TaskID) -> Bool {
    guard case .open(let intention) = life, !(pilot?.state.isFinal ?? true) else { return false }
    if case .stopping = intention { return false }
    let description = workflow.batch(of: id).description
    if description.raptor, !isRaptorRestarting, raptor?.state.isFinal ?? true { return false }
    return workflow.attempt(of: id) <= description.retries && !isCancelRequested(id)
  }

  /// The pilot ended. What the engine still had came to no end it told us of (RP does that): say so.
  private func lost(_ pilot: PilotStatus) {
    switch life {
    case .open, .closing: break
    case .idle, .starting, .closed: return
    }
    if !wasPilotActive, pilot.state == .failed {
      startProblem = "\(pilot.uid) did not start: \(pilot.detail ?? "no reason given")"
    }
    let reason = startProblem ?? "the pilot ended: \(pilot.detail ?? pilot.state.rawValue)"
    let now = Timestamp.now
    var facts: [SessionEvent] = []
    for id in inEngine.sorted() {
      let result = TaskResult(attempt: workflow.attempt(of: id), reason: reason)
      let isStarted = workflow.state(of: id) >= .agentExecuting
      let state: TaskState = isStarted ? .failed : isCancelRequested(id) ? .canceled : .new
      let event = SessionEvent(time: now, source: .executor, .task(id, state, result))
      if state.isFinal { confirm(id, state, result, event, into: &facts) } else { facts.append(event) }
    }
    workflow.putBack(inEngine.sorted())
    inEngine = []
    record(facts)
    if workflow.unfinished > 0 {
      record(.log(.error, "\(reason); \(workflow.unfinished) tasks stay in the workflow"))
    }
    Task { [runtime] in await runtime.notePilotEnded() }
    close(.pilotEnded)
  }

  /// A raptor that died, as opposed to one that was told to end, is replaced while work needs it.
  private func restartRaptorIfNeeded() {
    guard case .open(let intention) = life, raptor?.state == .failed, !isRaptorRestarting, raptorCommand == nil,
      raptorRestarts < Self.raptorRestartLimit, workflow.firstUnfinishedForRaptor != nil
    else { return }
    if case .stopping = intention { return }
    raptorRestarts += 1
    isRaptorRestarting = true
    Task { await self.restartRaptor() }
  }

  private func restartRaptor() async {
    let ended = raptor?.uid
    record(.log(.warning, "another raptor is started for the tasks that need one"))
    do {
      let detail = try await runtime.replace(.raptor, limit: limits.startup, abort: abort)
      record(.resource(name: RuntimeResource.raptor.rawValue, acquired: true, detail: detail))
      // The event that confirms it may be on its way still; until then the raptor is the one that ended.
      _ = await bounded(by: limits.startup, haste: abort) { await self.untilRaptorStarted(after: ended) }
    } catch { record(.log(.error, "the raptor could not be replaced: \(error)")) }
    isRaptorRestarting = false
    settleRaptorTasks()
    poke()
  }

  /// Awaits another raptor than `ended`; it may have ended as well by now.
  private func untilRaptorStarted(after ended: String?) async {
    guard raptor?.uid == ended else { return }
    let waiter = Once<Void>()
    raptorStartWaiters.append(waiter)
    await waiter.value()
  }

  /// When the raptor has ended, replaces it for the tasks that wait for one, or cancels them; also when someone is
  /// ending it, for it takes nothing new then. A session that stops leaves them in the workflow.
  func settleRaptorTasks() {
    guard case .open(let intention) = life, raptorCommand != nil || raptor?.state.isFinal ?? false else { return }
    if case .stopping = intention { return }
    restartRaptorIfNeeded()
    guard !isRaptorRestarting else { return }
    cancelInWorkflow(
      workflow.waitingForRaptor, reason: isRaptorAlive ? "the raptor is being ended" : "the raptor has ended")
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
