/// Estimates how long the work of a session will still take, from what its tasks took so far: the cores they hold, how many
/// are to come, and what they wait for. Tasks that failed or were canceled are no speed.
public struct WorkEstimator: Sendable {
  private var work = WorkItems()
  private var last: (time: Timestamp, finished: Int, started: Int, estimate: WorkEstimate?)?

  public init() {}

  /// - Returns: `nil` when nothing can be said yet. It is made anew when a second has passed and something happened, or
  ///   some more seconds.
  public mutating func estimate(_ snapshot: SessionSnapshot, at now: Timestamp) -> WorkEstimate? {
    let table = snapshot.tasks
    let started = table.count - table.count(in: .waiting) - table.count(in: .queued)
    if let last {
      let passed = now.seconds(since: last.time)
      let isSame = last.finished == table.finished && last.started == started
      // Of very many items a look costs more.
      let pause = 1 + Double(table.batches.count) / 5000
      if passed >= 0, passed < (isSame ? 5 * pause : pause) { return last.estimate?.at(now) }
    }
    let estimate = made(snapshot, at: now)
    last = (now, table.finished, started, estimate)
    return estimate
  }

  private mutating func made(_ snapshot: SessionSnapshot, at now: Timestamp) -> WorkEstimate? {
    guard let pilot = snapshot.pilot, pilot.state == .active, pilot.cores > 0,
      snapshot.tasks.count > snapshot.tasks.finished
    else { return nil }
    work.update(snapshot.tasks, at: now)
    // Those of the raptor and its workers are not for others.
    let held = snapshot.coresInUse - snapshot.tasks.coresInUse
    let hasWorkers = snapshot.raptor?.workerCores != nil
    let cores = hasWorkers ? pilot.cores - (snapshot.raptor?.coresHeld ?? 0) : pilot.cores - max(0, held)
    let simulation = WorkSimulation(
      work, cores: cores, callCores: hasWorkers ? snapshot.raptor?.workerCores ?? cores : cores,
      overhead: snapshot.history.until(now).idle(cores: pilot.cores))
    let isLeast = simulation.hasUnknown || !snapshot.isWorkflowComplete
    let seconds = simulation.seconds()
    // One in so many runs has a task that takes out of all proportion.
    let (low, high) = (seconds[0], seconds[seconds.count - 2])
    guard high < 100 * 86400 else { return nil }
    let likely = seconds[seconds.count / 2]
    // Of what is unknown alone nothing can be said.
    guard likely >= 0.5 || !isLeast else { return nil }
    return WorkEstimate(
      low: max(0, 0.95 * low - 0.5), likely: likely, high: 1.05 * high + 0.5, time: now, isLeast: isLeast)
  }
}

extension SessionHistory {
  /// Core-seconds that were idle for each task that started, while tasks were queued for them: what it costs to start one,
  /// and what is left over where large tasks do not fit.
  func idle(cores: Int) -> Double {
    var (idle, started) = (0.0, 0)
    for (number, span) in spans.enumerated() where span.queued >= spanSeconds / 2 {
      // The last one is not over.
      guard number < spans.count - 1 else { continue }
      idle += max(0, Double(cores) * spanSeconds - span.busy)
      started += span.started
    }
    return started > 3 ? min(idle / Double(started), 60) : 0
  }
}
