import SessionModel
import Words
import Work

/// A command that was acknowledged and has not finished.
struct PendingCommand {
  var record: CommandRecord
  /// Tasks of a `cancel` whose end is not confirmed.
  var open: Set<TaskID> = []
  var canceled = 0
  let done = Once<CommandRecord>()
}

extension DispatchingExecutor {
  /// Takes a command and awaits its end.
  ///
  /// Every stage is an event: requested, acknowledged, finished with its outcome.
  @discardableResult
  public func perform(_ command: OperatorCommand, sender: CommandSender, reason: String? = nil) async -> CommandRecord {
    await request(command, sender: sender, reason: reason).value()
  }

  /// Takes a command; its end comes as an event.
  public nonisolated func send(_ command: OperatorCommand, sender: CommandSender, reason: String? = nil) {
    Task { await self.request(command, sender: sender, reason: reason) }
  }

  /// Takes a command and says how it goes: once it is acknowledged, and at its end; a refused one has only an end.
  public nonisolated func send(
    _ command: OperatorCommand, sender: CommandSender, reason: String?,
    report: @escaping @Sendable (CommandRecord) -> Void
  ) {
    Task {
      let (acknowledged, end) = await self.begin(command, sender: sender, reason: reason)
      if let acknowledged { report(acknowledged) }
      report(await end.value())
    }
  }

  private func begin(
    _ command: OperatorCommand, sender: CommandSender, reason: String?
  ) -> (CommandRecord?, Once<CommandRecord>) {
    let end = request(command, sender: sender, reason: reason)
    return (commands[lastCommand]?.record, end)
  }

  @discardableResult
  func request(_ command: OperatorCommand, sender: CommandSender, reason: String?) -> Once<CommandRecord> {
    lastCommand += 1
    let id = lastCommand
    var tasks: [TaskID] = []
    if case .cancel(let ids) = command {
      var seen: Set<TaskID> = []
      tasks = ids.filter { seen.insert($0).inserted }
    }
    let pending = PendingCommand(
      record: CommandRecord(id: id, verb: command.verb, tasks: tasks, sender: sender, reason: reason, stage: .requested)
    )
    if case .closed = life {
      // The journal has its end already.
      var refused = pending.record
      refused.stage = .finished(succeeded: false, outcome: "the session is closed")
      pending.done.resume(refused)
      return pending.done
    }
    commands[id] = pending
    record(.command(pending.record), source: .operator)
    if case .submit(let offer) = command {
      acknowledge(id)
      Task { await self.take(offer, for: id) }
      return pending.done
    }
    guard case .open(let intention) = life else {
      let why: String
      switch life {
      case .idle, .starting: why = "the session is not open yet"
      case .closing where command == .close: why = "the session is closing already"
      case .open, .closing, .closed: why = "the session is closing"
      }
      finish(id, succeeded: false, why)
      return pending.done
    }
    acknowledge(id)
    switch command {
    case .drain: drain(id, from: intention)
    case .stop: stop(id, from: intention)
    case .resume: resume(id, from: intention)
    case .cancel: cancel(id, tasks, user: sender.user, reason: reason)
    case .cancelRaptor: cancelRaptor(id)
    case .close: close(.closed(command: id, reason: reason))
    case .submit: break
    }
    return pending.done
  }

  private func acknowledge(_ id: Int) {
    commands[id]?.record.stage = .acknowledged
    if let record = commands[id]?.record { self.record(.command(record)) }
  }

  /// Work that an operator submits; while the session starts, it waits.
  private func take(_ offer: WorkOffer, for id: Int) async {
    switch life {
    case .idle: return finish(id, succeeded: false, "the session is not open yet")
    case .starting:
      let waiter = Once<Void>()
      openWaiters.append(waiter)
      await waiter.value()
    case .open, .closing, .closed: break
    }
    do {
      let batches =
        switch offer {
        case .items(let items): try await submit(items)
        case .commands(let list): try await submit(commands: list)
        }
      guard let first = batches.first, let last = batches.last else {
        return finish(id, succeeded: false, "there is no work in it")
      }
      let ids = first.ids.lowerBound..<last.ids.upperBound
      commands[id]?.record.added = ids
      let end = ids.count > 1 ? " to \(TaskID(ids.upperBound - 1).uid)" : ""
      finish(id, succeeded: true, first.first.uid + end)
    } catch { finish(id, succeeded: false, "\(error)") }
  }

  func finish(_ id: Int, succeeded: Bool, _ outcome: String) {
    guard var pending = commands.removeValue(forKey: id) else { return }
    pending.record.stage = .finished(succeeded: succeeded, outcome: outcome)
    record(.command(pending.record))
    pending.done.resume(pending.record)
  }

  private func drain(_ id: Int, from intention: Intention) {
    if case .draining = intention { return finish(id, succeeded: false, "the session is draining already") }
    if case .stopping(let stop) = intention { finish(stop, succeeded: false, "replaced by drain") }
    change(to: .draining(command: id), .draining, reason: commands[id]?.record.reason)
  }

