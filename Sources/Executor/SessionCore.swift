import SessionModel
import Words
import Work

/// What the executor decides: inputs go in, effects come out. It has no clock, no thread and no engine, so that any course
/// of a session can be played in a test.
///
/// Ports `scalems.radical.runtime`, `RPDispatchingExecutor`. Effects are to be carried out in their order: a fact is
/// recorded before anything follows from it.
struct SessionCore {
  enum Input {
    /// Open the session and acquire its resources.
    case start
    /// The caller gave up on the start.
    case abandonStart
    /// Work, and the number that its answer goes to.
    case offer(WorkOffer, answer: Int)
    /// No more work will come from the workflow.
    case workComplete
    case command(CommandRequest)
    /// A signal came: the first cancels, the second skips the grace periods.
    case signal(Int32)
    /// What the engine confirmed.
    case engine([SessionEvent])
    /// The engine will confirm nothing any more.
    case engineEnded
    /// What keeps the record of the session from being written; `nil` when nothing does.
    case recorder(RecorderTrouble?)
    case returned(EngineReply)
    case expired(Timer)
  }

  enum Effect {
    case record([SessionEvent])
    case answer(Int, Result<[TaskBatch], any Error>)
    /// The command was taken up; said when that is in the journal.
    case acknowledged(CommandRecord)
    case finished(CommandRecord)
    case submit([EngineTask])
    case cancel([TaskID], grace: Duration)
    case call(EngineCall)
    case killEverything
    case startTimer(Timer, Duration)
    /// The session gives itself a command.
    case ask(OperatorCommand, reason: String)
    /// All resources are there.
    case opened
    /// The session has ended; nothing follows.
    case closed(SessionSummary)
  }

  /// A deadline; one that was replaced by a later one has another serial number.
  struct Timer: Equatable {
    enum Purpose: Hashable {
      case acquire(RuntimeResource)
      case withdraw
      case recorder
      case phase(ShutdownPhase)
      case raptorPhase(ShutdownPhase)
    }
    var purpose: Purpose
    var serial: Int
  }

  enum Life {
    case idle
    case active(Stage, Intention)
    case closing
    case closed(SessionSummary)
  }

  enum Stage { case starting, open }

  /// What a session that is not closing is on the way to.
  enum Intention: Equatable {
    case running
    case draining(command: Int)
    case stopping(command: Int)

    var command: Int? {
      switch self {
      case .running: nil
      case .draining(let command), .stopping(let command): command
      }
    }
  }

  let info: SessionInfo
  let limits: TimeLimits
  let onFailure: FailurePolicy
  /// Whether the session acted on a failure, and nobody undid that.
  var hasActedOnFailure = false
  /// What the pilot of the session has, as far as that is known before it is there.
  let pilotSize: PilotSize
  /// What a pilot of so many cores has, for one of which that is known when it is there.
  var sizeOfPilot: @Sendable (Int) -> PilotSize
  /// How many tasks the engine wants ahead; asked for before each input.
  var dispatchAhead = 1

  var life = Life.idle
  var work: WorkState
  var commands = CommandLedger()
  var start: StartState
  var pilot = PilotPart()
  var raptor = RaptorPart()
  /// What keeps the record from being written.
  var recorderTrouble: RecorderTrouble?
  var shutdown: PhaseSequence?
  var ending = Ending()
  private var effects: [Effect] = []
  /// The timers that count, by what they are for.
  private var timers: [Timer.Purpose: Int] = [:]
  private var lastTimer = 0
  private(set) var now = Timestamp.now

  init(
    info: SessionInfo, limits: TimeLimits, pilotSize: PilotSize, workflow: Workflow,
    resuming earlier: SessionSnapshot?, again: TaskIDs? = nil, onFailure: FailurePolicy = .goOn
  ) {
    self.info = info
    self.onFailure = onFailure
    self.limits = limits
    self.pilotSize = pilotSize
    sizeOfPilot = { _ in pilotSize }
    work = WorkState(workflow: earlier.map { Workflow(resuming: $0.tasks, rerunning: again) } ?? workflow)
    start = StartState(resources: RuntimeResource.order(withRaptor: pilotSize.hasRaptor), earlier: earlier?.tasks)
  }

  mutating func update(_ input: Input, at time: Timestamp) -> [Effect] {
    now = time
    switch input {
    case .start: begin()
    case .abandonStart: abandonStart()
    case .offer(let offer, let answer): emit(.answer(answer, take(offer)))
    case .workComplete: completeWork()
    case .command(let request): handle(request)
    case .signal(let number): interrupt(by: number)
    case .engine(let events): confirm(events)
    case .engineEnded: engineEnded()
    case .recorder(let trouble): recorderChanged(trouble)
    case .returned(let reply): returned(reply)
    case .expired(let timer): expired(timer)
    }
    settle()
    defer { effects = [] }
    return effects
  }

