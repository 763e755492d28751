import Work

extension TaskTable {
  /// The tasks that are FAILED, and those that were canceled because of them, over however many others: by the reason that
  /// the workflow gives for that. What a person canceled is none of them.
  public var failedAndLost: Set<TaskID> {
    var found: Set<TaskID> = []
    var work: [TaskID] = []
    var canceled: [String: [TaskID]] = [:]
    for number in 0..<count {
      let id = TaskID(number)
      switch state(of: id) {
      case .failed:
        found.insert(id)
        work.append(id)
      case .canceled: if let reason = reason(of: id) { canceled[reason, default: []].append(id) }
      default: break
      }
    }
    while let id = work.popLast(), !canceled.isEmpty {
      for lost in canceled.removeValue(forKey: Self.lossReason(label(of: id), state(of: id))) ?? [] {
        found.insert(lost)
        work.append(lost)
      }
    }
    return found
  }

  /// Why a task that waits for another one can never run, when that has come to this end.
  public static func lossReason(_ label: String, _ state: TaskState) -> String { "\(label) is \(state.name)" }
}
