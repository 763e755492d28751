import Work

extension BatchTally {
  /// What the batch is doing: the first phase, in the order of the list, that one of its members is in.
  public var phase: TaskPhase {
    if count(in: .running) > 0 { return .running }
    if count(in: .queued) > 0 { return .queued }
    if count(in: .waiting) > 0 { return .waiting }
    if count(in: .failed) > 0 { return .failed }
    return count(in: .canceled) > 0 ? .canceled : .done
  }

  /// How many tasks the batch has.
  public var count: Int { TaskPhase.allCases.reduce(0) { $0 + count(in: $1) } }
}

/// The items of the workflow, its single tasks and its ensembles: each by its first task.
extension TaskTable {
  public var itemCount: Int { batches.count }

  /// What became of the batch that a task belongs to, when that has several tasks.
  public func ensemble(of id: TaskID) -> BatchTally? {
    guard contains(id) else { return nil }
    let index = batchIndex(of: id)
    return batches[index].count > 1 ? tallies[index] : nil
  }

  /// The items that are doing this.
  public func items(in phase: TaskPhase) -> IDSet { items[Int(phase.rawValue)] }

  /// The item in row `row` of a list of items: what runs first, then queued, waiting, failed, canceled, done; in the order of
  /// the workflow in each.
  public func item(atRow row: Int) -> TaskID? {
    var row = row
    for phase in items {
      if row < phase.count { return phase.select(row) }
      row -= phase.count
    }
    return nil
  }

  /// The row in which an item stands now; `nil` when that task is not the first of one.
  public func itemRow(of first: TaskID) -> Int? {
    guard contains(first) else { return nil }
    let phase = Int(tallies[batchIndex(of: first)].phase.rawValue)
    guard items[phase].contains(first) else { return nil }
    return items[..<phase].reduce(0) { $0 + $1.count } + items[phase].rank(first)
  }

  /// The tasks that have not ended.
  public var openTasks: IDSet { ids(in: .running).union(ids(in: .queued)).union(ids(in: .waiting)) }
}
