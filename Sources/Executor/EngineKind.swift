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
  /// How long its shutdown may take.
  public var limits: TimeLimits

  public init(
    name: String, resources: [String]?, needsTargetVenv: Bool, pilotOptions: [String]?,
    limits: TimeLimits = TimeLimits()
  ) {
    self.name = name
    self.resources = resources
    self.needsTargetVenv = needsTargetVenv
    self.pilotOptions = pilotOptions
    self.limits = limits
  }
}
