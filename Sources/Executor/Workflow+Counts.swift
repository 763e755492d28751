import SessionModel

extension Workflow {
  /// Tasks that were dispatched and came to no end.
  var unsettled: [TaskID] { states.indices.filter { states[$0] != .new && !states[$0].isFinal }.map { TaskID($0) } }

  /// Tasks that go through the raptor and have not started.
  var waitingForRaptor: [TaskID] {
    batches.filter(\.description.raptor).flatMap { $0.ids.map(TaskID.init) }.filter { states[$0.index] == .new }
  }

  /// The name of an item that goes through the raptor and has not ended.
  var firstUnfinishedForRaptor: String? {
    batches.first { $0.description.raptor && $0.ids.contains { !states[Int($0)].isFinal } }?.description.name
  }

  /// Tasks by RP's state name.
  public var counts: [String: Int] {
    var counts = [Int](repeating: 0, count: TaskState.allCases.count)
    for state in states { counts[Int(state.rawValue)] += 1 }
    var result: [String: Int] = [:]
    for state in TaskState.allCases where counts[Int(state.rawValue)] > 0 {
      result[state.name] = counts[Int(state.rawValue)]
    }
    return result
  }
}
