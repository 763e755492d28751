import Glibc
import Platform
import SessionModel
import Wire
import Words
import Work

/// The agent of a local pilot: a process of its own that holds the cores, schedules tasks onto them and runs them.
///
/// It is the parent of every process of the pilot, also of those that try to leave it (a "subreaper"), and it ends all
/// of them when its host closes the pipe, says `stop`, or is gone. Its tasks die when it dies.
final class Agent {
  private let link: HelperLink
  private var loop: PollLoop { link.loop }
  private var settings: Settings?
  private var isEnding = false

  /// What exists once the host said `start`.
  private final class Settings {
    let configuration: AgentConfiguration
    let runner: TaskRunner
    var scheduler: CoreScheduler
    var waiting: [TaskID: ResolvedTask] = [:]
    var raptor: RaptorLink?
    var raptorCount = 0
    var pilotState = PilotState.active
    var pause: DispatchPause
    var retry: PollLoop.TimerID?
    var isFilling = false
    /// The processors of this machine that are the pilot's cores, in order; empty when tasks are not bound to them.
    let processors: [Int]

    init(configuration: AgentConfiguration, runner: TaskRunner) {
      self.configuration = configuration
      self.runner = runner
      pause = DispatchPause(patience: Duration(saturating: configuration.patience))
      // A pilot with more cores than there are has none of its own to give to a task.
      let own = configuration.placement.bindsCores ? CoreMask.own.numbers : []
      processors = configuration.cores <= own.count ? Array(own.prefix(configuration.cores)) : []
      scheduler = CoreScheduler(
        cores: configuration.cores, gpus: configuration.gpus, numbersCores: !processors.isEmpty,
        functions: configuration.functions)
    }
  }

  private init() throws { link = try HelperLink(processName: "scalems-agent") }

  /// Serves the host on standard input and output until it says stop or is gone.
  ///
  /// - Returns: the exit status of the process.
  static func run() -> Int32 {
    do {
      try AgentGuard.guardThisProcess()
      let agent = try Agent()
      agent.link.onRequest = { [unowned agent] in agent.receive($0) }
      agent.link.onEnd = { [unowned agent] in agent.endNow() }
      agent.link.serve()
      agent.settings?.runner.close()
      return 0
    } catch {
      complain("scalems-agent: \(error)")
      return 1
    }
  }

  // MARK: Requests

  private func receive(_ outcome: RequestReader.Outcome) {
    guard !isEnding else { return }
    switch outcome {
    case .problem(let text): emit(SessionEvent(source: .agent, .log(.error, text)))
    case .otherVersion(let words):
      emit(SessionEvent(source: .agent, .pilot(PilotStatus(uid: "", state: .failed, cores: 0, detail: words))))
      endNow()
    case .request(.start(let configuration)): start(configuration)
    case .request(let request):
      guard let settings else {
        return emit(SessionEvent(source: .agent, .log(.error, "a request came before the start")))
      }
      handle(request, settings)
    }
  }

  private func start(_ configuration: AgentConfiguration) {
    do {
      let runnerConfiguration = try TaskRunner.Configuration(configuration, source: .agent)
      let settings = Settings(
        configuration: configuration, runner: try TaskRunner(configuration: runnerConfiguration, loop: loop))
      self.settings = settings
      settings.runner.emit = { [unowned self] in emit($0, settings) }
      settings.runner.onShortage = { [unowned self] in putBack($0, $1, settings) }
      settings.runner.onEnd = { [unowned self] in taskEnded($0, settings) }
      settings.runner.onExchange = { [unowned self] in directoryExchanged($0.description, settings) }
      settings.runner.onOtherChild = { pid, status in settings.raptor?.childEnded(pid, status) }
      reportPilot(settings, .active, detail: nil)
      if let runtime = configuration.runtime {
        loop.after(Duration(saturating: runtime)) { [unowned self] in runtimeEnded(settings, after: runtime) }
      }
    } catch {
      emit(
        SessionEvent(
          source: .agent,
          .pilot(
            PilotStatus(
              uid: configuration.pilot, state: .failed, cores: configuration.cores, gpus: configuration.gpus,
              detail: "\(error)"))))
      endNow()
    }
  }

