/// One entry of a workflow: a description and how many tasks it stands for.
public struct WorkItem: Equatable, Sendable {
  public var description: TaskDescription
  /// Empty for a single task, `[n]` for an ensemble of n members; other shapes are refused when the item is added.
  public var shape: [Int]

  public init(_ description: TaskDescription, shape: [Int] = []) {
    self.description = description
    self.shape = shape
  }

  /// How many tasks it stands for; 0 when that is nonsense.
  public var count: Int { max(0, shape.first ?? 1) }
  public var isEnsemble: Bool { !shape.isEmpty }
}

extension Sequence<WorkItem> {
  /// How many tasks the items stand for, whatever their shapes say.
  public var taskCount: Int {
    reduce(0) { sum, item in
      let (total, overflows) = sum.addingReportingOverflow(item.count)
      return overflows ? .max : total
    }
  }
}

/// Work that is given to a session.
public enum WorkOffer: Equatable, Sendable {
  /// Taken all together or not at all. An item without a name is named after its program.
  case items([WorkItem])
  /// One task a shell command. They run in `directory`, an absolute path; each in its own directory when `nil`.
  case commands(CommandList, directory: String? = nil)

  /// How many tasks it stands for.
  public var taskCount: Int {
    switch self {
    case .items(let items): items.taskCount
    case .commands(let list, _): list.count
    }
  }
}
