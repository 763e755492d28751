import Work

/// What an engine offers and asks for; `RuntimeConfiguration` is checked against it.
public struct EngineKind: Sendable {
  public var name: String
  /// Names of the execution targets the engine reaches; `nil` when only the engine itself can tell.
  public var resources: [String]?
  /// Whether tasks run in a virtual environment that the caller must name.
  public var needsTargetVenv: Bool
  /// Names of the options that a pilot of this engine takes beside cores, gpus and runtime.
  ///
  /// `nil` when only the engine itself can tell; it then gets all of them as they were written.
  public var pilotOptions: [String]?
  /// Classes of workers that its raptor may have.
  public var workerClasses: [RaptorShape.WorkerClass]
  /// Cores that the workers of a raptor hold by themselves in a pilot of so many; `nil` when functions hold their own.
  public var workerCores: (@Sendable (_ shape: RaptorShape, _ cores: Int) -> Int)?
  /// How long its shutdown may take.
  public var limits: TimeLimits

  public init(
    name: String, resources: [String]?, needsTargetVenv: Bool, pilotOptions: [String]?,
    workerClasses: [RaptorShape.WorkerClass] = RaptorShape.WorkerClass.allCases,
    workerCores: (@Sendable (_ shape: RaptorShape, _ cores: Int) -> Int)? = nil,
    limits: TimeLimits = TimeLimits()
  ) {
    self.name = name
    self.resources = resources
    self.needsTargetVenv = needsTargetVenv
    self.pilotOptions = pilotOptions
    self.workerClasses = workerClasses
    self.workerCores = workerCores
    self.limits = limits
  }
}
