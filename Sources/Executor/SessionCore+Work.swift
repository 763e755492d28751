import SessionModel
import Work

/// The workflow, and which of its tasks the engine has.
struct WorkState {
  var workflow: Workflow
  /// Submitted, and neither ended nor handed back.
  var inEngine: Set<TaskID> = []
  /// Whether the workflow has offered all its work.
  var isComplete = false

  init(workflow: Workflow) { self.workflow = workflow }
}

// Taking work, dispatching it, and taking it back.

extension SessionCore {
  /// - Returns: the tasks it became; from here on they are in the journal, and never lost.
  mutating func take(_ offer: WorkOffer) -> Result<[TaskBatch], any Error> {
    guard let phase else {
      return .failure(ProtocolError("work was offered before the session was open: call startup first"))
    }
    if case .refused(let why) = Admission.of(.submit, in: phase) { return .failure(ProtocolError(why.description)) }
    return Result { added(try work.workflow.take(offer, on: knownSize)) }
  }

  /// What the pilot has, as far as it is known now.
  private var knownSize: PilotSize {
    guard pilotSize.cores == nil, pilot.wasActive, let cores = pilot.status?.cores, cores > 0 else { return pilotSize }
    return sizeOfPilot(cores)
  }

  /// Takes work before the session begins, which records it then.
  mutating func addFirst(_ offer: WorkOffer) throws { _ = try work.workflow.take(offer, on: pilotSize) }

  /// - Throws: `ValueError` when what is left of the workflow goes through the raptor, and there is none.
  func requireRaptor() throws(ValueError) {
    guard let item = work.workflow.firstUnfinishedForRaptor, let why = pilotSize.noRaptor else { return }
    throw ValueError("task '\(item)' goes through the raptor, but \(why)")
  }

  private mutating func added(_ batches: [TaskBatch]) -> [TaskBatch] {
    record(batches.map { SessionEvent(time: now, source: .executor, .tasksAdded($0)) })
    record(work.workflow.takeCanceledOnArrival().map { taskEvent($0, .canceled, TaskResult(reason: $1)) })
    if batches.contains(where: \.description.raptor) { settleRaptorTasks() }
    return batches
  }

  mutating func completeWork() {
    guard !isClosing, !isClosed, !work.isComplete else { return }
    work.isComplete = true
    record(.workflowComplete)
  }

  mutating func dispatch(_ intention: Intention) {
    if case .stopping = intention { return }
    // What cannot be recorded must not happen.
    guard recorderTrouble == nil else { return }
    let room = dispatchAhead - work.inEngine.count
    // In large steps: a few tasks at a time would cost a message each.
    guard !raptor.isRestarting, room > 0, work.workflow.hasReady,
      room >= dispatchAhead / 4 || work.inEngine.isEmpty
    else { return }
    let tasks = work.workflow.takeReady(limit: room)
    guard !tasks.isEmpty else { return }
    for task in tasks { work.inEngine.insert(task.id) }
    emit(.submit(tasks))
  }

  /// Takes tasks back that the engine has not started.
  mutating func putBack(_ ids: [TaskID]) {
    let back = ids.filter { work.inEngine.contains($0) && !work.workflow.state(of: $0).isFinal }.sorted()
    guard !back.isEmpty else { return }
    for id in back { work.inEngine.remove(id) }
    work.workflow.putBack(back)
    record(back.map { taskEvent($0, .new, nil) })
    // Someone wants them ended, and now it is up to us.
    cancelInWorkflow(back.filter { commands.isCancelRequested($0) }, reason: "canceled before it started")
    settleRaptorTasks()
  }

  /// Cancels tasks that the engine does not have, and those that wait for them.
  mutating func cancelInWorkflow(_ ids: [TaskID], reason: String) {
    var events: [SessionEvent] = []
    for id in ids where !work.workflow.state(of: id).isFinal {
      events.append(taskEvent(id, .canceled, TaskResult(attempt: work.workflow.attempt(of: id), reason: reason)))
      commands.taskEnded(id, .canceled)
      for (dependent, reason) in work.workflow.finish(id, .canceled) {
        let result = TaskResult(attempt: work.workflow.attempt(of: dependent), reason: reason)
        events.append(taskEvent(dependent, .canceled, result))
        commands.taskEnded(dependent, .canceled)
      }
    }
    record(events)
  }

  mutating func withdrawn(_ result: Result<[TaskID], any Error>, isShutdown: Bool) {
    if !isShutdown { disarm(.withdraw) }
    switch result {
    case .success(let ids):
      putBack(ids)
      guard isShutdown else { return }
      shutdown?.end(.drain, .finished(ids.isEmpty ? nil : "\(ids.count) queued tasks stay in the workflow"))
    case .failure(let error):
      guard isShutdown else { return log(.warning, "queued tasks could not be taken back: \(error)") }
      shutdown?.end(.drain, .failed("\(error)"))
    }
  }
}

extension Workflow {
  fileprivate mutating func take(_ offer: WorkOffer, on pilot: PilotSize) throws -> [TaskBatch] {
    switch offer {
    case .items(let items): try add(named(items), on: pilot)
    case .commands(let list, let directory):
      [
        try add(
          commands: list, like: TaskDescription(name: "command", directory: directory, clientDirectory: directory))
      ]
    }
  }
}