  private func handle(_ request: AgentRequest, _ settings: Settings) {
    switch request {
    case .start, .hello: break
    case .batch(let number, let description): settings.raptor?.write(.batch(number, description))
    case .addItem(let item, _): add(item, settings)
    case .cancel(let ids, let grace): cancel(ids, grace: grace, settings)
    case .withdraw(let number):
      let ids = settings.scheduler.removeAll()
      for id in ids { settings.waiting[id] = nil }
      link.write { json in
        json.beginObject()
        json.member("event", "agent.withdrawn")
        json.member("request", number)
        json.member("uids", ids.map(\.uid))
        json.endObject()
        json.endLine()
      }
    case .startRaptor: startRaptor(settings)
    case .stopRaptor: settings.raptor?.stop()
    case .cancelRaptor: settings.raptor?.cancel(grace: settings.configuration.killGrace)
    case .directory(let identity):
      settings.runner.follow(identity)
      settings.raptor?.write(request)
    case .stop: endNow()
    }
  }

  private func add(_ item: ResolvedTask, _ settings: Settings) {
    let noRaptor = item.description.raptor && !(settings.raptor?.takesWork ?? false)
    if noRaptor { return handBack(item) }
    let pilot = PilotSize(
      cores: settings.configuration.cores, gpus: settings.configuration.gpus,
      hasRaptor: settings.raptor?.isAlive ?? false)
    if let refusal = pilot.reason(against: item.needs) {
      let result = TaskResult(attempt: item.attempt, reason: refusal)
      return emit(SessionEvent(source: .agent, .task(item.id, .failed, result)))
    }
    settings.waiting[item.id] = item
    settings.scheduler.add(CoreScheduler.Request(item))
    let result = item.attempt == 1 ? nil : TaskResult(attempt: item.attempt)
    emit(SessionEvent(source: .agent, .task(item.id, .agentScheduling, result)))
    fill(settings)
  }

  /// Without a raptor, what goes through it is the executor's again.
  private func handBack(_ item: ResolvedTask) {
    let result = TaskResult(attempt: item.attempt, reason: "the raptor ended before it could start")
    emit(SessionEvent(source: .agent, .task(item.id, .new, result)))
  }

  /// Starts what fits on the free cores.
  private func fill(_ settings: Settings) {
    guard settings.pilotState == .active, !isEnding, !settings.isFilling else { return }
    settings.isFilling = true
    defer { settings.isFilling = false }
    while settings.pause.mayStart {
      guard let start = settings.scheduler.next() else {
        if settings.pause.isPaused { goOn(settings) }
        return
      }
      guard let item = settings.waiting.removeValue(forKey: start.id) else { continue }
      settings.pause.tries(item.id)
      let slots = TaskSlots(
        cores: start.slots.cores.compactMap {
          settings.processors.indices.contains($0) ? settings.processors[$0] : nil
        },
        gpus: start.slots.gpus)
      if !item.description.raptor {
        settings.runner.start(item, slots)
      } else if let raptor = settings.raptor, raptor.takesWork {
        raptor.add(item, slots)
      } else {
        settings.scheduler.release(item.id)
        handBack(item)
      }
    }
  }

  private func taskEnded(_ id: TaskID, _ settings: Settings) {
    settings.scheduler.release(id)
    settings.pause.ended(id)
    fill(settings)
  }

  private func cancel(_ ids: [TaskID], grace: Double, _ settings: Settings) {
    for id in ids where settings.scheduler.remove(id) {
      let attempt = settings.waiting.removeValue(forKey: id)?.attempt ?? 1
      let result = TaskResult(attempt: attempt, reason: "canceled on request")
      emit(SessionEvent(source: .agent, .task(id, .canceled, result)))
    }
    settings.runner.cancel(ids, grace: grace)
    settings.raptor?.cancel(ids, grace: grace)
    fill(settings)
  }

  // MARK: Want

  /// A task could not be started for want of something of ours: it waits again, and so do all that come after it.
  private func putBack(_ item: ResolvedTask, _ shortage: Shortage, _ settings: Settings) {
    let first = !shortage.isDoubtful
    settings.scheduler.putBack(CoreScheduler.Request(item), first: first)
    settings.waiting[item.id] = item
    let isIdle = settings.runner.runningCount == 0 && settings.raptor?.isIdle ?? true
    let verdict = settings.pause.lacks(shortage, for: item.id, isIdle: isIdle, now: .now)
    guard verdict != .ownFault else {
      _ = settings.scheduler.remove(item.id)
      settings.waiting[item.id] = nil
      let result = TaskResult(attempt: item.attempt, reason: shortage.reason)
      emit(SessionEvent(source: .agent, .task(item.id, .failed, result)))
      return fill(settings)
    }
    let result = item.attempt == 1 ? nil : TaskResult(attempt: item.attempt)
    emit(SessionEvent(source: .agent, .task(item.id, .agentScheduling, result)))
    guard !isEnding else { return }
    switch verdict {
    case .ownFault: break
    case .giveUp: giveUp(shortage, settings)
    case .paused(let isNews, let delay):
      if isNews {
        let words = "dispatch pauses: \(item.label): \(shortage.reason)"
        let patience = Format.plainSeconds(settings.configuration.patience)
        emit(
          SessionEvent(
            source: .agent,
            .log(.warning, "\(words); it is put back and tried again, for \(patience) while nothing else runs")))
        reportPilot(settings, .active, detail: words)
      }
      loop.cancel(settings.retry)
      settings.retry = loop.after(delay) { [unowned self] in
        settings.pause.retryIsDue()
        fill(settings)
      }
    }
  }

