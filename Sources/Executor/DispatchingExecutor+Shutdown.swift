import SessionModel
import Words

extension DispatchingExecutor {
  /// Why a session closes.
  enum Ending {
    /// All work came to its end, or a drain or stop did.
    case ending
    /// An operator asked for it.
    case closed(command: Int, reason: String?)
    /// A signal asked for it: tasks are canceled at once.
    case interrupted(signal: Int32)
    case pilotEnded
  }

  /// Awaits the end of the session.
  public nonisolated func waitUntilClosed() async -> SessionSummary { await closed.value() }

  /// Ends the session after everything that was offered: drains the queue, then runs the shutdown sequence.
  ///
  /// - Throws: `ProtocolError` when the session was never started.
  public func shutdown() async throws -> SessionSummary {
    if case .idle = life { throw ProtocolError("session \(context.id) was never started") }
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
      signals.append(signal)
      return signals.count
    }
    switch count {
    case 1:
      abort.hurry()
      taskHaste.hurry()
      Task { await self.close(.interrupted(signal: signal)) }
    case 2:
      haste.hurry()
      Task { await self.cancelWithoutGrace() }
    default: engine.killEverything()
    }
    return count
  }

  private func cancelWithoutGrace() {
    if case .closed = life { return }
    record(.log(.warning, "interrupted again: no grace periods"))
    if !inEngine.isEmpty { engine.cancel(inEngine.sorted(), grace: .zero) }
  }

  func close(_ ending: Ending) {
    guard case .open(let intention) = life else { return }
    life = .closing
    switch intention {
    case .running: break
    case .draining(let id), .stopping(let id): finish(id, succeeded: false, "the session is closed instead")
    }
    let reason: String? =
      switch ending {
      case .ending: nil
      case .closed(_, let reason): reason
      case .interrupted(let signal): "interrupted by signal \(signal)"
      case .pilotEnded: "the pilot ended"
      }
    record(.sessionPhase(.closing, reason: reason))
    Task { await self.runShutdown(ending) }
  }

  private func runShutdown(_ ending: Ending) async {
    var awaitsTasks = true
    if case .interrupted = ending { awaitsTasks = false }
    await shutdownSequence(taskSteps(awaitsTasks: awaitsTasks) + raptorSteps() + closingSteps()).run()
    let leftovers = leftovers + unconfirmedTasks()
    if case .closed(let command, _) = ending {
      finish(
        command, succeeded: leftovers.isEmpty,
        leftovers.isEmpty ? "closed, nothing left behind" : "closed, \(leftovers.count) left behind")
    }
    for id in commands.keys.sorted() { finish(id, succeeded: false, "the session closed") }
    let signal = signals.withLock { $0.first }
    let allDone = workflow.counts.allSatisfy { $0.key == TaskState.done.name }
    let status = signal.map { 128 + $0 } ?? (startProblem != nil ? 3 : allDone ? 0 : 1)
    end(leftovers: leftovers, exitCode: leftovers.isEmpty ? status : 4)
  }

  /// The last event, and the end of this executor.
  func end(leftovers: [String], exitCode: Int32) {
    listener?.cancel()
    let summary = SessionSummary(
      session: context.id, tasks: workflow.counts, wall: Timestamp.now.seconds(since: opened), leftovers: leftovers,
      exitCode: exitCode, problem: startProblem)
    record(.sessionClosed(summary))
    life = .closed(summary)
    scope.release()
    resumeAll(&openWaiters)
    closed.resume(summary)
  }

  // MARK: The steps

  func shutdownSequence(_ steps: [ShutdownSequence.Step]) -> ShutdownSequence {
    ShutdownSequence(steps: steps, limits: limits, haste: haste, record: { kind in await self.record(kind) })
  }

  private func taskSteps(awaitsTasks: Bool) -> [ShutdownSequence.Step] {
    [
      .init(phase: .drain, isNeeded: { await !self.inEngine.isEmpty }) { [engine] in
        let ids = try await engine.withdraw()
        await self.putBack(ids)
        return ids.isEmpty ? nil : "\(ids.count) queued tasks stay in the workflow"
      },
      .init(phase: .stopQueue) { [queue] in
        queue.stop()
        await self.runner?.value
        return nil
      },
      .init(phase: .awaitTasks, isNeeded: { awaitsTasks ? await !self.inEngine.isEmpty : false }, wait: taskHaste) {
        await self.untilIdle()
        return nil
      },
      .init(phase: .cancelTasks, isNeeded: { await !self.inEngine.isEmpty }) {
        let count = await self.cancelEverything()
        await self.untilIdle()
        return "\(count) tasks canceled"
      },
    ]
  }

  func raptorSteps() -> [ShutdownSequence.Step] {
    [
      .init(phase: .stopRaptor, isNeeded: { await self.isRaptorAlive }) { [engine] in
        try await engine.stopRaptor()
        return nil
      },
      .init(phase: .awaitRaptor, isNeeded: { await self.isRaptorAlive }, wait: haste) {
        await self.untilRaptorEnded()
        return nil
      },
      .init(phase: .cancelRaptor, isNeeded: { await self.isRaptorAlive }) { [engine] in
        try await engine.cancelRaptor()
        return nil
      },
      .init(phase: .awaitCanceledRaptor, isNeeded: { await self.isRaptorAlive }) {
        await self.untilRaptorEnded()
        return nil
      },
    ]
  }

  private func closingSteps() -> [ShutdownSequence.Step] {
    [
      .init(phase: .closeSession) { try await self.releaseRuntime() },
      .init(phase: .verify) { [engine] in
        // An engine that does not answer has half of the time to do so; then everything is killed unseen.
        let half = await self.limits.verify / 2
        let first = await self.lookForSurvivors(within: half)
        if first?.isEmpty ?? false { return "no process of the session is left" }
        engine.killEverything()
        while await self.lookForSurvivors(within: half)?.isEmpty != true {
          try await Task.sleep(for: .milliseconds(20))
        }
        return first.map { "\($0.count) processes had to be killed" } ?? "what was left had to be killed unseen"
      },
    ]
  }

  private func releaseRuntime() async throws -> String? {
    let problems = await runtime.releaseAll(limit: limits.closeSession).filter { $0.1 != nil }
    // What the engine said last should stand before the end of the journal.
    if problems.isEmpty { await listener?.value }
    guard problems.isEmpty else {
      throw DispatchError(problems.map { "\($0.0.rawValue): \($0.1 ?? "")" }.joined(separator: "; "))
    }
    return nil
  }

  private func cancelEverything() -> Int {
    let grace = haste.isHurried ? Duration.zero : limits.killGrace
    engine.cancel(inEngine.sorted(), grace: grace)
    return inEngine.count
  }

  func untilIdle() async {
    guard !inEngine.isEmpty else { return }
    let waiter = Once<Void>()
    idleWaiters.append(waiter)
    await waiter.value()
  }

  var isRaptorAlive: Bool { raptor.map { !$0.state.isFinal } ?? false }

  func untilRaptorEnded() async {
    guard isRaptorAlive else { return }
    let waiter = Once<Void>()
    raptorWaiters.append(waiter)
    await waiter.value()
  }

  /// Asks the engine what still exists; `nil` when it does not answer.
  @discardableResult
  func lookForSurvivors(within limit: Duration) async -> [String]? {
    let engine = engine
    guard case .value(let list) = await bounded(by: limit, { await engine.survivors() }) else { return nil }
    remains = list
    return list
  }

  /// What still exists as far as the engine said; one that did not answer is named itself.
  var leftovers: [String] { remains ?? ["the engine did not say what is left within \(limits.verify.text)"] }

  private func unconfirmedTasks() -> [String] {
    let now = Timestamp.now
    record(
      inEngine.sorted().filter { workflow.state(of: $0) == .tmgrScheduling }.map {
        SessionEvent(time: now, source: .executor, .task($0, .tmgrScheduling, nil))
      })
    return inEngine.sorted().map { "\($0.uid) (\(workflow.batch(of: $0).label(of: $0))): its end was never confirmed" }
  }
}
