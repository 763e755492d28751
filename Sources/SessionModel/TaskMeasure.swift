import Work

/// Something of a task that is a number, to put tasks in order.
public enum TaskMeasure: Sendable {
  case phase, cores, started, wait, time, cpu, memory, exit, attempt
}

extension TaskTable {
  /// The measure of a task; `nil` when it has none yet. Times are milliseconds; those that go on are taken until `now`.
  /// Of a whole batch, as its row says it: when the first started, CPU time in the mean, the most memory; `nil` for the rest.
  public func measure(_ measure: TaskMeasure, ofAll batch: TaskBatch) -> UInt32? {
    let use = use(of: batch)
    switch measure {
    case .started:
      guard let started = use.started, let epoch = columns.epoch else { return nil }
      return UInt32(clamping: (started.microseconds - epoch.microseconds) / 1000)
    case .cpu: return use.processor.map { UInt32(clamping: Int(min($0 * 1000, 4e9))) }
    case .memory: return use.peakMemory == 0 ? nil : UInt32(clamping: use.peakMemory)
    case .phase, .cores, .wait, .time, .exit, .attempt: return nil
    }
  }

  public func measure(_ measure: TaskMeasure, of id: TaskID, now: Timestamp) -> UInt32? {
    guard contains(id) else { return nil }
    let row = id.index
    let state = columns.states[row]
    let never = TaskColumns.never
    func span(_ start: UInt32, _ end: UInt32) -> UInt32? {
      start == never || end == never ? nil : end - min(start, end)
    }
    switch measure {
    case .phase: return UInt32(state.phase.rawValue)
    case .cores: return UInt32(clamping: batches[batchIndex(of: id)].description.resources.cores)
    case .started: return columns.started[row] == never ? nil : columns.started[row]
    case .wait:
      if columns.started[row] != never { return span(columns.added[row], columns.started[row]) }
      return span(columns.added[row], state.isFinal ? columns.ended[row] : offset(now))
    case .time:
      if state.isFinal { return span(columns.started[row], columns.ended[row]) }
      return state.phase == .running ? span(columns.started[row], offset(now)) : nil
    case .cpu:
      let (sum, overflows) = columns.userTimes[row].addingReportingOverflow(columns.systemTimes[row])
      return sum == 0 ? nil : overflows ? never - 1 : sum
    case .memory: return columns.peaks[row] == 0 ? nil : columns.peaks[row]
    case .exit:
      if columns.signals[row] != 0 { return 100_000 + UInt32(columns.signals[row]) }
      return columns.exitCodes[row] == TaskColumns.noExitCode ? nil : UInt32(Int32(columns.exitCodes[row]) + 40_000)
    case .attempt: return UInt32(columns.attempts[row])
    }
  }
}
