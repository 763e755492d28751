/// Cores and gpus that a task takes up while it runs.
public struct CoreNeeds: Equatable, Sendable {
  public var cores: Int
  public var gpus: Int

  public init(cores: Int, gpus: Int = 0) {
    self.cores = cores
    self.gpus = gpus
  }

  public init(_ resources: TaskResources) { self.init(cores: resources.cores, gpus: resources.gpus) }
}

/// What a pilot has for tasks, and what of it a raptor keeps.
public struct PilotSize: Equatable, Sendable {
  /// Cores that a raptor keeps for itself.
  public static let raptorCores = 1
  public static let coreRange = 1...100_000_000
  public static let gpuRange = 0...100_000_000

  /// `nil` while nobody knows.
  public var cores: Int?
  public var gpus: Int?
  public var hasRaptor: Bool
  /// Why no task can go through a raptor, as the end of a sentence; `nil` when one can.
  public var noRaptor: String?
  /// Cores that workers of the raptor keep for functions, from the first function on.
  public var workerCores = 0
  /// Whether there are functions.
  public var hasFunctions = false

  public init(cores: Int? = nil, gpus: Int? = nil, hasRaptor: Bool, noRaptor: String? = nil) {
    self.cores = cores
    self.gpus = gpus
    self.hasRaptor = hasRaptor
    self.noRaptor = noRaptor
  }

  /// The pilot of a session, which has a raptor or has none.
  public static func ofSession(cores: Int?, gpus: Int?, hasRaptor: Bool) -> PilotSize {
    PilotSize(cores: cores, gpus: gpus, hasRaptor: hasRaptor, noRaptor: hasRaptor ? nil : sessionHasNone)
  }

  /// Why no task can go through a raptor, for `noRaptor`.
  public static let sessionHasNone = "this session has none"

  /// Cores for tasks of `cores` when a raptor lives, or does not.
  public static func forTasks(of cores: Int, hasRaptor: Bool) -> Int { max(0, cores - (hasRaptor ? raptorCores : 0)) }

  /// The fewest cores that are of use.
  public static func least(hasRaptor: Bool) -> Int { hasRaptor ? raptorCores + 1 : 1 }

  /// All of a machine, or the fewest cores that are of use.
  public static func all(of machine: Int, hasRaptor: Bool) -> Int { max(machine, least(hasRaptor: hasRaptor)) }

  /// Why the pilot can never run a task, by the field that asks for too much; `nil` when it can, or nobody knows.
  ///
  /// The sentence lacks its subject, the task.
  func refusal(of needs: CoreNeeds, isFunction: Bool = false) -> (field: String, sentence: String)? {
    let ofWorkers = hasRaptor && hasFunctions && !isFunction ? workerCores : 0
    if let cores, cores >= Self.least(hasRaptor: hasRaptor),
      needs.cores > Self.forTasks(of: cores, hasRaptor: hasRaptor) - ofWorkers
    {
      let workers = ofWorkers > 0 ? " and its workers, for functions, \(ofWorkers)" : ""
      let kept = hasRaptor ? ", of which the raptor keeps one\(workers)" : ""
      return ("ranks", "needs \(counted(needs.cores, "core")), the pilot has \(cores)\(kept)")
    }
    if let gpus, needs.gpus > gpus {
      return ("gpus_per_rank", "needs \(counted(needs.gpus, "gpu")), the pilot has \(gpus)")
    }
    return nil
  }

  /// Why the pilot can never run a task; the sentence lacks its subject.
  public func reason(against needs: CoreNeeds) -> String? { refusal(of: needs)?.sentence }

  // MARK: What may be asked for

  /// What is wrong with the cores that a pilot is to have, if anything.
  public static func fault(cores: Int) -> String? { NumberRules.whole(cores, "'cores' of the pilot", in: coreRange) }
  public static func fault(gpus: Int) -> String? { NumberRules.whole(gpus, "'gpus' of the pilot", in: gpuRange) }
  public static func fault(runtime: Double) -> String? { NumberRules.seconds(runtime, "'runtime' of the pilot") }

  /// What is wrong with a raptor in a pilot of so many cores, if anything.
  public static func faultOfRaptor(_ shape: RaptorShape = RaptorShape(), cores: Int) -> String? {
    let least = least(hasRaptor: true)
    guard cores >= least else {
      return "a pilot with a raptor needs at least \(least) cores: the raptor keeps one for itself"
    }
    return shape.fault(inPilotOf: cores)
  }
}
