import Work

/// What is known of each task of a session that cannot be computed again: an array an attribute, a row a task.
package struct TaskColumns: Equatable, Sendable {
  package var states: [TaskState] = []
  package var exitCodes: [Int16] = []
  package var signals: [UInt8] = []
  package var attempts: [UInt8] = []
  // Times are milliseconds since the epoch.
  package var added: [UInt32] = []
  package var queued: [UInt32] = []
  package var started: [UInt32] = []
  package var ended: [UInt32] = []
  package var userTimes: [UInt32] = []
  package var systemTimes: [UInt32] = []
  package var peaks: [UInt32] = []
  /// Indices in `reasons`.
  package var reasonNumbers: [TaskID: Int32] = [:]
  package var reasons: [String] = []
  package var pids: [TaskID: Int32] = [:]
  /// Only of functions that returned: other tasks cost nothing here.
  package var values: [TaskID: FunctionValue] = [:]
  package var cancelRequests = IDSet()
  /// When the first task was added.
  package var epoch: Timestamp?
  package var raptorFinished = 0

  static let never = UInt32.max
  static let noExitCode = Int16.min

  package init() {}

  package var count: Int { states.count }

  /// Adds rows of tasks in state NEW.
  mutating func append(_ count: Int, at time: UInt32) {
    states.makeRoom(for: count)
    exitCodes.makeRoom(for: count)
    signals.makeRoom(for: count)
    attempts.makeRoom(for: count)
    for column in [\TaskColumns.added, \.queued, \.started, \.ended, \.userTimes, \.systemTimes, \.peaks] {
      self[keyPath: column].makeRoom(for: count)
    }
    states.append(contentsOf: repeatElement(.new, count: count))
    exitCodes.append(contentsOf: repeatElement(Self.noExitCode, count: count))
    signals.append(contentsOf: repeatElement(0, count: count))
    attempts.append(contentsOf: repeatElement(1, count: count))
    added.append(contentsOf: repeatElement(time, count: count))
    for column in [\TaskColumns.queued, \.started, \.ended] {
      self[keyPath: column].append(contentsOf: repeatElement(Self.never, count: count))
    }
    for column in [\TaskColumns.userTimes, \.systemTimes, \.peaks] {
      self[keyPath: column].append(contentsOf: repeatElement(0, count: count))
    }
  }

  /// Whether no row, id or number leads out of the columns.
  var isConsistent: Bool {
    let lengths = [
      exitCodes.count, signals.count, attempts.count, added.count, queued.count, started.count, ended.count,
      userTimes.count, systemTimes.count, peaks.count,
    ]
    func areRows(_ ids: some Sequence<TaskID>) -> Bool { ids.allSatisfy { $0.index < count } }
    return lengths.allSatisfy { $0 == count } && raptorFinished >= 0 && (epoch != nil || count == 0)
      && reasonNumbers.values.allSatisfy { $0 >= 0 && Int($0) < reasons.count } && areRows(reasonNumbers.keys)
      && areRows(pids.keys) && areRows(values.keys) && areRows(cancelRequests.ids)
  }
}

extension Array {
  /// Before elements are appended: an array that doubles holds up to as much again of nothing. With an eighth more at a time
  /// each element is moved some eight times, which costs next to nothing.
  package mutating func makeRoom(for count: Int) {
    if self.count + count > capacity { reserveCapacity(self.count + Swift.max(count, self.count / 8)) }
  }
}
