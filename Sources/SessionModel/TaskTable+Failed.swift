import Work

extension TaskTable {
  /// The tasks that are FAILED, and those that were canceled because of them, over however many others: by the reason that
  /// the workflow gives for that. What a person canceled is none of them.
  public var failedAndLost: Set<TaskID> {
    var found: Set<TaskID> = []
    forEachFailure { failed, lost in
      found.insert(failed)
      found.formUnion(lost)
    }
    return found
  }

  /// Each task that is FAILED, in order, with those that were canceled because of it; each of these once.
  func forEachFailure(_ body: (_ failed: TaskID, _ lost: [TaskID]) -> Void) {
    var canceled: [String: [TaskID]] = [:]
    forEach(in: .canceled) { id in if let reason = reason(of: id) { canceled[reason, default: []].append(id) } }
    forEach(in: .failed) { failed in
      var lost: [TaskID] = []
      var work = [failed]
      while !canceled.isEmpty, let id = work.popLast() {
        let next = canceled.removeValue(forKey: Self.lossReason(label(of: id), state(of: id))) ?? []
        lost += next
        work += next
      }
      body(failed, lost)
    }
  }

  private func forEach(in phase: TaskPhase, _ body: (TaskID) -> Void) {
    let ids = ids(in: phase)
    for row in 0..<ids.count { if let id = ids.select(row) { body(id) } }
  }

  /// Why a task that waits for another one can never run, when that has come to this end.
  public static func lossReason(_ label: String, _ state: TaskState) -> String { "\(label) is \(state.name)" }
}
