/// What the raptor of a session is to be like; what is `nil` is left to the engine.
public struct RaptorShape: Equatable, Sendable {
  /// The classes of RADICAL-Pilot's workers.
  public enum WorkerClass: String, CaseIterable, Sendable {
    /// One process a worker, on one node.
    case single = "DefaultWorker"
    /// An MPI program, a rank a core, over several nodes if need be.
    case mpi = "MPIWorker"
  }

  public var workers: Int?
  /// Cores of each worker, which calls as many functions at a time.
  public var cores: Int?
  public var workerClass: WorkerClass?

  public init(workers: Int? = nil, cores: Int? = nil, workerClass: WorkerClass? = nil) {
    self.workers = workers
    self.cores = cores
    self.workerClass = workerClass
  }

  public var isEmpty: Bool { self == RaptorShape() }

  /// What `other` says wins.
  public func overridden(by other: RaptorShape) -> RaptorShape {
    RaptorShape(
      workers: other.workers ?? workers, cores: other.cores ?? cores, workerClass: other.workerClass ?? workerClass)
  }

  /// The workers and the cores of each, when anyone said something of them: one of what was not said.
  public var size: (workers: Int, cores: Int)? {
    workers == nil && cores == nil ? nil : (workers ?? 1, cores ?? 1)
  }

  /// How many functions run at a time: the cores of all workers; `nil` when nobody said.
  public var functions: Int? { size.map { $0.workers * $0.cores } }

  // MARK: What may be asked for

  public static func fault(workers: Int) -> String? {
    NumberRules.whole(workers, "'workers' of the raptor", in: PilotSize.coreRange)
  }

  public static func fault(cores: Int) -> String? {
    NumberRules.whole(cores, "'cores' of the raptor's workers", in: PilotSize.coreRange)
  }

  public static func fault(workerClass name: String) -> String? {
    let names = WorkerClass.allCases.map(\.rawValue)
    guard !names.contains(name) else { return nil }
    return "the raptor has no workers of class '\(shortened(name))'\(suggestion(for: name, among: names)): "
      + "there are \(names.joined(separator: " and "))"
  }

  /// Why it has no room in a pilot, if it has none.
  func fault(inPilotOf cores: Int) -> String? {
    guard let size, let functions, functions > PilotSize.forTasks(of: cores, hasRaptor: true) else { return nil }
    let workers = "\(counted(size.workers, "worker")) of \(counted(size.cores, "core"))"
    return "a raptor with \(workers) needs \(functions + PilotSize.raptorCores) cores, one of them for itself, "
      + "and the pilot has \(cores)"
  }
}
