import SessionModel
import Work

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

  /// The items with names for those that have none: that of their program, with a number when it is taken.
  func named(_ items: [WorkItem]) -> [WorkItem] {
    var taken = Set(items.map(\.description.name))
    return items.map { item in
      guard item.description.name.isEmpty else { return item }
      var item = item
      let base = TaskName.derived(from: item.description)
      var name = base
      var number = 2
      while hasItem(name) || taken.contains(name) {
        name = "\(base)-\(number)"
        number += 1
      }
      taken.insert(name)
      item.description.name = name
      return item
    }
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
