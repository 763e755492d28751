/// How tasks are held to the cores that they have.
public struct TaskPlacement: Equatable, Sendable {
  /// A rank runs on the cores it holds and on no others, as far as the engine can see to it.
  public var bindsCores: Bool
  /// `OMP_NUM_THREADS` is `cores_per_rank`, unless the user set it.
  public var setsThreads: Bool

  public init(bindsCores: Bool = true, setsThreads: Bool = true) {
    self.bindsCores = bindsCores
    self.setsThreads = setsThreads
  }

  /// The variable that says how many threads a program of OpenMP has.
  public static let threads = "OMP_NUM_THREADS"

  /// What that variable is set to for a task; `nil` when it is left as it is.
  ///
  /// - Parameter isInherited: whether the session was started with it set.
  public func threads(of task: TaskDescription, isInherited: Bool) -> String? {
    guard setsThreads, task.environment[Self.threads] == nil, !isInherited else { return nil }
    return String(max(1, task.resources.coresPerRank))
  }
}

/// The cores and gpus that a task holds, by number.
public struct TaskSlots: Equatable, Sendable {
  /// Empty when the task is not bound to any.
  public var cores: [Int]
  public var gpus: [Int]

  public init(cores: [Int] = [], gpus: [Int] = []) {
    self.cores = cores
    self.gpus = gpus
  }

  /// The cores of one rank of `ranks`: each has its own, one after the other.
  public func cores(ofRank rank: Int, of ranks: Int) -> ArraySlice<Int> {
    let each = cores.count / max(1, ranks)
    guard each > 0, rank >= 0, rank < ranks else { return cores[...] }
    return cores[(rank * each)..<((rank + 1) * each)]
  }
}
