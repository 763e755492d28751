import Executor

extension EngineKind {
  /// The embedded engine: processes of this machine.
  public static let local = EngineKind(
    name: "local", resources: ["local.localhost"], needsTargetVenv: false,
    pilotOptions: ["cores", "gpus", "runtime"], workerClasses: [.single])
}
