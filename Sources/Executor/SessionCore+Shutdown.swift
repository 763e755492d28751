import SessionModel
import Words
import Work

/// Why and how a session ends.
struct Ending {
  enum Cause {
    /// All work came to its end, or a drain or stop did.
    case ending
    case command(reason: String?)
    /// A signal asked for it: tasks are canceled at once.
    case interrupted
    case pilotEnded
    /// What happens could not be recorded for too long.
    case notRecorded(String)
    /// The start failed.
    case failed
  }

  var cause = Cause.ending
  /// The first signal that came.
  var signal: Int32?
  var signalCount = 0
  /// What running tasks get to finish in; what the session was started with when `nil`.
  var taskGrace: Duration?
  /// Who changed that while they were waited for.
  var taskGraceChangedBy = "an interrupt"
  /// Who has no time for grace periods: `an interrupt`, or a person.
  var hurriedBy: String?
  /// Running tasks were told to end: that is why they do, whatever else ends with them.
  var areTasksCanceled = false
  /// A third signal: everything is killed, and nothing waited for but the record of that.
  var isAbandoned = false
  /// What went wrong with resources that were to be released.
  var releaseProblems: [String] = []
  /// What the engine said last of what is left; `nil` until it answered.
  var remains: [String]?
  /// Processes that were found at the first look; `nil` when the engine did not answer then.
  var firstLook: [String]??
}

extension SessionCore {
  /// What a phase that is no wait may take once someone is in a hurry.
  static let hurriedDeadline = Duration.seconds(2)

  var isHurried: Bool { ending.hurriedBy != nil }
  var killGrace: Duration { isHurried ? .zero : limits.killGrace }

  /// Ends the session: undoes the start, or runs the whole shutdown in order.
  mutating func close(_ cause: Ending.Cause, grace: CloseGrace = .configured, by sender: String? = nil) {
    guard case .active(let stage, let intention) = life else { return }
    life = .closing
    ending.cause = cause
    if let command = intention.command { finish(command, .failed(.replaced, "the session is closed instead")) }
    leaveRaptorPhase()
    record(.sessionPhase(.closing, reason: closingReason))
    if case .seconds(let seconds) = grace { ending.taskGrace = .seconds(seconds) }
    if case .starting = stage {
      shutdown = PhaseSequence(ShutdownPhase.ofStart)
    } else {
      shutdown = PhaseSequence(ShutdownPhase.allCases)
    }
    if grace == .none { hurry(by: sender ?? info.user) }
    advanceSequences()
  }

  private var closingReason: String? {
    switch ending.cause {
    case .ending: nil
    case .command(let reason): reason
    case .interrupted: ending.signal.map { "interrupted by signal \($0)" }
    case .pilotEnded: "the pilot ended"
    case .notRecorded(let why): why
    case .failed: start.problem
    }
  }

  // MARK: Hurry

  /// Ports the handling of SIGINT in `RPDispatchingExecutor.runtime_startup`.
  mutating func interrupt(by signal: Int32) {
    ending.signal = ending.signal ?? signal
    ending.signalCount += 1
    switch (ending.signalCount, life) {
    case (1, .active(.starting, _)): undo(.interrupted, "interrupted")
    case (1, .active(.open, _)): close(.interrupted)
    case (1, .closing): changeTaskWait(to: .zero, by: "an interrupt")
    case (2, .closing): hurry(by: nil)
    case (3, .closing): abandon()
    default: break
    }
  }

  /// Ends the session at once: whoever heard the signal has killed everything, and the record says what that came to.
  private mutating func abandon() {
    log(.error, "interrupted a third time: everything is killed")
    (ending.isAbandoned, ending.areTasksCanceled) = (true, true)
    if let phase = shutdown?.current?.phase {
      if phase == .verify { arm(.phase(phase), Self.hurriedDeadline) } else { shutdown?.end(phase, .expired) }
    }
    advanceSequences()
  }

  /// Skips the grace periods.
  ///
  /// - Parameter sender: who wants that; `nil` for a signal.
  mutating func hurry(by sender: String?) {
    guard case .closing = life, !isHurried else { return }
    ending.hurriedBy = sender ?? "an interrupt"
    log(.warning, sender.map { "\($0) skips the grace periods" } ?? "interrupted again: no grace periods")
    cancelTasks(grace: .zero)
    guard let phase = shutdown?.current?.phase else { return }
    if phase.isMereWait { shutdown?.end(phase, .expired) } else { arm(.phase(phase), Self.hurriedDeadline) }
  }

  private mutating func cancelTasks(grace: Duration) {
    ending.areTasksCanceled = true
    if !work.inEngine.isEmpty { emit(.cancel(work.inEngine.sorted(), grace: grace)) }
  }

