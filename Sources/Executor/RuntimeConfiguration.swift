import Work

/// Where and how a session runs; valid from the moment it exists.
///
/// Ports the `RuntimeConfiguration` of SCALE-MS.
public struct RuntimeConfiguration: Sendable {
  public let engine: EngineKind
  /// The execution target, as `local.localhost`.
  public let resource: String
  /// How the target is reached, as `local` or `ssh`; the engine's default when `nil`.
  public let accessSchema: String?
  /// The virtual environment that tasks run in.
  public let targetVenv: String?
  public let enableRaptor: Bool
  /// Cores of the pilot; the engine decides when `nil`.
  public let cores: Int?
  public let gpus: Int
  /// Seconds from the pilot's start to its end; no limit when `nil`.
  public let runtime: Double?
  /// Further options of the pilot, for an engine that knows them itself.
  public let pilotOptions: [String: String]
  public let placement: TaskPlacement
  public let limits: TimeLimits

  /// - Parameters:
  ///   - engine: the name of one of `engines`; the first of them when `nil`.
  ///   - pilotOptions: further options of the pilot by name; `cores`, `gpus` and `runtime` may stand here too.
  ///   - engines: the kinds of engines that there are.
  /// - Throws: `ValueError` that names the wrong value and what would be right.
  public init(
    engine engineName: String? = nil, resource: String? = nil, accessSchema: String? = nil,
    targetVenv: String? = nil, enableRaptor: Bool = false, cores: Int? = nil, gpus: Int? = nil,
    runtime: Double? = nil, pilotOptions: [String: String] = [:], placement: TaskPlacement = TaskPlacement(),
    limits: TimeLimits? = nil,
    engines: [EngineKind]
  ) throws(ValueError) {
    let engine = try Self.engine(engineName, of: engines)
    let resource = resource ?? engine.resources?.first ?? "local.localhost"
    if let resources = engine.resources, !resources.contains(resource) {
      throw ValueError(
        "unknown resource '\(resource)' for engine '\(engine.name)'\(suggestion(for: resource, among: resources)): use "
          + resources.map { "'\($0)'" }.joined(separator: " or "), about: .resource)
    }
    if engine.needsTargetVenv, targetVenv?.isEmpty ?? true {
      throw ValueError(
        "engine '\(engine.name)' needs the virtual environment that its tasks run in", about: .targetVenv)
    }
    if let targetVenv, targetVenv.isEmpty {
      throw ValueError(
        "the target virtual environment is empty: name its directory or leave it out",
        about: .targetVenv)
    }
    var numbers = PilotNumbers(cores: cores, gpus: gpus, runtime: runtime)
    try numbers.take(pilotOptions, of: engine)
    try numbers.check(withRaptor: enableRaptor)
    let limits = limits ?? engine.limits
    if let fault = limits.fault { throw ValueError(fault, about: .limits) }
    self.engine = engine
    self.resource = resource
    self.accessSchema = accessSchema
    self.targetVenv = targetVenv
    self.enableRaptor = enableRaptor
    self.cores = numbers.cores
    self.gpus = numbers.gpus ?? 0
    self.runtime = numbers.runtime
    self.pilotOptions = engine.pilotOptions == nil ? pilotOptions : [:]
    self.placement = placement
    self.limits = limits
  }

  private static func engine(_ name: String?, of engines: [EngineKind]) throws(ValueError) -> EngineKind {
    guard let name else {
      guard let first = engines.first else { throw ValueError("there is no engine", about: .engine) }
      return first
    }
    if let engine = engines.first(where: { $0.name == name }) { return engine }
    throw ValueError(
      "unknown engine '\(shortened(name))'\(suggestion(for: name, among: engines.map(\.name))): use "
        + engines.map { "'\($0.name)'" }.joined(separator: " or "), about: .engine)
  }

  /// What the pilot has for tasks, as far as it is known before it is there: of nodes, say, only the engine can tell.
  public var pilotSize: PilotSize {
    let isTold = cores != nil || engine.pilotOptions != nil
    return .ofSession(cores: cores, gpus: isTold ? gpus : nil, hasRaptor: enableRaptor)
  }
}

/// The numbers that a pilot is asked for with.
private struct PilotNumbers {
  var cores: Int?
  var gpus: Int?
  var runtime: Double?

  /// Takes in what stands among the options of the pilot, which win.
  mutating func take(_ options: [String: String], of engine: EngineKind) throws(ValueError) {
    guard let known = engine.pilotOptions else { return }
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      guard known.contains(name) else {
        throw ValueError(
          "unknown pilot option '\(shortened(name))'\(suggestion(for: name, among: known)): engine "
            + "'\(engine.name)' knows \(known.joined(separator: ", "))", about: .pilotOptions)
      }
      switch name {
      case "cores": cores = try Self.number(value, name)
      case "gpus": gpus = try Self.number(value, name)
      case "runtime":
        guard let seconds = Double(value) else {
          throw ValueError(
            "pilot option 'runtime' is a number of seconds, not '\(shortened(value))'", about: .pilotOptions)
        }
        runtime = seconds
      default: break
      }
    }
  }

  func check(withRaptor hasRaptor: Bool) throws(ValueError) {
    if let fault = cores.flatMap(PilotSize.fault(cores:)) { throw ValueError(fault, about: .cores) }
    if let fault = gpus.flatMap(PilotSize.fault(gpus:)) { throw ValueError(fault, about: .gpus) }
    if let fault = runtime.flatMap(PilotSize.fault(runtime:)) { throw ValueError(fault, about: .runtime) }
    if hasRaptor, let fault = cores.flatMap(PilotSize.faultOfRaptor) { throw ValueError(fault, about: .cores) }
  }

  private static func number(_ text: String, _ name: String) throws(ValueError) -> Int {
    guard let number = Int(text) else {
      throw ValueError("pilot option '\(name)' is a whole number, not '\(shortened(text))'", about: .pilotOptions)
    }
    return number
  }
}
