import Executor

extension EngineKind {
  /// RADICAL-Pilot, in a helper process of the target's virtual environment.
  public static let radical = EngineKind(
    name: "radical", resources: nil, needsTargetVenv: true, pilotOptions: nil,
    workerCores: { RaptorLayout($0, cores: $1).cores }, limits: .radical)
}

extension TimeLimits {
  /// What RADICAL-Pilot needs.
  public static var radical: TimeLimits {
    var limits = TimeLimits()
    limits.drain = .seconds(30)
    limits.cancelTasks = .seconds(30)
    limits.stopRaptor = .seconds(35)
    limits.closeSession = .seconds(120)
    limits.verify = .seconds(26)
    return limits
  }
}
