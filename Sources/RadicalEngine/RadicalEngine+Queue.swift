import Executor
import Leftovers
import SessionModel

// Slurm's queue: it knows why a pilot waits, and that a job is gone long before RADICAL-Pilot does.

/// What a pilot's wait in its queue has come to; no I/O.
struct QueueWatch {
  /// What was listed at the last look that had an answer.
  private(set) var listed: [SlurmQueue.Job]?
  private var delay = Duration.seconds(2)
  private var saidUnreadable: Set<String> = []

  /// Between two looks: rarely, because `squeue` is a load on its server.
  mutating func pause() -> Duration {
    defer { delay = min(.seconds(20), delay * 1.5) }
    return delay
  }

  /// - Returns: the jobs whose state or reason is new; whether other jobs are listed than at the look before.
  mutating func receive(_ jobs: [SlurmQueue.Job]) -> (news: [SlurmQueue.Job], areOthers: Bool) {
    defer { listed = jobs }
    let before = listed ?? []
    return (jobs.filter { !before.contains($0) }, listed.map { $0.map(\.id) != jobs.map(\.id) } ?? true)
  }

  /// - Returns: the lines that were not there before.
  mutating func newUnreadable(_ lines: [String]) -> [String] { lines.filter { saidUnreadable.insert($0).inserted } }
}

extension RadicalEngine {
  /// Looks at the queue until the pilot is active or over, and tells the helper what is there: it ends those jobs when
  /// nobody else can, and takes a queued pilot for ended when its job has left.
  func watchQueue(for pilot: String) {
    Task { [weak self] in
      var watch = QueueWatch()
      while let self {
        let isActive = state.withLock { $0.pilot.isActive }
        await look(&watch)
        guard !isActive, state.withLock({ $0.pilot.uid == pilot && !$0.pilot.isFinal && !$0.isLost }) else { return }
        let end = ContinuousClock.now + watch.pause()
        repeat {
          try? await Task.sleep(for: .seconds(1))
          // Whoever ends the pilot waits for this.
        } while ContinuousClock.now < end && !state.withLock({ $0.pilot.isCancelRequested || $0.pilot.isFinal })
      }
    }
  }

  private func look(_ watch: inout QueueWatch) async {
    guard let record = state.withLock({ $0.record }), case .listed(let listing) = await queue.look() else { return }
    for line in watch.newUnreadable(listing.unreadable) {
      log(.warning, "squeue said what is no job: \(line.prefix(200))")
    }
    let jobs = SessionJobs(of: record, in: queue).among(listing)
    // Of one that could not be read nothing is known: that it is there, above all, not that it is gone.
    let (news, areOthers) = watch.receive(jobs)
    let unknown = jobs.map(\.id).filter { !record.jobs.contains($0) }
    if !unknown.isEmpty { note { $0.jobs += unknown } }
    for job in news where !job.state.isEmpty {
      let status = state.withLock { $0.pilot.queued(job: job.id, job.state, job.reason) }
      if let status { continuation.yield([SessionEvent(source: .engine, .pilot(status))]) }
    }
    if areOthers { send(.jobs(jobs.map(\.id)), state.withLock { $0.helper }) }
  }
}