  /// Gives running tasks another time to finish in, from now on.
  mutating func changeTaskWait(to grace: Duration, by sender: String) {
    (ending.taskGrace, ending.taskGraceChangedBy) = (grace, sender)
    guard shutdown?.current?.phase == .awaitTasks else { return }
    if grace > .zero { arm(.phase(.awaitTasks), grace) } else { shutdown?.end(.awaitTasks, .expired) }
  }

  // MARK: The phases

  mutating func advanceSequences() {
    while advanceRaptor() {}
    while advanceShutdown() {}
  }

  /// - Returns: whether there was anything to do.
  private mutating func advanceShutdown() -> Bool {
    guard shutdown != nil, !isClosed else { return false }
    if let current = shutdown?.current {
      guard let (outcome, detail) = outcome(of: current) else { return false }
      leave(current.phase, outcome, detail)
      shutdown?.current = nil
      return true
    }
    guard let phase = shutdown?.next() else {
      finishShutdown()
      return false
    }
    guard enter(phase) else { return true }
    shutdown?.current = PhaseSequence.Current(phase: phase)
    if isHurried, phase.isMereWait {
      shutdown?.end(phase, .expired)
    } else {
      arm(.phase(phase), isHurried ? min(deadline(of: phase), Self.hurriedDeadline) : deadline(of: phase))
      begin(phase)
    }
    return true
  }

  private mutating func advanceRaptor() -> Bool {
    guard raptor.ending != nil else { return false }
    if let current = raptor.ending?.current {
      guard let (outcome, detail) = outcome(of: current) else { return false }
      leave(current.phase, outcome, detail)
      raptor.ending?.current = nil
      return true
    }
    guard let phase = raptor.ending?.next() else {
      raptor.ending = nil
      raptorStopped()
      return false
    }
    guard enter(phase) else { return true }
    raptor.ending?.current = PhaseSequence.Current(phase: phase)
    arm(.raptorPhase(phase), deadline(of: phase))
    begin(phase)
    return true
  }

  /// The shutdown ends the raptor, too: a command that was doing so ends with the session.
  private mutating func leaveRaptorPhase() {
    if let phase = raptor.ending?.current?.phase { leave(phase, .timedOut, "the session is closing") }
    raptor.ending = nil
  }

  private func deadline(of phase: ShutdownPhase) -> Duration {
    phase == .awaitTasks ? ending.taskGrace ?? limits.awaitTasks : limits.deadline(of: phase)
  }

  /// - Returns: whether there is anything to do in the phase; it is skipped otherwise, with its events.
  private mutating func enter(_ phase: ShutdownPhase) -> Bool {
    let isNeeded = isNeeded(phase)
    record(.shutdownEntered(phase, deadline: isNeeded ? deadline(of: phase).seconds : 0))
    if !isNeeded { leave(phase, .skipped, nil) }
    return isNeeded
  }

  private mutating func leave(_ phase: ShutdownPhase, _ outcome: ShutdownOutcome, _ detail: String?) {
    if phase == .closeSession, outcome == .timedOut {
      for resource in start.toRelease { noteRelease(resource, "not released in time") }
    }
    record(.shutdownLeft(phase, outcome, detail: detail))
    // What was given up on while the session started may have left something that nobody knows of.
    if phase == .closeSession, outcome != .skipped, !start.hasOpened { emit(.killEverything) }
  }

  private func isNeeded(_ phase: ShutdownPhase) -> Bool {
    guard !ending.isAbandoned || phase == .verify else { return false }
    return switch phase {
    case .drain, .cancelTasks: !work.inEngine.isEmpty
    case .awaitTasks:
      if case .interrupted = ending.cause { false } else { !work.inEngine.isEmpty && ending.taskGrace != .zero }
    case .stopRaptor, .awaitRaptor, .cancelRaptor, .awaitCanceledRaptor: raptor.isAlive
    case .closeSession: !start.toRelease.isEmpty
    case .stopQueue, .verify: true
    }
  }

  private mutating func begin(_ phase: ShutdownPhase) {
    switch phase {
    case .drain: emit(.call(.withdraw(isShutdown: true)))
    // Offers come one after the other, and from the closing on they are refused: there is nothing to wait for.
    case .stopQueue: shutdown?.end(.stopQueue, .finished(nil))
    case .cancelTasks:
      shutdown?.current?.detail = "\(Format.plural(work.inEngine.count, "task")) canceled"
      cancelTasks(grace: killGrace)
    case .stopRaptor: emit(.call(.stopRaptor))
    case .cancelRaptor: emit(.call(.cancelRaptor))
    case .closeSession: emit(.call(.release(start.toRelease, limit: limits.closeSession)))
    // An engine that does not answer has half of the time to do so; then everything is killed unseen.
    case .verify: emit(.call(.survivors(within: verifyLimit / 2, after: .zero)))
    case .awaitTasks, .awaitRaptor, .awaitCanceledRaptor: break
    }
  }

