import SessionModel
import Synchronization
import Work

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
  /// Ends the wait of the shutdown for running tasks: they are canceled then.
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
  var wasPilotActive = false
  /// Why the session could not run at all.
  var startProblem: String?
  var raptor: RaptorStatus?
  /// The command that is ending the raptor.
  var raptorCommand: Int?
  /// What the engine said last of what is left; `nil` until it answered.
  var remains: [String]?
  var isEngineSilent = false
  var isRaptorRestarting = false
  var raptorRestarts = 0
  /// A task that kills its raptor would kill the next ones, too.
  static let raptorRestartLimit = 2
  var commands: [Int: PendingCommand] = [:]
  var lastCommand: Int
  var idleWaiters: [Once<Void>] = []
  var raptorWaiters: [Once<Void>] = []
  var raptorStartWaiters: [Once<Void>] = []
  /// Work that was submitted before the session was open.
  var openWaiters: [Once<Void>] = []
  nonisolated let closed = Once<SessionSummary>()
  var opened = Timestamp.now
  var listener: Task<Void, Never>?
  var runner: Task<Void, Never>?

  /// The tasks as the journal of this session has them already; `nil` for one that is new.
  var earlier: TaskTable?

  /// - Parameters:
  ///   - workflow: what an earlier session left, or an empty one.
  ///   - earlier: all of the journal of this session, when its host ended and it is taken up again; the workflow is what
  ///     was left then, and the journal is written on.
  ///   - scope: where only one runtime may be active; a test makes its own.
  public init(
    context: SessionContext, info: SessionInfo, engine: any PilotEngine, recorder: any EventRecorder,
    workflow: Workflow = Workflow(), resuming earlier: SessionSnapshot? = nil, scope: RuntimeScope = .process
  ) {
    self.context = context
    self.info = info
    self.engine = engine
    self.recorder = recorder
    self.workflow = earlier.map { Workflow(resuming: $0.tasks) } ?? workflow
    self.earlier = earlier?.tasks
    lastCommand = earlier?.commands.map(\.id).max() ?? 0
    self.scope = scope
    runtime = RuntimeSession(session: context.id, engine: engine, context: context)
  }

  var limits: TimeLimits { context.configuration.limits }

  func record(_ kind: SessionEvent.Kind, source: SessionEvent.Source = .executor) {
    record([SessionEvent(source: source, kind)])
  }

  /// The only way to the recorder. Nothing follows the end of the session, whatever still returns late.
  func record(_ events: [SessionEvent]) {
    if case .closed = life { return }
    if !events.isEmpty { recorder.record(events) }
  }

  // MARK: Start-up

  /// Acquires session, managers, pilot and, if it is enabled, the raptor, and starts the queue runner.
  ///
  /// Ports `RPDispatchingExecutor.runtime_startup`.
  /// - Throws: `DispatchError` with the cause when a step fails or is interrupted; the earlier steps are undone then.
  ///   `ValueError` when the workflow needs a raptor and the session has none.
  ///   `APIError` when another runtime is active, `ProtocolError` when this one was started before.
  public func startup() async throws {
    guard case .idle = life else { throw ProtocolError("session \(context.id) was started before") }
    try requireRaptor(for: workflow.firstUnfinishedForRaptor)
    try scope.claim(for: context.id)
    life = .starting
    opened = .now
    record(.sessionOpened(info))
    record(.sessionPhase(.starting, reason: info.reason))
    listener = Task { [engine] in
      for await batch in engine.events { confirm(batch) }
      engineFellSilent()
    }
    for resource in RuntimeResource.order(withRaptor: context.configuration.enableRaptor) {
      do {
        let detail = try await runtime.acquire(resource, limit: limits.startup, abort: abort)
        record(.resource(name: resource.rawValue, acquired: true, detail: detail))
        if Task.isCancelled || abort.isHurried { throw CancellationError() }
      } catch {
        let why = error is CancellationError ? "interrupted" : "\(error)"
        record(.log(.error, "could not acquire the \(resource.rawValue): \(why)"))
        startProblem = "could not acquire the \(resource.rawValue) of session \(context.id): \(why)"
        // In a task of its own: a start-up that was cancelled is undone all the same.
        await Task { await undoStartup() }.value
        throw DispatchError(startProblem ?? why)
      }
    }
    runner = Task { [queue] in
      for await entry in queue.entries { process(entry) }
    }
    life = .open(.running)
    record(.sessionPhase(.running, reason: nil))
    if let earlier { announceResumed(earlier) } else { announceWorkflow() }
    earlier = nil
    resumeAll(&openWaiters)
    if isEngineSilent { engineFellSilent() }
    poke()
  }

  /// What an earlier session left is work of this one: its facts open the new journal.
  private func announceWorkflow() {
    // Nobody knows how these ended. What never started is run; what did is not run twice.
    let unsettled = workflow.unsettled
    let started = unsettled.filter { workflow.state(of: $0) >= .agentExecuting }
    workflow.putBack(unsettled.filter { workflow.state(of: $0) < .agentExecuting })
    var reasons: [TaskID: String] = [:]
    for (id, reason) in workflow.takeCanceledOnArrival() { reasons[id] = reason }
    for id in started {
      reasons[id] = "its end was never confirmed in an earlier session"
      for (dependent, reason) in workflow.finish(id, .failed) { reasons[dependent] = reason }
    }
    for batch in workflow.batches {
      record(.tasksAdded(batch))
      let ended = batch.ids.map(TaskID.init).filter { workflow.state(of: $0).isFinal }
      let now = Timestamp.now
      record(
        ended.map { id in
          let result = TaskResult(attempt: workflow.attempt(of: id), reason: reasons[id] ?? "in an earlier session")
          return SessionEvent(time: now, source: .executor, .task(id, workflow.state(of: id), result))
        })
    }
  }

  /// The journal has the tasks; it is told which of them wait again.
  private func announceResumed(_ table: TaskTable) {
    let now = Timestamp.now
    var events: [SessionEvent] = []
    var again = 0
    for (id, reason) in workflow.takeCanceledOnArrival() {
      events.append(SessionEvent(time: now, source: .executor, .task(id, .canceled, TaskResult(reason: reason))))
    }
    for number in 0..<table.count {
      let id = TaskID(number)
      let state = table.state(of: id)
      guard !workflow.state(of: id).isFinal, state != .new else { continue }
      if state >= .agentExecuting { again += 1 }
      let attempt = workflow.attempt(of: id)
      events.append(
        SessionEvent(
          time: now, source: .executor, .task(id, .new, attempt == 1 ? nil : TaskResult(attempt: attempt))))
    }
    record(events)
    let words = "resumed: \(workflow.count - workflow.unfinished) tasks have ended and stay so, "
    record(.log(.info, words + "\(workflow.unfinished) are to be run, \(again) of them again"))
  }

  private func undoStartup() async {
    for (resource, outcome) in await runtime.releaseAll(limit: limits.closeSession) {
      record(.resource(name: resource.rawValue, acquired: false, detail: outcome))
    }
    engine.killEverything()
    await lookForSurvivors(within: limits.verify)
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
      answer.resume(
        Result {
          let items = workflow.named(items)
          let pilot = context.configuration.pilotSize
          return try accept { workflow in try workflow.add(items, on: pilot) }
        })
    case .commands(let list, let answer):
      let like = TaskDescription(name: "command", argv: [])
      answer.resume(Result { try accept { workflow in [try workflow.add(commands: list, like: like)] } })
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
    record(batches.map { SessionEvent(source: .executor, .tasksAdded($0)) })
    let now = Timestamp.now
    record(
      workflow.takeCanceledOnArrival().map { id, reason in
        SessionEvent(time: now, source: .executor, .task(id, .canceled, TaskResult(reason: reason)))
      })
    if batches.contains(where: \.description.raptor) { settleRaptorTasks() }
    return batches
  }

  private func requireRaptor(for item: String?) throws(ValueError) {
    if let item, !context.configuration.enableRaptor {
      throw ValueError("task '\(item)' goes through the raptor, but \(PilotSize.sessionHasNone)")
    }
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
    let tasks = workflow.takeReady(limit: room)
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
    record(events)
  }

  func resumeAll(_ waiters: inout [Once<Void>]) {
    let all = waiters
    waiters = []
    for waiter in all { waiter.resume(()) }
  }
}
