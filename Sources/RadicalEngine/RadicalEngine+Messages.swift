import Executor
import Leftovers
import SessionModel
import Words
import Work

// What the helper said, and what follows from it.

extension RadicalEngine {
  func receive(_ events: [RadicalHelper.Event]) {
    var facts: [SessionEvent] = []
    for event in events {
      switch event {
      case .message(let message): receive(message, &facts)
      case .lost(let why): lost(why, &facts)
      case .ended: break
      }
    }
    if !facts.isEmpty { continuation.yield(facts) }
    wake()
  }

  private func receive(_ message: HelperMessage, _ facts: inout [SessionEvent]) {
    switch message {
    case .hello(let words):
      let hello = state.withLock { state in
        state.hasGreeted = true
        return state.hello
      }
      hello.fulfil(words)
    case .session(let uid, _): note { $0.rpSession = uid }
    case .pilot(let uid, let pilotState, let time, let record): pilot(uid, pilotState, time, record, &facts)
    case .task(let uid, let taskState, let time, let record):
      if uid.hasPrefix("raptor.") { return raptor(uid, taskState, time, record, &facts) }
      let outcome = state.withLock { state in
        let outcome = state.tracker.receive(uid, taskState, at: time, record)
        if case .withdrawn(let id, _, nil) = outcome { state.withdrawn.append(id) }
        return outcome
      }
      switch outcome {
      case .event(let event):
        facts.append(event)
        if case .task(_, let state, _) = event.kind, state.isFinal { lookForMeetings() }
      case .withdrawn(let id, let attempt, let cause?):
        let result = TaskResult(attempt: attempt, reason: cause)
        facts.append(SessionEvent(time: time, source: .engine, .task(id, .new, result)))
      case .withdrawn, nil: break
      }
    case .log(let level, let text): facts.append(SessionEvent(source: .engine, .log(level, text)))
    case .reply, .heartbeat: break
    }
  }

  /// Adds to what a later start has to know.
  func note(_ change: (inout RadicalRecord) -> Void) {
    let record = state.withLock { state in
      if state.record != nil { change(&state.record!) }
      return state.record
    }
    if let record { keep(record) }
  }

  /// Files may have come in place of other tasks'.
  private func lookForMeetings() {
    state.withLock { $0.notes }?.look { [weak self] in self?.tell($0) }
  }

  // MARK: Pilot

  private func pilot(
    _ uid: String, _ stateName: String, _ time: Timestamp, _ record: PilotRecord, _ facts: inout [SessionEvent]
  ) {
    guard let pilotState = PilotState(rawValue: stateName) else { return }
    let unknown = state.withLock { state in record.jobs.filter { !(state.record?.jobs.contains($0) ?? true) } }
    // At once: from here on it is found whatever happens.
    if !unknown.isEmpty { note { $0.jobs += unknown } }
    let status = state.withLock { state -> PilotStatus? in
      state.watch?.learn(record.jobs)
      guard pilotState.isFinal, state.watch != nil, uid == state.pilot.uid, !state.pilot.isFinal else {
        return state.pilot.receive(uid, pilotState, at: time, record)
      }
      // Slurm is asked whether that is so.
      state.watch?.claim(JobWatch.Claim(state: pilotState, reason: record.reason))
      return nil
    }
    guard let status else { return }
    facts.append(SessionEvent(time: time, source: .engine, .pilot(status)))
    if status.state == .active { pilotIsActive() }
    if status.state.isFinal { facts += pilotEnded() }
  }

  private func pilotIsActive() {
    let refused = state.withLock { state in state.raptorFault.flatMap { state.raptor.refused("its workers: \($0)") } }
    if let refused { continuation.yield([SessionEvent(source: .engine, .raptor(refused))]) }
    let (held, raptor, limit, helper) = state.withLock { state in
      defer { state.held = [] }
      return (state.held, state.raptor.request(of: state), state.pilot.runtime, state.helper)
    }
    // The raptor first: RP leaves tasks stuck for one that it does not know.
    if let raptor { startRaptorNow(raptor, helper) }
    give(held)
    let early = min(30, limit * 0.1)
    Task { [weak self] in
      try? await Task.sleep(for: Duration(saturating: limit - early))
      self?.limitReached(limit)
    }
  }

  /// RP leaves the tasks of a pilot running that comes to its limit: they are ended shortly before.
  private func limitReached(_ limit: Double) {
    let reason = PilotTracker.limitReached(limit)
    let started = startedCalls()
    let (uids, helper, isOver) = state.withLock { state in
      let isOver = state.pilot.isFinal || state.isLost || state.pilot.isCancelRequested
      if !isOver {
        state.tracker.limitReached = reason
        // What has not started stays in the workflow: the executor sees to that when the pilot has ended.
        _ = state.tracker.withdraw { started.contains($0) }
        state.pilot.limitReached = reason
      }
      return (state.tracker.uids(of: state.tracker.all), state.helper, isOver)
    }
    guard !isOver else { return }
    log(.warning, reason)
    if !uids.isEmpty { send(.cancel(uids), helper) }
    Task {
      _ = await withTimeout(.seconds(5)) { [self] in
        await wait { $0.tracker.all.isEmpty || $0.isLost || $0.pilot.isFinal }
      }
      send(.cancelPilot(timeout: 20), helper)
    }
  }

  /// The pilot is over: so is its raptor; of tasks, the executor knows what it means. What RP forgot is ended.
  func pilotEnded() -> [SessionEvent] {
    let (raptor, isAsked) = state.withLock { state in
      (state.raptor.pilotEnded(), state.pilot.isCancelRequested)
    }
    if !isAsked {
      Task { [self] in
        // RP's own clean-up takes a moment; the helper and its client side live on, so only tasks are looked for.
        try? await Task.sleep(for: .seconds(2))
        await endOrphans()
      }
    }
    return raptor.map { [SessionEvent(source: .engine, .raptor($0))] } ?? []
  }

  // MARK: The helper is gone

  private func lost(_ why: String, _ facts: inout [SessionEvent]) {
    let (isFirst, status, hello, hasGreeted) = state.withLock { state in
      defer { state.isLost = true }
      return (!state.isLost, state.pilot.lost(why), state.hello, state.hasGreeted)
    }
    guard isFirst else { return }
    // Whoever waits for its first words says so.
    guard hasGreeted else { return hello.fulfil(HelperMessage.Hello(version: 0, rp: nil, python: "", error: why)) }
    facts.append(SessionEvent(source: .engine, .log(.error, why)))
    // Whoever closes the session waits for this.
    _ = startSweep(grace: .seconds(5))
    if let status {
      facts += pilotEnded()
      facts.append(SessionEvent(source: .engine, .pilot(status)))
    }
  }
}
