import Executor

extension EngineKind {
  /// RADICAL-Pilot, in a helper process of the target's virtual environment.
  public static let radical = EngineKind(
    name: "radical", resources: nil, needsTargetVenv: true, pilotOptions: nil, limits: .radical)
}

extension TimeLimits {
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
}
