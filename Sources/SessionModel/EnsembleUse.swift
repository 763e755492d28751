import Work

/// What the tasks of an ensemble used, as far as that is known.
public struct EnsembleUse: Equatable, Sendable {
  /// When the first of them started.
  public var started: Timestamp?
  /// Seconds of CPU time that one took in the mean, of those that say so.
  public var processor: Double?
  /// KiB that one had at most, the greatest of them; 0 when none says so.
  public var peakMemory = 0
}

extension TaskTable {
  /// Looks at all tasks of a batch: some nanoseconds for each.
  public func use(of batch: TaskBatch) -> EnsembleUse {
    var use = EnsembleUse()
    let rows = batch.first.index..<min(columns.count, batch.first.index + batch.count)
    var (first, milliseconds, count) = (TaskColumns.never, 0, 0)
    for row in rows {
      first = min(first, columns.started[row])
      use.peakMemory = max(use.peakMemory, Int(columns.peaks[row]))
      let time = Int(columns.userTimes[row]) + Int(columns.systemTimes[row])
      if time > 0 { (milliseconds, count) = (milliseconds + time, count + 1) }
    }
    if first != TaskColumns.never, let epoch = columns.epoch {
      use.started = Timestamp(microseconds: epoch.microseconds + Int64(first) * 1000)
    }
    if count > 0 { use.processor = Double(milliseconds) / 1000 / Double(count) }
    return use
  }
}
