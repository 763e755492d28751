import SessionModel
import Words
import Work

// What operators ask for.

extension SessionCore {
  /// Takes a command: requested, then acknowledged or refused; every stage is an event.
  mutating func handle(_ request: CommandRequest) {
    var record = CommandRecord(
      id: request.id, verb: request.command.verb, tasks: request.command.tasks, grace: request.command.grace,
      sender: request.sender, reason: request.reason, stage: .requested)
    if let fault = SessionRules.fault(inReason: request.reason) ?? SessionRules.fault(in: request.sender) {
      // Nothing of it is kept.
      record.stage = .finished(.failed(.tooLong, fault))
      return emit(.finished(record))
    }
    guard !isClosed else {
      // The journal has its end already.
      record.stage = .finished(.failed(Admission.closed))
      return emit(.finished(record))
    }
    commands.add(record)
    self.record(.command(record), source: .operator)
    switch admission(of: request.command.verb) {
    case .refused(let why): finish(request.id, .failed(why))
    case .underWay:
      acknowledge(request.id)
      join(request)
    case .admitted:
      acknowledge(request.id)
      perform(request)
    }
  }

  private func admission(of verb: OperatorCommand.Verb) -> Admission {
    guard let phase else { return .refused(CommandFailure(.notOpen, "the session is not open yet")) }
    return Admission.of(verb, in: phase, raptor: raptor.status, isRaptorEnding: raptor.command != nil)
  }

  private mutating func acknowledge(_ id: Int) {
    guard let record = commands.acknowledge(id) else { return }
    self.record(.command(record))
    emit(.acknowledged(record))
  }

  private mutating func perform(_ request: CommandRequest) {
    switch request.command {
    case .drain: drain(request)
    case .stop: stop(request)
    case .resume: resume(request)
    case .cancel: cancel(request)
    case .rerun(let tasks): rerun(tasks, for: request)
    case .cancelRaptor: stopRaptor(for: request.id)
    case .close(let grace): close(.command(reason: request.reason), grace: grace, by: request.sender.words)
    case .submit(let offer): submit(offer, for: request.id)
    }
  }

  /// What was asked for before: the command ends with the one that is under way.
  private mutating func join(_ request: CommandRequest) {
    switch request.command {
    case .close(.configured): break
    case .close(.seconds(let seconds)): changeTaskWait(to: .seconds(seconds), by: request.sender.words)
    case .close(.none): hurry(by: request.sender.words)
    case .cancelRaptor: if let command = raptor.command { commands.join(request.id, command) }
    default: if let command = intention?.command { commands.join(request.id, command) }
    }
  }

  // MARK: Where the session goes

  private mutating func drain(_ request: CommandRequest) {
    if case .stopping(let stop) = intention { finish(stop, .failed(.replaced, "replaced by drain")) }
    change(to: .draining(command: request.id), reason: request.reason)
  }

  private mutating func stop(_ request: CommandRequest) {
    if case .draining(let drain) = intention { finish(drain, .failed(.replaced, "replaced by stop")) }
    change(to: .stopping(command: request.id), reason: request.reason)
    guard !work.inEngine.isEmpty else { return }
    emit(.call(.withdraw(isShutdown: false)))
    arm(.withdraw, limits.drain)
  }

  private mutating func resume(_ request: CommandRequest) {
    if let other = intention?.command { finish(other, .failed(.replaced, "undone by resume")) }
    finish(request.id, .done("work is taken and dispatched again"))
    hasActedOnFailure = false
    change(to: .running, reason: request.reason)
  }

  private mutating func change(to intention: Intention, reason: String?) {
    guard case .active(let stage, _) = life else { return }
    life = .active(stage, intention)
    if let phase { record(.sessionPhase(phase, reason: reason)) }
    settleRaptorTasks()
  }

  // MARK: Tasks

  private mutating func cancel(_ request: CommandRequest) {
    let tasks = request.command.tasks
    let unknown = tasks.from(work.workflow.count)
    guard unknown.isEmpty else {
      return finish(
        request.id, .failed(.unknownTask, "unknown: \(unknown.prefix(5).map(\.uid).joined(separator: ", "))"))
    }
    var open: Set<TaskID> = []
    for id in tasks where !work.workflow.state(of: id).isFinal { open.insert(id) }
    guard !open.isEmpty else {
      return finish(
        request.id,
        .failed(.taskEnded, tasks.count == 1 ? "it had ended already" : "all of them had ended already"))
    }
    commands.await(open, by: request.id)
    let held = open.intersection(work.inEngine)
    if !held.isEmpty { emit(.cancel(held.sorted(), grace: killGrace)) }
    let why = commands.record(request.id)?.reasonOfTasks ?? "canceled by \(request.sender.user)"
    cancelInWorkflow(open.subtracting(held).sorted(), reason: why)
  }

  private mutating func rerun(_ tasks: TaskIDs, for request: CommandRequest) {
    let ids: [TaskID]
    do { ids = try work.workflow.rerun(tasks) } catch { return finish(request.id, .failed(error.failure)) }
    let reason = "run again by \(request.sender.user)"
    record(ids.map { taskEvent($0, .new, TaskResult(attempt: work.workflow.attempt(of: $0), reason: reason)) })
    settleRaptorTasks()
    finish(request.id, .done("\(Format.plural(ids.count, "task")) \(ids.count == 1 ? "runs" : "run") again"))
  }

  private mutating func submit(_ offer: WorkOffer, for id: Int) {
    switch take(offer) {
    case .success(let batches):
      guard let first = batches.first, let last = batches.last, first.count > 0 else {
        return finish(id, .failed(.noWork, "there is no work in it"))
      }
      let ids = first.ids.lowerBound..<last.ids.upperBound
      commands.note(added: ids, by: id)
      let end = ids.count > 1 ? " to \(TaskID(ids.upperBound - 1).uid)" : ""
      finish(id, .done(first.first.uid + end))
    case .failure(let error): finish(id, .failed(Self.code(of: error), "\(error)"))
    }
  }

  /// Why work was not taken, for programs.
  private static func code(of error: any Error) -> CommandFailure.Code {
    switch error {
    case is DuplicateKeyError: .duplicateName
    case is MissingImplementationError: .unsupportedWork
    case is ProtocolError: .noNewWork
    default: .invalidWork
    }
  }
}
