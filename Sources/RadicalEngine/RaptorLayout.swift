import Work

/// The workers of a raptor in a pilot, each of as many cores.
struct RaptorLayout: Equatable {
  var workers: Int
  var coresOfEach: Int
  /// Cores of the last one, which may be fewer.
  var coresOfLast: Int
  var workerClass: RaptorShape.WorkerClass

  /// Cores of all.
  var cores: Int { max(0, workers - 1) * coresOfEach + coresOfLast }

  /// - Parameters:
  ///   - cores: of the pilot.
  ///   - coresPerNode: what a worker fits on that nobody shaped; all when it is not known yet.
  init(_ shape: RaptorShape, cores: Int, coresPerNode: Int? = nil) {
    workerClass = shape.workerClass ?? .single
    if let size = shape.size {
      (workers, coresOfEach, coresOfLast) = (size.workers, size.cores, size.cores)
      return
    }
    // Programs that go through the raptor need some, too.
    let all = max(1, PilotSize.forTasks(of: cores, hasRaptor: true) / 2)
    let most = coresPerNode.map { $0 - PilotSize.raptorCores } ?? all
    coresOfEach = max(1, min(all, most))
    workers = (all + coresOfEach - 1) / coresOfEach
    coresOfLast = all - (workers - 1) * coresOfEach
  }

  /// Why they have no place on the nodes of a pilot, if they have none.
  func fault(onNodes nodes: Int, of coresPerNode: Int) -> String? {
    let room: Int
    switch workerClass {
    case .mpi: room = (nodes * coresPerNode - PilotSize.raptorCores) / max(1, coresOfEach)
    // One is on one node, and the raptor itself on one of them.
    case .single:
      let beside = (coresPerNode - PilotSize.raptorCores) / max(1, coresOfEach)
      room = beside + (nodes - 1) * (coresPerNode / max(1, coresOfEach))
    }
    guard workers > room else { return nil }
    return "\(workers) of \(coresOfEach) cores have no place on \(nodes) of \(coresPerNode) cores beside the raptor, "
      + "which keeps one"
  }
}
