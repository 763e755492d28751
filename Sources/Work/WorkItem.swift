/// One entry of a workflow: a description and how many tasks it stands for.
public struct WorkItem: Equatable, Sendable {
  public var description: TaskDescription
  /// Empty for a single task, `[n]` for an ensemble of n members; other shapes are refused when the item is added.
  public var shape: [Int]

  public init(_ description: TaskDescription, shape: [Int] = []) {
    self.description = description
    self.shape = shape
  }
}

/// Work that is given to a session.
public enum WorkOffer: Equatable, Sendable {
  /// Taken all together or not at all. An item without a name is named after its program.
  case items([WorkItem])
  /// One task a shell command.
  case commands(CommandList)

  /// How many tasks it stands for.
  public var taskCount: Int {
    switch self {
    case .items(let items): items.reduce(0) { $0 + ($1.shape.first ?? 1) }
    case .commands(let list): list.count
    }
  }
}
