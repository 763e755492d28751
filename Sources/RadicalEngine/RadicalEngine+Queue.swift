import Executor
import Leftovers
import SessionModel

// Slurm's queue: it knows why a pilot waits, that its job is gone long before RADICAL-Pilot does, and that it is not when
// RADICAL-Pilot thinks so.

extension RadicalEngine {
  /// Looks at the queue until the pilot is over, and tells the helper what is there: it ends those jobs when nobody else
  /// can, and does not wait for a pilot whose job has left.
  func watchQueue(for pilot: String) {
    state.withLock { $0.watch = JobWatch() }
    Task { [weak self] in
      var told: [String] = []
      var canceled: (id: String, time: ContinuousClock.Instant)?
      let first = ContinuousClock.now + .seconds(2)
      while let self, isWatching(pilot) {
        // At first, its job is on its way to the queue.
        if ContinuousClock.now < first, !state.withLock({ $0.knowsJob || $0.watch?.claim != nil }) {
          try? await Task.sleep(for: .milliseconds(200))
          continue
        }
        let knewJob = state.withLock { $0.knowsJob }
        await look(&told, &canceled)
        let (pause, wasUrgent) = state.withLock { state in
          let isCanceling = state.pilot.isCancelRequested
          let pause = state.watch?.pause(isActive: state.pilot.isActive, isCanceling: isCanceling) ?? .zero
          return (pause, isCanceling || state.watch?.claim != nil)
        }
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end, isWatching(pilot) {
          // Whoever ends the pilot, or says that it has ended, waits for the next look.
          if !wasUrgent, state.withLock({ $0.pilot.isCancelRequested || $0.watch?.claim != nil }) { break }
          // Now it can be asked for by its id.
          if !knewJob, state.withLock({ $0.knowsJob && $0.watch?.silentSince != nil }) { break }
          try? await Task.sleep(for: .milliseconds(500))
        }
      }
    }
  }

  private func isWatching(_ pilot: String) -> Bool {
    state.withLock { $0.pilot.uid == pilot && !$0.pilot.isFinal && !$0.isLost }
  }

  private func look(_ told: inout [String], _ canceled: inout (id: String, time: ContinuousClock.Instant)?) async {
    let record = state.withLock { state in
      state.watch?.begin()
      return state.record
    }
    guard let record else { return }
    let began = Timestamp.now
    var answer = JobWatch.Answer.none
    if case .listed(let listing) = await queue.look(at: record.jobs) {
      let lines = state.withLock { $0.watch?.newUnreadable(listing.unreadable) ?? [] }
      for line in lines { log(.warning, "squeue said what is no job: \(line.prefix(200))") }
      answer = .listed(SessionJobs(of: record, in: queue).among(listing))
    }
    let (finding, facts, hasEnded, isCanceling, helper, known) = state.withLock { state in
      let isCanceling = state.pilot.isCancelRequested
      let (finding, words, status) = state.follow(answer, began: began)
      let level = finding == .silent ? LogLevel.warning : .info
      var facts = words.map { SessionEvent(source: .engine, .log(level, $0)) }
      if let status { facts.append(SessionEvent(source: .engine, .pilot(status))) }
      return (finding, facts, status?.state.isFinal ?? false, isCanceling, state.helper, state.watch?.known ?? [])
    }
    let unknown = known.filter { !record.jobs.contains($0) }
    if !unknown.isEmpty { note { $0.jobs += unknown } }
    var live: [String]?
    switch finding {
    case .job(let job): live = [job.id]
    case .requeued(let job):
      log(.warning, "job \(job.id) waits in the queue again: it is canceled, because RADICAL-Pilot cannot go on in it")
      await queue.cancel([job.id])
      live = []
    case .over: live = []
    case .nothing, .silent: break
    }
    if let live, live != told || live.isEmpty {
      send(.jobs(live), helper)
      told = live
    }
    if !facts.isEmpty { continuation.yield(facts + (hasEnded ? pilotEnded() : [])) }
    wake()
    // RP's own cancel may be lost, or its launcher may wait for a program of Slurm's that hangs.
    if isCanceling, case .job(let job) = finding,
      canceled.map({ $0.id != job.id || .now - $0.time > .seconds(10) }) ?? true
    {
      canceled = (job.id, .now)
      await queue.cancel([job.id])
    }
  }
}

extension RadicalEngine.State {
  /// Whether the id of a job is known.
  fileprivate var knowsJob: Bool { !(record?.jobs.isEmpty ?? true) }

  /// Takes in what a look came to.
  ///
  /// - Returns: what is to be said of it, and the pilot as it is to be shown, when that is new.
  fileprivate mutating func follow(
    _ answer: JobWatch.Answer, began: Timestamp
  ) -> (JobWatch.Finding, words: [String], PilotStatus?) {
    guard var watch else { return (.nothing, [], nil) }
    let before = watch
    let finding = watch.receive(
      answer, began: began, wasActive: pilot.wasActive, isCanceling: pilot.isCancelRequested)
    let words = pilot.words(of: finding, watch, before: before)
    let status = pilot.follow(finding, watch, at: began)
    self.watch = watch
    return (finding, words, status)
  }
}
