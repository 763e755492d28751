import SessionModel
import Synchronization
import Work

/// The executor: acquires the runtime, feeds tasks to the engine, takes commands, and ends all of it in order.
///
/// Ports `scalems.radical.runtime`, `RPDispatchingExecutor`. What is decided is decided by `SessionCore`; this carries it
/// out, in order, and waits for nothing: neither for a file nor for an engine.
public actor DispatchingExecutor {
  public nonisolated let context: SessionContext
  public nonisolated let engine: any PilotEngine
  private nonisolated let recorder: any EventRecorder
  private nonisolated let scope: RuntimeScope
  private nonisolated let signals = Mutex(Signals())

  private var core: SessionCore
  private var lastCommand: Int
  private var lastAnswer = 0
  private var answers: [Int: Promise<Result<[TaskBatch], any Error>>] = [:]
  private var commands: [Int: CommandProgress] = [:]
  private var isStartAwaited = false
  private let started = Promise<Bool>()
  private nonisolated let closed = Promise<SessionSummary>()
  private var listener: Task<Void, Never>?
  private var acquisition: Task<Void, Never>?
  private var timers: [SessionCore.Timer.Purpose: Task<Void, Never>] = [:]
  /// What the journal gets to take the end of the session in, before that is told all the same.
  private static let lastFlush = Duration.seconds(10)

  private struct Signals {
    var received: [Int32] = []
    /// How many of them the core knows.
    var taken = 0
  }

  /// Who waits for the stages of a command.
  private struct CommandProgress {
    /// The record once it is acknowledged; `nil` for a command that is refused.
    let acknowledged = Promise<CommandRecord?>()
    let finished = Promise<CommandRecord>()
  }

  /// - Parameters:
  ///   - workflow: what an earlier session left, or an empty one.
  ///   - earlier: all of the journal of this session, when its host ended and it is taken up again; the workflow is what
  ///     was left then, and the journal is written on.
  ///   - again: tasks of the earlier session that run again, with those that were canceled because of them; all that are
  ///     FAILED when there are none in it, and none when it is `nil`.
  ///   - scope: where only one runtime may be active; a test makes its own.
  public init(
    context: SessionContext, info: SessionInfo, engine: any PilotEngine, recorder: any EventRecorder,
    workflow: Workflow = Workflow(), resuming earlier: SessionSnapshot? = nil, again: TaskIDs? = nil,
    scope: RuntimeScope = .process
  ) {
    self.context = context
    self.engine = engine
    self.recorder = recorder
    self.scope = scope
    lastCommand = earlier?.commands.map(\.id).max() ?? 0
    core = SessionCore(
      info: info, limits: context.configuration.limits, pilotSize: context.configuration.pilotSize, workflow: workflow,
      resuming: earlier, again: again,
      onFailure: context.configuration.onFailure)
    core.sizeOfPilot = { [configuration = context.configuration] in configuration.pilotSize(orCores: $0) }
    core.work.workflow.clientDirectory = context.clientDirectory
    core.start.warnings = context.configuration.warnings
  }

  /// What the session works on; of a closed session, with what it left, for a later one.
  public var workflow: Workflow { core.work.workflow }

  /// Whether work may be taken now or, after a `resume`, later.
  public var takesWork: Bool { core.intention != nil }

  // MARK: Start and end

  /// Opens the session: from here on it takes work and commands. Its resources are not there yet.
  ///
  /// - Parameter work: what there is to do from the beginning: it is recorded before the first resource is asked for, and
  ///   before a signal that came already counts. So whatever becomes of the start, it can be taken up again.
  /// - Throws: what `Workflow.add` throws; `ValueError` when the workflow needs a raptor and the session has none,
  ///   `APIError` when another runtime is active, `ProtocolError` when the session was opened before. Nothing is recorded
  ///   then.
  public func open(with work: [WorkOffer] = []) throws {
    guard case .idle = core.life else { throw ProtocolError("session \(context.id) was started before") }
    if let fault = SessionRules.fault(inName: core.info.name) ?? SessionRules.fault(inReason: core.info.reason) {
      throw ValueError(fault)
    }
    for offer in work { try core.addFirst(offer) }
    try core.requireRaptor()
    try scope.claim(for: context.id)
    listener = Task { [engine] in
      for await batch in engine.events { feed(.engine(batch)) }
      feed(.engineEnded)
    }
    takeSignals()
    feed(.start)
    recorder.onTrouble { [weak self] in Task { await self?.noteTrouble() } }
    noteTrouble()
  }

  /// Looks itself, so that the last of several changes counts.
  private func noteTrouble() {
    let trouble = recorder.trouble
    if trouble != core.recorderTrouble { feed(.recorder(trouble)) }
  }

  /// Acquires session, managers, pilot and, if it is enabled, the raptor; opens the session if it is not open.
  ///
  /// Ports `RPDispatchingExecutor.runtime_startup`.
  /// - Throws: `DispatchError` with the cause when a step fails or is interrupted; the earlier steps are undone then.
  ///   What `open()` throws, and `ProtocolError` when the start was asked for before.
  public func startup() async throws {
    if case .idle = core.life { try open() }
    guard !isStartAwaited else { throw ProtocolError("session \(context.id) was started before") }
    isStartAwaited = true
    let hasOpened = await withTaskCancellationHandler {
      await started.value()
    } onCancel: {
      // In a task of its own: a start-up that was cancelled is undone all the same.
      Task { await self.feed(.abandonStart) }
    }
    guard !hasOpened else { return }
    throw DispatchError(core.start.problem ?? "session \(context.id) was closed before it had started")
  }

  /// Awaits the end of the session.
  public nonisolated func waitUntilClosed() async -> SessionSummary { await closed.value() }

  /// Ends the session after everything that was offered: drains the queue, then runs the shutdown sequence.
  ///
  /// - Throws: `ProtocolError` when the session was never started.
  public func shutdown() async throws -> SessionSummary {
    if case .idle = core.life { throw ProtocolError("session \(context.id) was never started") }
    finish()
    return await waitUntilClosed()
  }

  /// What a signal asks for: the first is a cooperative cancellation, the second skips the grace periods, the third
  /// kills every process of the session at once.
  ///
  /// Ports the handling of SIGINT in `RPDispatchingExecutor.runtime_startup`.
  /// - Returns: how many signals came so far; at 3 the caller should end the process.
  @discardableResult
  public nonisolated func interrupt(signal: Int32) -> Int {
    let count = signals.withLock { signals in
      signals.received.append(signal)
      return signals.received.count
    }
    // From any thread, whatever the executor is at.
    if count > 2 { engine.killEverything() }
    Task { await self.noteSignals() }
    return count
  }

  /// Signals that come before the session is opened are taken then.
  private func noteSignals() {
    if case .idle = core.life { return }
    takeSignals()
  }

  private func takeSignals() {
    for signal in signals.withLock({ Array($0.received[$0.taken...]) }) {
      signals.withLock { $0.taken += 1 }
      feed(.signal(signal))
    }
  }

  /// Whether what `interrupt(signal:)` was told has begun to have its effect: not while nothing in this process can run.
  public nonisolated var hasTakenSignals: Bool { signals.withLock { $0.taken == $0.received.count } }

  /// Awaits that everything which was recorded so far is written, or kept because it cannot be.
  public nonisolated func recorded() async { await recorder.flush() }

  // MARK: Work

  /// Offers items; they are taken in the order of the offers.
  ///
  /// - Returns: the tasks they became. From here on they are acknowledged: in the journal, and never lost.
  /// - Throws: `ProtocolError` before the session is opened or when it takes no more work; what `Workflow.add` throws.
  @discardableResult
  public func submit(_ items: [WorkItem]) async throws -> [TaskBatch] { try await offer(.items(items)) }

  /// Offers one task a shell command.
  ///
  /// - Parameter directory: where they run, as an absolute path; each in its own directory when `nil`.
  /// - Throws: as `submit(_:)` for items.
  @discardableResult
  public func submit(commands: CommandList, in directory: String? = nil) async throws -> [TaskBatch] {
    try await offer(.commands(commands, directory: directory))
  }

  /// What cannot be found out in this time is found out when the task starts.
  private static let checkLimit = Duration.seconds(20)

  private func offer(_ offer: WorkOffer) async throws -> [TaskBatch] {
    // Nothing else can be more than this engine knows how to do, or needs a look at the machine.
    if case .items(let items) = offer,
      case let asked = items.filter({ $0.description.usesLauncher || $0.description.function != nil }), !asked.isEmpty,
      case .value(let fault?) = await withTimeout(Self.checkLimit, { [engine] in await engine.fault(of: asked) })
    {
      throw ValueError(fault)
    }
    lastAnswer += 1
    let answer = Promise<Result<[TaskBatch], any Error>>()
    answers[lastAnswer] = answer
    feed(.offer(offer, answer: lastAnswer))
    return try await answer.value().get()
  }

  /// Says that no more work will come: the session closes itself when all of it came to its end.
  public func finish() { feed(.workComplete) }

  // MARK: Commands

  /// Takes a command and awaits its end.
  ///
  /// Every stage is an event: requested, acknowledged, finished with its outcome.
  @discardableResult
  public func perform(_ command: OperatorCommand, sender: CommandSender, reason: String? = nil) async -> CommandRecord {
    await request(command, sender, reason).finished.value()
  }

  /// Takes a command and says how it goes: once it is acknowledged, and at its end; a refused one has only an end.
  public nonisolated func send(
    _ command: OperatorCommand, sender: CommandSender, reason: String? = nil,
    report: @escaping @Sendable (CommandRecord) -> Void = { _ in }
  ) {
    Task {
      let progress = await self.request(command, sender, reason)
      if let record = await progress.acknowledged.value() { report(record) }
      report(await progress.finished.value())
    }
  }

  private func request(_ command: OperatorCommand, _ sender: CommandSender, _ reason: String?) -> CommandProgress {
    lastCommand += 1
    let progress = CommandProgress()
    commands[lastCommand] = progress
    feed(.command(CommandRequest(id: lastCommand, command: command, sender: sender, reason: reason)))
    return progress
  }

  // MARK: Carrying out

  private func feed(_ input: SessionCore.Input) {
    let ahead = engine.dispatchAhead
    if ahead > core.dispatchAhead { recorder.expect(tasks: ahead) }
    core.dispatchAhead = ahead
    for effect in core.update(input, at: .now) { carryOut(effect) }
  }

  private func carryOut(_ effect: SessionCore.Effect) {
    switch effect {
    case .record(let events): recorder.record(events)
    case .submit(let tasks): engine.submit(tasks)
    case .cancel(let tasks, let grace): engine.cancel(tasks, grace: grace)
    case .killEverything: engine.killEverything()
    case .ask(let command, let reason): send(command, sender: CommandSender(user: core.info.user), reason: reason)
    case .call(let call): start(call)
    case .startTimer(let timer, let delay):
      timers[timer.purpose]?.cancel()
      timers[timer.purpose] = Task {
        guard (try? await Task.sleep(for: delay)) != nil else { return }
        feed(.expired(timer))
      }
    case .opened: started.fulfil(true)
    case .answer(let number, let result):
      guard let answer = answers.removeValue(forKey: number) else { return }
      // Work that was taken is in the journal, also on a disk that is full.
      whenWritten(strictly: true) { answer.fulfil(result) }
    case .acknowledged(let record):
      guard let progress = commands[record.id] else { return }
      whenWritten(strictly: record.verb == .submit) { progress.acknowledged.fulfil(record) }
    case .finished(let record):
      guard let progress = commands.removeValue(forKey: record.id) else { return }
      whenWritten(strictly: record.verb == .submit) {
        progress.acknowledged.fulfil(nil)
        progress.finished.fulfil(record)
      }
    case .closed(let summary):
      listener?.cancel()
      for timer in timers.values { timer.cancel() }
      scope.release()
      Task { [recorder, started, closed] in
        _ = await withTimeout(Self.lastFlush) { await recorder.flush() }
        started.fulfil(false)
        closed.fulfil(summary)
      }
    }
  }

  /// What is said to anyone is in the journal; on a full disk, only of work is that waited for.
  private func whenWritten(strictly: Bool = false, _ body: @escaping @Sendable () -> Void) {
    Task { [recorder] in
      if strictly { await recorder.written() } else { await recorder.flush() }
      body()
    }
  }

  // MARK: Calls of the engine

  private func start(_ call: EngineCall) {
    let engine = engine
    switch call {
    case .acquire(let resource):
      var context = context
      context.hasFunctions = core.work.workflow.batches.contains { $0.description.function != nil }
      acquisition = Task { [context] in
        let result = await Self.outcome { try await engine.acquire(resource, in: context) }
        feed(.returned(.acquired(resource, result)))
      }
    case .release(let resources, let limit):
      acquisition?.cancel()
      Task { await release(resources, limit) }
    case .withdraw(let isShutdown):
      Task {
        let result = await Self.outcome { try await engine.withdraw() }
        feed(.returned(.withdrawn(result, isShutdown: isShutdown)))
      }
    case .stopRaptor:
      Task { feed(.returned(.raptorStopped(await Self.problem { try await engine.stopRaptor() }))) }
    case .cancelRaptor:
      Task { feed(.returned(.raptorCanceled(await Self.problem { try await engine.cancelRaptor() }))) }
    case .survivors(let limit, let delay):
      Task {
        if delay > .zero { try? await Task.sleep(for: delay) }
        let answer = await withTimeout(limit) { await engine.survivors() }
        feed(.returned(.survivors(answer.value)))
      }
    }
  }

  /// Gives resources back within the limit: each has half of the time that is left, so that one that hangs keeps no
  /// other from its release.
  private func release(_ resources: [RuntimeResource], _ limit: Duration) async {
    let deadline = ContinuousClock.now + limit
    var isWell = true
    for resource in resources {
      let engine = engine
      var problem: String?
      switch await withTimeout((deadline - .now) / 2, { try await engine.release(resource) }) {
      case .value: break
      case .failure(let error): problem = "\(error)"
      case .timedOut: problem = "not released in time"
      }
      isWell = isWell && problem == nil
      // What the engine said last should stand before the end of the journal.
      if resource == .session, isWell { await listener?.value }
      feed(.returned(.released(resource, problem)))
    }
  }

  private static func outcome<Value: Sendable>(
    _ body: @Sendable () async throws -> Value
  ) async -> Result<Value, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }

  private static func problem(_ body: @Sendable () async throws -> Void) async -> String? {
    do { try await body() } catch { return "\(error)" }
    return nil
  }
}