  private func stop(_ id: Int, from intention: Intention) {
    if case .stopping = intention { return finish(id, succeeded: false, "the session is stopping already") }
    if case .draining(let drain) = intention { finish(drain, succeeded: false, "replaced by stop") }
    change(to: .stopping(command: id), .stopping, reason: commands[id]?.record.reason)
    Task { await self.withdraw() }
  }

  private func resume(_ id: Int, from intention: Intention) {
    switch intention {
    case .running: return finish(id, succeeded: false, "there is no drain or stop to undo")
    case .draining(let other), .stopping(let other): finish(other, succeeded: false, "undone by resume")
    }
    finish(id, succeeded: true, "work is taken and dispatched again")
    change(to: .running, .running, reason: commands[id]?.record.reason)
  }

  private func change(to intention: Intention, _ phase: SessionPhase, reason: String?) {
    life = .open(intention)
    record(.sessionPhase(phase, reason: reason))
    settleRaptorTasks()
    poke()
  }

  /// Takes back from the engine what has not started; a hanging engine is left to the shutdown.
  func withdraw() async {
    let engine = engine
    switch await bounded(by: limits.drain, { try await engine.withdraw() }) {
    case .value(let ids): putBack(ids)
    case .failure(let error): record(.log(.warning, "queued tasks could not be taken back: \(error)"))
    case .timedOut: record(.log(.warning, "queued tasks could not be taken back within \(limits.drain.text)"))
    }
    poke()
  }

  func putBack(_ ids: [TaskID]) {
    let back = ids.filter { inEngine.contains($0) && !workflow.state(of: $0).isFinal }.sorted()
    guard !back.isEmpty else { return }
    for id in back { inEngine.remove(id) }
    workflow.putBack(back)
    let now = Timestamp.now
    record(back.map { SessionEvent(time: now, source: .executor, .task($0, .new, nil)) })
    // Someone wants them ended, and now it is up to us.
    cancelInWorkflow(back.filter { isCancelRequested($0) }, reason: "canceled before it started")
    settleRaptorTasks()
    noteCommandProgress()
    if inEngine.isEmpty { resumeAll(&idleWaiters) }
  }

  private func cancel(_ id: Int, _ ids: [TaskID], user: String, reason: String?) {
    let unknown = ids.filter { !workflow.contains($0) }
    guard unknown.isEmpty else {
      return finish(id, succeeded: false, "unknown: \(unknown.prefix(5).map(\.uid).joined(separator: ", "))")
    }
    let open = Set(ids.filter { !workflow.state(of: $0).isFinal })
    guard !open.isEmpty else {
      return finish(id, succeeded: false, ids.count == 1 ? "it had ended already" : "all of them had ended already")
    }
    commands[id]?.open = open
    let held = open.intersection(inEngine)
    if !held.isEmpty { engine.cancel(held.sorted(), grace: limits.killGrace) }
    let why = "canceled by \(user)" + (reason.map { ": \($0)" } ?? "")
    cancelInWorkflow(open.subtracting(held).sorted(), reason: why)
    noteCommandProgress()
    poke()
  }

  func isCancelRequested(_ id: TaskID) -> Bool { commands.values.contains { $0.open.contains(id) } }

  /// Finishes the cancels whose tasks have all come to an end.
  func noteCommandProgress() {
    for (id, pending) in commands where pending.record.verb == .cancel && !pending.open.isEmpty {
      let ended = pending.open.filter { workflow.state(of: $0).isFinal }
      guard !ended.isEmpty else { continue }
      commands[id]?.open.subtract(ended)
      commands[id]?.canceled += ended.count { workflow.state(of: $0) == .canceled }
      guard let now = commands[id], now.open.isEmpty else { continue }
      let others = now.record.tasks.count - now.canceled
      finish(
        id, succeeded: now.canceled > 0,
        "\(now.canceled) canceled" + (others > 0 ? ", \(others) had ended by themselves" : ""))
    }
  }

  private func cancelRaptor(_ id: Int) {
    guard let raptor, !raptor.state.isFinal else {
      return finish(id, succeeded: false, raptor == nil ? "the session has no raptor" : "the raptor has ended already")
    }
    guard raptorCommand == nil else { return finish(id, succeeded: false, "the raptor is being stopped already") }
    raptorCommand = id
    settleRaptorTasks()
    let sequence = shutdownSequence(raptorSteps())
    Task {
      await sequence.run()
      self.finishRaptorCommand(id)
    }
  }

  private func finishRaptorCommand(_ id: Int) {
    raptorCommand = nil
    guard let raptor else { return }
    finish(
      id, succeeded: raptor.state.isFinal,
      raptor.state.isFinal ? "the raptor is \(raptor.state.name)" : "the raptor did not end: \(raptor.state.name)")
  }
}