  private mutating func returned(_ reply: EngineReply) {
    switch reply {
    case .acquired(.raptor, let result) where raptor.isRestarting: raptorReplaced(result)
    case .acquired(let resource, let result): acquired(resource, result)
    case .released(let resource, let problem): released(resource, problem)
    case .withdrawn(let result, let isShutdown): withdrawn(result, isShutdown: isShutdown)
    case .raptorStopped(let problem): raptorCallEnded(.stopRaptor, problem)
    case .raptorCanceled(let problem): raptorCallEnded(.cancelRaptor, problem)
    case .survivors(let list): survivors(list)
    }
  }

  private mutating func raptorCallEnded(_ phase: ShutdownPhase, _ problem: String?) {
    let end = problem.map { PhaseSequence.End.failed($0) } ?? .finished(nil)
    shutdown?.end(phase, end)
    raptor.ending?.end(phase, end)
  }

  private mutating func expired(_ timer: Timer) {
    guard timers[timer.purpose] == timer.serial else { return }
    disarm(timer.purpose)
    switch timer.purpose {
    case .acquire(.raptor) where raptor.isRestarting: restartExpired()
    case .acquire(let resource): acquireExpired(resource)
    case .recorder: recorderExpired()
    case .withdraw: log(.warning, "queued tasks could not be taken back within \(limits.drain.text)")
    case .phase(let phase): shutdown?.end(phase, .expired)
    case .raptorPhase(let phase): raptor.ending?.end(phase, .expired)
    }
  }

  /// Starts a timer; an earlier one for the same purpose counts no more.
  mutating func arm(_ purpose: Timer.Purpose, _ delay: Duration) {
    lastTimer += 1
    timers[purpose] = lastTimer
    emit(.startTimer(Timer(purpose: purpose, serial: lastTimer), delay))
  }

  mutating func disarm(_ purpose: Timer.Purpose) { timers[purpose] = nil }

  // MARK: What follows

  mutating func emit(_ effect: Effect) { effects.append(effect) }

  /// The only way to the journal. Nothing follows the end of the session, whatever still returns late.
  mutating func record(_ events: [SessionEvent]) {
    guard !events.isEmpty, !isClosed else { return }
    if case .record(let earlier)? = effects.last {
      effects[effects.count - 1] = .record(earlier + events)
    } else {
      emit(.record(events))
    }
  }

  mutating func record(_ kind: SessionEvent.Kind, source: SessionEvent.Source = .executor) {
    record([SessionEvent(time: now, source: source, kind)])
  }

  mutating func log(_ level: LogLevel, _ text: String) { record(.log(level, text)) }

  // MARK: Where the session is

  var isClosed: Bool { if case .closed = life { true } else { false } }
  var isClosing: Bool { if case .closing = life { true } else { false } }

  /// What an open or starting session is on the way to.
  var intention: Intention? { if case .active(_, let intention) = life { intention } else { nil } }

  var isOpen: Bool { if case .active(.open, _) = life { true } else { false } }

  /// The phase as people see it; `nil` before the start.
  var phase: SessionPhase? {
    switch life {
    case .idle: nil
    case .active(.starting, .running): .starting
    case .active(.open, .running): .running
    case .active(_, .draining): .draining
    case .active(_, .stopping): .stopping
    case .closing: .closing
    case .closed: .closed
    }
  }

  /// Does what can be done now: dispatches, and ends what has come to its end.
  private mutating func settle() {
    finishCommands(commands.takeFinishedCancels())
    advanceSequences()
    guard case .active(let stage, let intention) = life else { return }
    if case .open = stage { dispatch(intention) }
    switch intention {
    case .running:
      if case .open = stage, work.isComplete, work.workflow.isFinished { close(Ending.Cause.ending) }
    case .draining(let command):
      guard work.workflow.isFinished else { return }
      let count = work.workflow.count
      finish(command, .done(count == 1 ? "its only task came to its end" : "all \(count) tasks came to their end"))
      close(.ending)
    case .stopping(let command):
      guard work.inEngine.isEmpty else { return }
      finish(command, .done(work.workflow.unfinishedWords))
      close(.ending)
    }
  }

  mutating func finish(_ command: Int, _ outcome: CommandOutcome) {
    finishCommands(commands.finish(command, outcome))
  }

  private mutating func finishCommands(_ records: [CommandRecord]) {
    for record in records {
      self.record(.command(record))
      emit(.finished(record))
    }
  }
}
