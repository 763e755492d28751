import SessionModel
import Synchronization

/// The executor: acquires the runtime, feeds tasks to the engine, takes commands, and ends all of it in order.
///
/// Ports `scalems.radical.runtime`, `RPDispatchingExecutor`. Every fact goes to the recorder before anyone sees it.
public actor DispatchingExecutor {
  enum Life {
    case idle
    case starting
    case open(Intention)
    case closing
    case closed(SessionSummary)
  }

  /// What an open session is on the way to.
  enum Intention {
    case running
    case draining(command: Int)
    case stopping(command: Int)
  }

  public nonisolated let context: SessionContext
  public nonisolated let engine: any PilotEngine
  nonisolated let recorder: any EventRecorder
  nonisolated let info: SessionInfo
  nonisolated let scope: RuntimeScope
  /// Ends the start-up early.
  nonisolated let abort = Haste()
  /// Ends the wait for running tasks of a session that is being closed.
  nonisolated let taskHaste = Haste()
  /// Skips the grace periods of the shutdown.
  nonisolated let haste = Haste()
  nonisolated let queue = CommandQueue()
  nonisolated let signals = Mutex<[Int32]>([])

  var life = Life.idle
  /// What the session works on; of a closed session, with what it left, for a later one.
  public internal(set) var workflow: Workflow
  public nonisolated let runtime: RuntimeSession
  var inEngine: Set<TaskID> = []
  var isWorkflowComplete = false
  var pilot: PilotStatus?
  var raptor: RaptorStatus?
  var isRaptorRestarting = false
  var raptorRestarts = 0
  /// A task that kills its raptor would kill the next ones, too.
  static let raptorRestartLimit = 2
  var commands: [Int: PendingCommand] = [:]
  var lastCommand = 0
  var idleWaiters: [Once<Void>] = []
  var raptorWaiters: [Once<Void>] = []
  nonisolated let closed = Once<SessionSummary>()
  var opened = Timestamp.now
  var listener: Task<Void, Never>?
  var runner: Task<Void, Never>?

  /// - Parameters:
  ///   - workflow: what an earlier session left, or an empty one.
  ///   - scope: where only one runtime may be active; a test makes its own.
  public init(
    context: SessionContext, info: SessionInfo, engine: any PilotEngine, recorder: any EventRecorder,
    workflow: Workflow = Workflow(), scope: RuntimeScope = .process
  ) {
    self.context = context
    self.info = info
    self.engine = engine
    self.recorder = recorder
    self.workflow = workflow
    self.scope = scope
    runtime = RuntimeSession(session: context.id, engine: engine, context: context)
  }

  var limits: TimeLimits { context.configuration.limits }

  func record(_ kind: SessionEvent.Kind, source: SessionEvent.Source = .executor) {
    recorder.record([SessionEvent(source: source, kind)])
  }

  // MARK: Start-up

  /// Acquires session, managers, pilot and, if it is enabled, the raptor, and starts the queue runner.
  ///
  /// Ports `RPDispatchingExecutor.runtime_startup`.
  /// - Throws: `DispatchError` with the cause when a step fails or is interrupted; the earlier steps are undone then.
  ///   `APIError` when another runtime is active, `ProtocolError` when this one was started before.
  public func startup() async throws {
    guard case .idle = life else { throw ProtocolError("session \(context.id) was started before") }
    try scope.claim(for: context.id)
    life = .starting
    opened = .now
    record(.sessionOpened(info))
    record(.sessionPhase(.starting, reason: info.reason))
    listener = Task { [engine] in
      for await batch in engine.events { confirm(batch) }
    }
    for resource in RuntimeResource.order(withRaptor: context.configuration.enableRaptor) {
      do {
        let detail = try await runtime.acquire(resource, limit: limits.startup, abort: abort)
        record(.resource(name: resource.rawValue, acquired: true, detail: detail))
        if Task.isCancelled || abort.isHurried { throw CancellationError() }
      } catch {
        let why = error is CancellationError ? "interrupted" : "\(error)"
        record(.log(.error, "could not acquire the \(resource.rawValue): \(why)"))
        await undoStartup()
        throw DispatchError("could not acquire the \(resource.rawValue) of session \(context.id): \(why)")
      }
    }
    runner = Task { [queue] in
      for await entry in queue.entries { process(entry) }
    }
    life = .open(.running)
    record(.sessionPhase(.running, reason: nil))
    announceWorkflow()
    poke()
  }

  /// What an earlier session left is work of this one: its facts open the new journal.
  private func announceWorkflow() {
    for batch in workflow.batches {
      record(.tasksAdded(batch))
      let ended = batch.ids.map(TaskID.init).filter { workflow.state(of: $0).isFinal }
      let now = Timestamp.now
      recorder.record(
        ended.map { id in
          let result = TaskResult(attempt: workflow.attempt(of: id), reason: "in an earlier session")
          return SessionEvent(time: now, source: .executor, .task(id, workflow.state(of: id), result))
        })
    }
  }

  private func undoStartup() async {
    for (resource, outcome) in await runtime.releaseAll(limit: limits.closeSession) {
      record(.resource(name: resource.rawValue, acquired: false, detail: outcome))
    }
    engine.killEverything()
    let leftovers = await survivors()
    end(leftovers: leftovers, exitCode: signals.withLock { $0.first }.map { 128 + $0 } ?? 3)
  }

  // MARK: Work

  /// Offers items; they are taken in the order of the offers.
  ///
  /// - Returns: the tasks they became. From here on they are acknowledged: in the journal, and never lost.
  /// - Throws: `ProtocolError` without an open session or when it takes no more work; what `Workflow.add` throws.
  @discardableResult
  public func submit(_ items: [WorkItem]) async throws -> [TaskBatch] {
    try requireOpen()
    let answer = CommandQueue.Answer()
    queue.put(.items(items, answer))
    return try await answer.value().get()
  }

  /// Offers one task a shell command.
  ///
  /// - Throws: as `submit(_:)` for items.
  @discardableResult
  public func submit(commands: CommandList) async throws -> [TaskBatch] {
    try requireOpen()
    let answer = CommandQueue.Answer()
    queue.put(.commands(commands, answer))
    return try await answer.value().get()
  }

  /// Says that no more work will come: the session closes itself when all of it came to its end.
  public func finish() { queue.put(.finish) }

  /// Whether work may be taken now or, after a `resume`, later.
  public var isOpen: Bool { if case .open = life { true } else { false } }

  private func requireOpen() throws(ProtocolError) {
    switch life {
    case .idle, .starting: throw ProtocolError("work was offered before the session was open: call startup first")
    case .closing, .closed: throw ProtocolError("the session takes no more work: it is closing")
    case .open: break
    }
  }

  private func process(_ entry: CommandQueue.Entry) {
    switch entry {
    case .items(let items, let answer):
      answer.resume(Result { try accept { workflow in try workflow.add(checked(items)) } })
    case .commands(let list, let answer):
      let like = TaskDescription(name: "command", argv: [])
      answer.resume(Result { try accept { workflow in [workflow.add(commands: list, like: like)] } })
    case .finish:
      isWorkflowComplete = true
      record(.workflowComplete)
    }
    poke()
  }

  private func accept(_ add: (inout Workflow) throws -> [TaskBatch]) throws -> [TaskBatch] {
    switch life {
    case .open(.running): break
    case .open(.draining): throw ProtocolError("the session takes no new work: it is draining")
    case .open(.stopping): throw ProtocolError("the session takes no new work: it is stopping")
    case .idle, .starting, .closing, .closed: throw ProtocolError("the session takes no more work: it is closing")
    }
    let batches = try add(&workflow)
    recorder.record(batches.map { SessionEvent(source: .executor, .tasksAdded($0)) })
    return batches
  }

  private func checked(_ items: [WorkItem]) throws(ValueError) -> [WorkItem] {
    if !context.configuration.enableRaptor, let item = items.first(where: \.description.raptor) {
      throw ValueError("item '\(item.description.name)' goes through the raptor, but this session has none: enable it")
    }
    return items
  }

  // MARK: Dispatch

  /// Does what can be done now: dispatches, or ends what has come to its end. Safe to call at any time.
  func poke() {
    guard case .open(let intention) = life else { return }
    switch intention {
    case .running, .draining: dispatch()
    case .stopping: break
    }
    switch intention {
    case .running:
      if isWorkflowComplete, workflow.isFinished { close(.ending) }
    case .draining(let command):
      guard workflow.isFinished else { return }
      finish(command, succeeded: true, "all \(workflow.count) tasks came to their end")
      close(.ending)
    case .stopping(let command):
      guard inEngine.isEmpty else { return }
      finish(command, succeeded: true, "\(workflow.unfinished) tasks stay in the workflow")
      close(.ending)
    }
  }

  private func dispatch() {
    let room = engine.dispatchAhead - inEngine.count
    // In large steps: a few tasks at a time would cost a message each.
    guard !isRaptorRestarting, room > 0, workflow.hasReady, room >= engine.dispatchAhead / 4 || inEngine.isEmpty else {
      return
    }
    var tasks = workflow.takeReady(limit: room)
    if raptor?.state.isFinal ?? false {
      tasks.removeAll { task in
        guard task.batch.description.raptor else { return false }
        cancelInWorkflow([task.id], reason: "the raptor has ended")
        return true
      }
    }
    guard !tasks.isEmpty else { return }
    for task in tasks { inEngine.insert(task.id) }
    engine.submit(tasks)
  }

  /// Cancels tasks that the engine does not have.
  func cancelInWorkflow(_ ids: [TaskID], reason: String) {
    var events: [SessionEvent] = []
    let now = Timestamp.now
    func add(_ id: TaskID, _ reason: String) {
      let result = TaskResult(attempt: workflow.attempt(of: id), reason: reason)
      events.append(SessionEvent(time: now, source: .executor, .task(id, .canceled, result)))
    }
    for id in ids where !workflow.state(of: id).isFinal {
      add(id, reason)
      for (dependent, reason) in workflow.finish(id, .canceled) { add(dependent, reason) }
    }
    if !events.isEmpty { recorder.record(events) }
  }

  // MARK: What the engine confirmed

  private func confirm(_ events: [SessionEvent]) {
    var facts: [SessionEvent] = []
    var pilotEnded: PilotStatus?
    for event in events {
      switch event.kind {
      case .task(let id, let state, let result): confirm(id, state, result, event, into: &facts)
      case .pilot(let status):
        // RP tells the final state twice.
        guard status != pilot, !(pilot?.state.isFinal ?? false && pilot?.uid == status.uid) else { continue }
        pilot = status
        facts.append(event)
        guard status.state.isFinal else { continue }
        pilotEnded = status
        // A raptor is a task of the pilot.
        if var raptor, !raptor.state.isFinal {
          (raptor.state, raptor.detail) = (.failed, "the pilot ended")
          self.raptor = raptor
          facts.append(SessionEvent(time: event.time, source: .executor, .raptor(raptor)))
          resumeAll(&raptorWaiters)
        }
      case .raptor(let status):
        guard status != raptor, !(raptor?.state.isFinal ?? false && raptor?.uid == status.uid) else { continue }
        raptor = status
        facts.append(event)
        if status.state.isFinal { raptorEnded(status) }
      default: facts.append(event)
      }
    }
    if !facts.isEmpty { recorder.record(facts) }
    if let pilotEnded { lost(pilotEnded) }
    noteCommandProgress()
    if inEngine.isEmpty { resumeAll(&idleWaiters) }
    poke()
  }

  private func confirm(
    _ id: TaskID, _ state: TaskState, _ result: TaskResult?, _ event: SessionEvent, into facts: inout [SessionEvent]
  ) {
    // The first final state wins.
    guard workflow.contains(id), inEngine.contains(id), !workflow.state(of: id).isFinal else { return }
    if state == .new {
      // Handed back: the engine could not start it, and says why.
      inEngine.remove(id)
      workflow.putBack([id])
      return facts.append(event)
    }
    guard state.isFinal else {
      workflow.note(id, state)
      facts.append(event)
      return
    }
    inEngine.remove(id)
    if state == .failed, mayRetry(id) {
      var result = result ?? TaskResult()
      let attempt = workflow.attempt(of: id)
      result.reason = "attempt \(attempt) failed (\(result.reason ?? "no reason given")): runs again"
      result.attempt = attempt + 1
      workflow.retry(id)
      facts.append(SessionEvent(time: event.time, source: .executor, .task(id, .tmgrScheduling, result)))
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
    guard case .open = life else { return }
    let reason = "the pilot ended: \(pilot.detail ?? pilot.state.rawValue)"
    let started = inEngine.filter { workflow.state(of: $0) >= .agentExecuting }
    let now = Timestamp.now
    var facts: [SessionEvent] = []
    for id in inEngine.sorted() {
      if started.contains(id) {
        let result = TaskResult(attempt: workflow.attempt(of: id), reason: reason)
        confirm(
          id, .failed, result, SessionEvent(time: now, source: .executor, .task(id, .failed, result)), into: &facts)
      } else {
        facts.append(SessionEvent(time: now, source: .executor, .task(id, .new, TaskResult(reason: reason))))
      }
    }
    workflow.putBack(inEngine.sorted())
    inEngine = []
    if !facts.isEmpty { recorder.record(facts) }
    if workflow.unfinished > 0 {
      record(.log(.error, "\(reason); \(workflow.unfinished) tasks stay in the workflow"))
    }
    Task { [runtime] in await runtime.notePilotEnded() }
    close(.pilotEnded)
  }

  /// The raptor ended. One that died, as opposed to one that was told to end, is replaced while work needs it.
  private func raptorEnded(_ status: RaptorStatus) {
    resumeAll(&raptorWaiters)
    guard case .open = life, status.state == .failed, raptorRestarts < Self.raptorRestartLimit,
      workflow.hasUnfinishedRaptorTasks
    else { return }
    raptorRestarts += 1
    isRaptorRestarting = true
    Task { await self.restartRaptor() }
  }

  private func restartRaptor() async {
    record(.log(.warning, "another raptor is started for the tasks that need one"))
    do {
      let detail = try await runtime.replace(.raptor, limit: limits.startup, abort: abort)
      record(.resource(name: RuntimeResource.raptor.rawValue, acquired: true, detail: detail))
    } catch { record(.log(.error, "the raptor could not be replaced: \(error)")) }
    isRaptorRestarting = false
    poke()
  }

  func resumeAll(_ waiters: inout [Once<Void>]) {
    let all = waiters
    waiters = []
    for waiter in all { waiter.resume(()) }
  }
}
