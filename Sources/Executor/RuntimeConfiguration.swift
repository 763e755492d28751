import SessionModel
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
  /// The virtual environment that the engine itself runs in, where it needs one.
  public let venv: String?
  /// The virtual environment that tasks run in; the engine's when nobody said another.
  public let targetVenv: String?
  public let enableRaptor: Bool
  public let raptor: RaptorShape
  /// Cores of the pilot; the engine decides when `nil`.
  public let cores: Int?
  public let gpus: Int
  /// Seconds from the pilot's start to its end; no limit when `nil`.
  public let runtime: Double?
  /// Further options of the pilot, for an engine that knows them itself.
  public let pilotOptions: [String: String]
  public let placement: TaskPlacement
  public let limits: TimeLimits
  public var onFailure = FailurePolicy.goOn
  /// What the pilot will have when `cores` is `nil`, if that is known before it is there.
  public var expectedCores: Int?

  /// - Parameters:
  ///   - engine: the name of one of `engines`; the first of them when `nil`.
  ///   - venv: what the engine itself runs in; `targetVenv` when `nil`, as that is this one then.
  ///   - raptor: what the raptor is like, when there is one.
  ///   - pilotOptions: further options of the pilot by name; `cores`, `gpus` and `runtime` may stand here too.
  ///   - engines: the kinds of engines that there are.
  /// - Throws: `ValueError` that names the wrong value and what would be right.
  public init(
    engine engineName: String? = nil, resource: String? = nil, accessSchema: String? = nil,
    venv: String? = nil, targetVenv: String? = nil, enableRaptor: Bool = false, raptor: RaptorShape = RaptorShape(),
    cores: Int? = nil, gpus: Int? = nil,
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
    if engine.needsTargetVenv, (venv ?? targetVenv)?.isEmpty ?? true {
      throw ValueError(
        "engine '\(engine.name)' needs the virtual environment that its tasks run in", about: .targetVenv)
    }
    if venv?.isEmpty ?? false || targetVenv?.isEmpty ?? false {
      throw ValueError(
        "the target virtual environment is empty: name its directory or leave it out",
        about: .targetVenv)
    }
    try Self.check(raptor, of: engine)
    var numbers = PilotNumbers(cores: cores, gpus: gpus, runtime: runtime)
    try numbers.take(pilotOptions, of: engine)
    try numbers.check(withRaptor: enableRaptor ? raptor : nil)
    let limits = limits ?? engine.limits
    if let fault = limits.fault { throw ValueError(fault, about: .limits) }
    self.engine = engine
    self.resource = resource
    self.accessSchema = accessSchema
    self.venv = venv ?? targetVenv
    self.targetVenv = targetVenv ?? venv
    self.enableRaptor = enableRaptor
    self.raptor = raptor
    self.cores = numbers.cores
    self.gpus = numbers.gpus ?? 0
    self.runtime = numbers.runtime
    let plain = pilotOptions.map { ($0, PilotOption.named($0)?.plain($1) ?? $1) }
    self.pilotOptions = engine.pilotOptions == nil ? Dictionary(uniqueKeysWithValues: plain) : [:]
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

  private static func check(_ raptor: RaptorShape, of engine: EngineKind) throws(ValueError) {
    if let fault = raptor.workers.flatMap(RaptorShape.fault(workers:)) { throw ValueError(fault, about: .raptor) }
    if let fault = raptor.cores.flatMap(RaptorShape.fault(cores:)) { throw ValueError(fault, about: .raptor) }
    if let workerClass = raptor.workerClass, !engine.workerClasses.contains(workerClass) {
      let names = engine.workerClasses.map(\.rawValue).joined(separator: " and ")
      throw ValueError(
        "engine '\(engine.name)' has no workers of class \(workerClass.rawValue), but \(names)", about: .raptor)
    }
  }

  /// What was asked for and should not be.
  public var warnings: [String] { PilotOption.warnings(in: pilotOptions) }

  /// What the pilot has for tasks, as far as it is known before it is there: of nodes, say, only the engine can tell.
  public var pilotSize: PilotSize { pilotSize(orCores: expectedCores) }

  /// - Parameter others: the cores of the pilot, when it was not said how many.
  public func pilotSize(orCores others: Int?) -> PilotSize {
    let isTold = cores != nil || engine.pilotOptions != nil
    let cores = cores ?? others
    var size = PilotSize.ofSession(cores: cores, gpus: isTold ? gpus : nil, hasRaptor: enableRaptor)
    if enableRaptor, let cores, let workerCores = engine.workerCores { size.workerCores = workerCores(raptor, cores) }
    return size
  }
}

/// The numbers that a pilot is asked for with.
private struct PilotNumbers {
  var cores: Int?
  var gpus: Int?
  var runtime: Double?

  /// Takes in what stands among the options of the pilot, which win.
  mutating func take(_ options: [String: String], of engine: EngineKind) throws(ValueError) {
    guard let known = engine.pilotOptions else {
      // Those that are known are checked; of others it is the engine that can tell.
      for (name, value) in options.sorted(by: { $0.key < $1.key }) {
        guard let fault = PilotOption.named(name)?.fault(of: value) else { continue }
        throw ValueError(fault, about: .pilotOptions)
      }
      return
    }
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

  /// - Parameter raptor: the shape of the one that the pilot is to have.
  func check(withRaptor raptor: RaptorShape?) throws(ValueError) {
    if let fault = cores.flatMap(PilotSize.fault(cores:)) { throw ValueError(fault, about: .cores) }
    if let fault = gpus.flatMap(PilotSize.fault(gpus:)) { throw ValueError(fault, about: .gpus) }
    if let fault = runtime.flatMap(PilotSize.fault(runtime:)) { throw ValueError(fault, about: .runtime) }
    if let raptor, let cores, let fault = PilotSize.faultOfRaptor(raptor, cores: cores) {
      throw ValueError(fault, about: .cores)
    }
  }

  private static func number(_ text: String, _ name: String) throws(ValueError) -> Int {
    guard let number = Int(text) else {
      throw ValueError("pilot option '\(name)' is a whole number, not '\(shortened(text))'", about: .pilotOptions)
    }
    return number
  }
}