  /// How the phase ended; `nil` while it goes on.
  private func outcome(of current: PhaseSequence.Current) -> (ShutdownOutcome, String?)? {
    switch current.end {
    case .finished(let detail)?: return (.finished, detail)
    case .failed(let why)?: return (.failed, why)
    case .expired?, nil: break
    }
    switch current.phase {
    case .awaitTasks where work.inEngine.isEmpty, .cancelTasks where work.inEngine.isEmpty:
      return (.finished, current.detail)
    case .awaitRaptor where !raptor.isAlive, .awaitCanceledRaptor where !raptor.isAlive: return (.finished, nil)
    default: break
    }
    guard case .expired? = current.end else { return nil }
    if let who = ending.hurriedBy { return (.timedOut, "cut short by \(who)") }
    if current.phase == .awaitTasks, ending.taskGrace == .zero {
      return (.timedOut, "cut short by \(ending.taskGraceChangedBy)")
    }
    return (.timedOut, "not done within \(deadline(of: current.phase).text)")
  }

  private var verifyLimit: Duration { ending.isAbandoned ? Self.hurriedDeadline : limits.verify }

  // MARK: What the engine answered

  /// - Parameter problem: what went wrong, or `nil`.
  mutating func released(_ resource: RuntimeResource, _ problem: String?) {
    guard shutdown?.current?.phase == .closeSession, start.toRelease.contains(resource) else { return }
    noteRelease(resource, problem)
    guard start.toRelease.isEmpty else { return }
    let problems = ending.releaseProblems
    shutdown?.end(.closeSession, problems.isEmpty ? .finished(nil) : .failed(problems.joined(separator: "; ")))
  }

  private mutating func noteRelease(_ resource: RuntimeResource, _ problem: String?) {
    start.released(resource)
    if let problem { ending.releaseProblems.append("\(resource.rawValue): \(problem)") }
    // The end of an open session says nothing of those that are as they should be.
    if !start.hasOpened { record(.resource(name: resource.rawValue, acquired: false, detail: problem)) }
  }

  /// - Parameter list: `nil` when the engine did not answer in time.
  mutating func survivors(_ list: [String]?) {
    ending.remains = list ?? ending.remains
    guard shutdown?.current?.phase == .verify else { return }
    let isFirst = ending.firstLook == nil
    if isFirst { ending.firstLook = .some(list) }
    // What was killed before its end was known is waited for until that is told.
    guard let list, list.isEmpty, !ending.isAbandoned || work.inEngine.isEmpty else {
      if isFirst { emit(.killEverything) }
      return emit(.call(.survivors(within: verifyLimit / 2, after: .milliseconds(20))))
    }
    let killed = (ending.firstLook ?? nil).map { "\($0.count) processes had to be killed" }
    shutdown?.end(
      .verify,
      .finished(
        isFirst ? "no process of the session is left" : killed ?? "what was left had to be killed unseen"))
  }

  // MARK: The end

  private mutating func finishShutdown() {
    let leftovers =
      (ending.remains ?? ["the engine did not say what is left within \(verifyLimit.text)"]) + unconfirmedTasks()
    raptorStopped()
    for id in commands.ids {
      guard commands.record(id)?.verb == .close else {
        finish(id, .failed(.closed, "the session closed"))
        continue
      }
      finish(
        id,
        leftovers.isEmpty
          ? .done("closed, nothing left behind") : .failed(.leftBehind, "closed, \(leftovers.count) left behind"))
    }
    let allDone = work.workflow.counts.allSatisfy { $0.key == TaskState.done.name }
    let status = ending.signal.map { 128 + $0 } ?? (start.problem != nil ? 3 : allDone ? 0 : 1)
    let summary = SessionSummary(
      session: info.id, tasks: work.workflow.counts, wall: now.seconds(since: start.opened), leftovers: leftovers,
      exitCode: leftovers.isEmpty ? status : 4, problem: start.problem)
    record(.sessionClosed(summary))
    life = .closed(summary)
    emit(.closed(summary))
  }

  /// Tasks whose end the engine did not confirm, in words.
  private mutating func unconfirmedTasks() -> [String] {
    let open = work.inEngine.sorted()
    record(
      open.filter { work.workflow.state(of: $0) == .tmgrScheduling }.map { taskEvent($0, .tmgrScheduling, nil) })
    return open.map { "\($0.uid) (\(work.workflow.batch(of: $0).label(of: $0))): its end was never confirmed" }
  }
}
