import SessionModel
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

  /// The embedded engine: processes of this machine.
  public static let local = EngineKind(
    name: "local", resources: ["local.localhost"], needsTargetVenv: false,
    pilotOptions: ["cores", "gpus", "runtime"])

  /// RADICAL-Pilot, in a helper process of the target's virtual environment.
  public static let radical = EngineKind(
    name: "radical", resources: nil, needsTargetVenv: true, pilotOptions: nil, limits: .radical)
}

/// How long each step of the shutdown may take.
public struct TimeLimits: Equatable, Sendable {
  public var drain = Duration.seconds(10)
  public var stopQueue = Duration.seconds(5)
  /// For running tasks to finish when the session is closed.
  public var awaitTasks = Duration.seconds(60)
  /// Between a task's SIGTERM and its SIGKILL.
  public var killGrace = Duration.seconds(5)
  /// For canceled tasks to end, after the grace.
  public var cancelTasks = Duration.seconds(10)
  public var stopRaptor = Duration.seconds(5)
  /// The reference's 60 s.
  public var awaitRaptor = Duration.seconds(60)
  public var cancelRaptor = Duration.seconds(5)
  /// The reference's 10 s.
  public var awaitCanceledRaptor = Duration.seconds(10)
  public var closeSession = Duration.seconds(15)
  public var verify = Duration.seconds(10)
  /// For each step of the start-up, and for undoing one.
  public var startup = Duration.seconds(300)

  public init() {}

  /// What RADICAL-Pilot needs: it ends a pilot on Slurm in 20 to 25 s, and looks at the queue every 30 s.
  public static var radical: TimeLimits {
    var limits = TimeLimits()
    limits.drain = .seconds(30)
    limits.cancelTasks = .seconds(30)
    limits.stopRaptor = .seconds(35)
    limits.closeSession = .seconds(120)
    limits.verify = .seconds(40)
    return limits
  }

  /// The deadline of a phase, in a shutdown that skips the grace periods or not.
  func deadline(of phase: ShutdownPhase) -> Duration {
    switch phase {
    case .drain: drain
    case .stopQueue: stopQueue
    case .awaitTasks: awaitTasks
    case .cancelTasks: killGrace + cancelTasks
    case .stopRaptor: stopRaptor
    case .awaitRaptor: awaitRaptor
    case .cancelRaptor: cancelRaptor
    case .awaitCanceledRaptor: awaitCanceledRaptor
    case .closeSession: closeSession
    case .verify: verify
    }
  }
}

/// Where and how a session runs; valid from the moment it exists.
///
/// Ports `scalems.radical.runtime_configuration.RuntimeConfiguration`.
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
  public let limits: TimeLimits

  /// - Parameters:
  ///   - engine: the name of one of `engines`.
  ///   - pilotOptions: further options of the pilot by name; `cores`, `gpus` and `runtime` may stand here too.
  /// - Throws: `ValueError` that names the wrong value and what would be right.
  public init(
    engine engineName: String = "local", resource: String? = nil, accessSchema: String? = nil,
    targetVenv: String? = nil, enableRaptor: Bool = false, cores: Int? = nil, gpus: Int? = nil,
    runtime: Double? = nil, pilotOptions: [String: String] = [:], limits: TimeLimits? = nil,
    engines: [EngineKind] = [.local, .radical]
  ) throws(ValueError) {
    guard let engine = engines.first(where: { $0.name == engineName }) else {
      throw ValueError(
        "unknown engine '\(engineName)'\(hint(engineName, engines.map(\.name))): use "
          + engines.map { "'\($0.name)'" }.joined(separator: " or "))
    }
    let resource = resource ?? engine.resources?.first ?? "local.localhost"
    if let resources = engine.resources, !resources.contains(resource) {
      throw ValueError(
        "unknown resource '\(resource)' for engine '\(engine.name)'\(hint(resource, resources)): use "
          + resources.map { "'\($0)'" }.joined(separator: " or "))
    }
    if engine.needsTargetVenv, targetVenv?.isEmpty ?? true {
      throw ValueError(
        "engine '\(engine.name)' needs the virtual environment that its tasks run in: name one with --venv")
    }
    if let targetVenv, targetVenv.isEmpty {
      throw ValueError("the target virtual environment is empty: name its directory or leave it out")
    }
    var cores = cores
    var gpus = gpus
    var runtime = runtime
    for (name, value) in pilotOptions.sorted(by: { $0.key < $1.key }) {
      guard let known = engine.pilotOptions else { break }
      guard known.contains(name) else {
        throw ValueError(
          "unknown pilot option '\(name)'\(hint(name, known)): engine '\(engine.name)' knows "
            + known.joined(separator: ", "))
      }
      switch name {
      case "cores": cores = try Self.number(value, name)
      case "gpus": gpus = try Self.number(value, name)
      case "runtime":
        guard let seconds = Double(value) else {
          throw ValueError("pilot option 'runtime' is a number of seconds, not '\(value)'")
        }
        runtime = seconds
      default: break
      }
    }
    if let cores, cores < 1 { throw ValueError("a pilot has at least one core, not \(cores)") }
    if let gpus, gpus < 0 { throw ValueError("a pilot has no gpu or more, not \(gpus)") }
    if let runtime, !(runtime > 0) || !runtime.isFinite {
      throw ValueError("the runtime of a pilot is more than 0 seconds, not \(runtime)")
    }
    if enableRaptor, let cores, cores < 2 {
      throw ValueError(
        "a raptor keeps one core for itself, so its pilot needs at least 2 cores, not \(cores): "
          + "ask for more cores or leave the raptor out")
    }
    self.engine = engine
    self.resource = resource
    self.accessSchema = accessSchema
    self.targetVenv = targetVenv
    self.enableRaptor = enableRaptor
    self.cores = cores
    self.gpus = gpus ?? 0
    self.runtime = runtime
    self.pilotOptions = engine.pilotOptions == nil ? pilotOptions : [:]
    self.limits = limits ?? engine.limits
  }

  private static func number(_ text: String, _ name: String) throws(ValueError) -> Int {
    guard let number = Int(text) else { throw ValueError("pilot option '\(name)' is a whole number, not '\(text)'") }
    return number
  }
}

/// " (did you mean 'x'?)" when one of `candidates` is close to `text`, else nothing.
private func hint(_ text: String, _ candidates: [String]) -> String {
  nearest(to: text, in: candidates).map { " (did you mean '\($0)'?)" } ?? ""
}
