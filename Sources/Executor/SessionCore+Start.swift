import SessionModel
import Words
import Work

/// The resources of a session: which are there, and which are still to come.
struct StartState {
  /// To be acquired, in order.
  private(set) var waiting: [RuntimeResource]
  private(set) var acquired: [RuntimeResource] = []
  /// Being acquired; given up on, it may have left something.
  private(set) var current: RuntimeResource?
  /// Why the session could not run at all.
  var problem: String?
  /// The tasks as the journal of this session has them already; `nil` for one that is new.
  private(set) var earlier: TaskTable?
  var opened = Timestamp.now
  /// What was asked for and should not be.
  var warnings: [String] = []
  /// Whether all resources were there.
  private(set) var hasOpened = false

  init(resources: [RuntimeResource], earlier: TaskTable?) {
    waiting = resources
    self.earlier = earlier
  }

  /// The table of an earlier host, which is needed once.
  mutating func takeEarlier() -> TaskTable? {
    defer { earlier = nil }
    return earlier
  }

  /// Goes on to the next resource; `nil` when all are there.
  mutating func next() -> RuntimeResource? {
    current = waiting.first
    waiting = Array(waiting.dropFirst())
    if current == nil { hasOpened = true }
    return current
  }

  mutating func have(_ resource: RuntimeResource) {
    acquired.append(resource)
    if current == resource { current = nil }
  }

  /// The engine could not acquire it, and holds nothing of it.
  mutating func failed() { current = nil }

  /// What is to be released, the last one first; the one in doubt, too.
  var toRelease: [RuntimeResource] { (acquired + (current.map { [$0] } ?? [])).reversed() }

  mutating func released(_ resource: RuntimeResource) {
    acquired.removeAll { $0 == resource }
    if current == resource { current = nil }
  }
}

// The start, step by step, and its undoing.

extension SessionCore {
  /// Ports `RPDispatchingExecutor.runtime_startup`.
  mutating func begin() {
    guard case .idle = life else { return }
    life = .active(.starting, .running)
    start.opened = now
    record(.sessionOpened(info))
    record(.sessionPhase(.starting, reason: info.reason))
    // Work is in the journal before the first resource is asked for: whatever becomes of the start, it can be resumed.
    if let table = start.takeEarlier() { announceResumed(table) } else { announceWorkflow() }
    for words in start.warnings { log(.warning, words) }
    if ending.signal != nil { return undo(.interrupted, "interrupted") }
    acquireNext()
  }

  private mutating func acquireNext() {
    guard let resource = start.next() else { return open() }
    emit(.call(.acquire(resource)))
    arm(.acquire(resource), limits.startup)
  }

  private mutating func open() {
    guard case .active(.starting, let intention) = life else { return }
    life = .active(.open, intention)
    emit(.opened)
    record(.sessionPhase(phase ?? .running, reason: nil))
    settleRaptorTasks()
    // It may have ended before all was there.
    if let status = pilot.status, pilot.hasEnded { return lost(status) }
    if pilot.isEngineGone { engineEnded() }
  }

  mutating func acquired(_ resource: RuntimeResource, _ result: Result<String, any Error>) {
    // Whoever gave up on it has gone on.
    guard case .active(.starting, _) = life, start.current == resource else { return }
    switch result {
    case .success(let detail):
      start.have(resource)
      record(.resource(name: resource.rawValue, acquired: true, detail: detail))
      acquireNext()
    case .failure(let error):
      if error is CancellationError { return undo(.failed, "interrupted") }
      start.failed()
      undo(.failed, "\(error)", at: resource)
    }
  }

  mutating func acquireExpired(_ resource: RuntimeResource) {
    guard case .active(.starting, _) = life, start.current == resource else { return }
    undo(.failed, "no answer within \(limits.startup.text)")
  }

  mutating func abandonStart() {
    guard case .active(.starting, _) = life else { return }
    undo(.failed, "interrupted")
  }

  /// Gives back what was acquired, because of a failure or an interrupt.
  mutating func undo(_ cause: Ending.Cause, _ why: String, at failed: RuntimeResource? = nil) {
    let resource = failed ?? start.current ?? start.waiting.first ?? .session
    log(.error, "could not acquire the \(resource.rawValue): \(why)")
    start.problem = "could not acquire the \(resource.rawValue) of session \(info.id): \(why)"
    close(cause)
  }

  // MARK: What an earlier session left

  /// What an earlier session left is work of this one: its facts open the new journal.
  private mutating func announceWorkflow() {
    // Nobody knows how these ended. What never started is run; what did is not run twice.
    let unsettled = work.workflow.unsettled
    let started = unsettled.filter { work.workflow.state(of: $0) >= .agentExecuting }
    work.workflow.putBack(unsettled.filter { work.workflow.state(of: $0) < .agentExecuting })
    var reasons: [TaskID: String] = [:]
    for (id, reason) in work.workflow.takeCanceledOnArrival() { reasons[id] = reason }
    for id in started {
      reasons[id] = "its end was never confirmed in an earlier session"
      for (dependent, reason) in work.workflow.finish(id, .failed) { reasons[dependent] = reason }
    }
    for batch in work.workflow.batches {
      record(.tasksAdded(batch))
      let ended = batch.ids.map(TaskID.init).filter { work.workflow.state(of: $0).isFinal }
      record(
        ended.map { id in
          let result = TaskResult(
            attempt: work.workflow.attempt(of: id), reason: reasons[id] ?? "in an earlier session")
          return taskEvent(id, work.workflow.state(of: id), result)
        })
    }
  }

  /// The journal has the tasks; it is told which of them wait again.
  private mutating func announceResumed(_ table: TaskTable) {
    var events = work.workflow.takeCanceledOnArrival().map { taskEvent($0, .canceled, TaskResult(reason: $1)) }
    var again = 0
    for number in 0..<table.count {
      let id = TaskID(number)
      let state = table.state(of: id)
      guard !work.workflow.state(of: id).isFinal, state != .new else { continue }
      if state >= .agentExecuting { again += 1 }
      let attempt = work.workflow.attempt(of: id)
      events.append(taskEvent(id, .new, attempt == 1 ? nil : TaskResult(attempt: attempt)))
    }
    record(events)
    let ended = work.workflow.count - work.workflow.unfinished
    log(
      .info,
      "resumed: \(ended) tasks have ended and stay so, \(work.workflow.unfinished) are to be run, \(again) of them again"
    )
  }

  func taskEvent(_ id: TaskID, _ state: TaskState, _ result: TaskResult?) -> SessionEvent {
    SessionEvent(time: now, source: .executor, .task(id, state, result))
  }
}