  private func goOn(_ settings: Settings) {
    settings.pause.goesOn()
    emit(SessionEvent(source: .agent, .log(.info, "dispatch goes on")))
    reportPilot(settings, .active, detail: nil)
  }

  private func giveUp(_ shortage: Shortage, _ settings: Settings) {
    let patience = Format.plainSeconds(settings.configuration.patience)
    let reason = "nothing could be started for \(patience): \(shortage.reason)"
    reportPilot(settings, .failed, detail: reason)
    endNow()
  }

  /// Whoever can exchange the session's directory has no part in what is run.
  private func directoryExchanged(_ words: String, _ settings: Settings) {
    guard !isEnding else { return }
    reportPilot(settings, .failed, detail: words)
    endNow()
  }

  // MARK: Raptor

  private func startRaptor(_ settings: Settings) {
    guard !(settings.raptor?.isAlive ?? false) else { return }
    settings.scheduler.reserve(cores: PilotSize.raptorCores)
    settings.raptorCount += 1
    let link = RaptorLink(
      loop: loop, configuration: settings.configuration, directory: settings.runner.directory,
      number: settings.raptorCount - 1)
    settings.raptor = link
    link.emit = { [unowned self] in emit($0, settings) }
    link.onShortage = { [unowned self] in putBack($0, $1, settings) }
    link.onTaskEnd = { [unowned self] in taskEnded($0, settings) }
    link.onEnd = { [unowned self] in
      settings.scheduler.reserve(cores: -PilotSize.raptorCores)
      // What waits for cores of a raptor that is gone would wait for ever.
      for (id, item) in settings.waiting where item.description.raptor {
        _ = settings.scheduler.remove(id)
        settings.waiting[id] = nil
        handBack(item)
      }
      fill(settings)
    }
    link.start()
  }

  // MARK: End

  private func runtimeEnded(_ settings: Settings, after runtime: Double) {
    guard settings.pilotState == .active, !isEnding else { return }
    let reason = "the pilot reached its runtime of \(Format.plainSeconds(runtime))"
    settings.pilotState = .done
    let grace = settings.configuration.killGrace
    settings.runner.cancel(settings.runner.ids, because: .pilotEnded(reason), grace: grace)
    settings.raptor?.pilotEnded(reason, grace: grace)
    awaitIdle(settings) { [unowned self] in reportPilot(settings, .done, detail: reason) }
  }

  private func awaitIdle(_ settings: Settings, _ body: @escaping () -> Void) {
    guard settings.runner.runningCount > 0 || settings.raptor?.isAlive ?? false else { return body() }
    loop.after(.milliseconds(20)) { [unowned self] in awaitIdle(settings, body) }
  }

  /// Ends everything: SIGTERM, a short grace, then SIGKILL for the whole tree when the loop has ended.
  private func endNow() {
    guard !isEnding else { return }
    isEnding = true
    link.stopListening()
    guard let settings else { return loop.stop() }
    let grace = min(2, settings.configuration.killGrace)
    settings.runner.cancel(settings.runner.ids, because: .pilotEnded("the pilot was ended"), grace: grace)
    settings.raptor?.pilotEnded("the pilot was ended", grace: grace)
    loop.after(Duration(saturating: grace + 1)) { [unowned self] in loop.stop() }
    awaitIdle(settings) { [unowned self] in
      if settings.pilotState == .active { reportPilot(settings, .done, detail: nil) }
      loop.stop()
    }
  }

  // MARK: Events

  private func reportPilot(_ settings: Settings, _ state: PilotState, detail: String?) {
    let configuration = settings.configuration
    settings.pilotState = state
    emit(
      SessionEvent(
        source: .agent,
        .pilot(
          PilotStatus(
            uid: configuration.pilot, state: state, cores: configuration.cores, gpus: configuration.gpus,
            runtime: configuration.runtime, detail: detail))))
  }

  private func emit(_ event: SessionEvent) { link.emit(event) }

  /// What a runner said.
  private func emit(_ event: SessionEvent, _ settings: Settings) {
    emit(event)
    guard case .task(let id, .agentExecuting, _) = event.kind else { return }
    settings.pause.started(id)
    if settings.pause.isPaused { fill(settings) }
  }
}
