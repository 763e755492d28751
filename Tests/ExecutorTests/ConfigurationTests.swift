import Testing
import Work

@testable import Executor

/// Each rule of the configuration has one clear message.
@Suite struct ConfigurationTests {
  private static let cluster = EngineKind(
    name: "radical", resources: ["local.localhost", "access.expanse"], needsTargetVenv: true,
    pilotOptions: ["cores", "gpus", "runtime", "queue", "project"])

  private static let all = [EngineKind.local, cluster]

  @Test func `the defaults are one machine's local pilot`() throws {
    let configuration = try RuntimeConfiguration(engines: Self.all)
    #expect(configuration.engine.name == "local")
    #expect(configuration.resource == "local.localhost")
    #expect(configuration.cores == nil)
    #expect(configuration.gpus == 0)
    #expect(configuration.runtime == nil)
    #expect(!configuration.enableRaptor)
    #expect(configuration.limits.awaitRaptor == .seconds(60), "the reference's")
    #expect(configuration.limits.awaitCanceledRaptor == .seconds(10), "the reference's")
  }

  @Test func `options of the pilot set what has no argument`() throws {
    let configuration = try RuntimeConfiguration(
      engine: "radical", targetVenv: "/venv",
      pilotOptions: ["cores": "8", "gpus": "1", "runtime": "90.5", "queue": "debug"], engines: Self.all)
    #expect(configuration.cores == 8)
    #expect(configuration.gpus == 1)
    #expect(configuration.runtime == 90.5)
    #expect(configuration.targetVenv == "/venv")
  }

  private func message(_ make: () throws -> RuntimeConfiguration) -> String? {
    #expect(throws: ValueError.self) { try make() }?.message
  }

  @Test func `an engine that needs a virtual environment says so`() {
    let expected = "engine 'radical' needs the virtual environment that its tasks run in"
    for venv in [nil, ""] {
      #expect(
        message { try RuntimeConfiguration(engine: "radical", targetVenv: venv, engines: [Self.cluster]) } == expected)
    }
  }

  @Test func `an engine's environment is that of tasks unless another is named`() throws {
    func pair(_ venv: String?, _ target: String?) throws -> [String?] {
      let made = try RuntimeConfiguration(venv: venv, targetVenv: target, engines: [Self.cluster])
      return [made.venv, made.targetVenv]
    }
    #expect(try pair("/rp", nil) == ["/rp", "/rp"])
    #expect(try pair(nil, "/both") == ["/both", "/both"])
    #expect(try pair("/rp", "/tasks") == ["/rp", "/tasks"])
    #expect(message { try RuntimeConfiguration(venv: "/rp", targetVenv: "", engines: [Self.cluster]) } != nil)
  }

  @Test func `a raptor of another shape`() throws {
    let shape = RaptorShape(workers: 2, cores: 2)
    #expect(
      message { try RuntimeConfiguration(enableRaptor: true, raptor: shape, cores: 4, engines: Self.all) }
        == "a raptor with 2 workers of 2 cores needs 5 cores, one of them for itself, and the pilot has 4")
    #expect(throws: Never.self) { try RuntimeConfiguration(raptor: shape, cores: 4, engines: Self.all) }
    #expect(throws: Never.self) {
      try RuntimeConfiguration(enableRaptor: true, raptor: shape, cores: 5, engines: Self.all)
    }
    var local = EngineKind.local
    local.workerClasses = [.single]
    #expect(
      message { try RuntimeConfiguration(raptor: RaptorShape(workerClass: .mpi), engines: [local]) }
        == "engine 'local' has no workers of class MPIWorker, but DefaultWorker")
    var holding = Self.cluster
    holding.workerCores = { shape, cores in shape.functions ?? cores / 2 }
    let made = try RuntimeConfiguration(
      venv: "/rp", enableRaptor: true, raptor: RaptorShape(workers: 3), cores: 8, engines: [holding])
    #expect(made.pilotSize.workerCores == 3 && made.pilotSize(orCores: 99).cores == 8)
  }

  @Test func `options that only the engine knows all of`() throws {
    let open = EngineKind(name: "radical", resources: nil, needsTargetVenv: false, pilotOptions: nil)
    func options(_ given: [String: String]) throws -> [String: String] {
      try RuntimeConfiguration(pilotOptions: given, engines: [open]).pilotOptions
    }
    #expect(
      try options(["queue": "q", "cleanup": "Yes", "brand_new": "x"])
        == ["queue": "q", "cleanup": "true", "brand_new": "x"])
    #expect(
      message { try RuntimeConfiguration(pilotOptions: ["nodes": "two"], engines: [open]) }
        == "pilot option 'nodes' is a whole number, not 'two'")
    #expect(try RuntimeConfiguration(pilotOptions: ["exit_on_error": "1"], engines: [open]).warnings.count == 1)
  }

  @Test func `an empty virtual environment is refused, also where none is needed`() {
    #expect(
      message { try RuntimeConfiguration(targetVenv: "", engines: Self.all) }
        == "the target virtual environment is empty: name its directory or leave it out")
  }

  @Test func `unknown engines and resources are named, with what would be right`() {
    #expect(
      message { try RuntimeConfiguration(engine: "locl", engines: Self.all) }
        == "unknown engine 'locl' (did you mean 'local'?): use 'local' or 'radical'")
    #expect(
      message { try RuntimeConfiguration(engine: "slurm", engines: Self.all) }
        == "unknown engine 'slurm': use 'local' or 'radical'")
    #expect(
      message { try RuntimeConfiguration(resource: "local.localhots", engines: Self.all) }
        == "unknown resource 'local.localhots' for engine 'local' (did you mean 'local.localhost'?): "
        + "use 'local.localhost'")
  }

  @Test func `impossible numbers are refused`() {
    #expect(
      message { try RuntimeConfiguration(cores: 0, engines: Self.all) }
        == "'cores' of the pilot must be a whole number of at least 1, found '0'")
    #expect(
      message { try RuntimeConfiguration(gpus: -1, engines: Self.all) }
        == "'gpus' of the pilot must be a whole number of at least 0, found '-1'")
    for runtime in [0, -1, Double.nan, .infinity] {
      #expect(
        message { try RuntimeConfiguration(runtime: runtime, engines: Self.all) }?
          .hasPrefix("'runtime' of the pilot ") ?? false)
    }
    #expect(
      message { try RuntimeConfiguration(enableRaptor: true, cores: 1, engines: Self.all) }
        == "a pilot with a raptor needs at least 2 cores: the raptor keeps one for itself")
    #expect(throws: Never.self) { try RuntimeConfiguration(enableRaptor: true, cores: 2, engines: Self.all) }
  }

  @Test func `unknown options of the pilot are named, with the nearest valid one`() {
    #expect(
      message { try RuntimeConfiguration(pilotOptions: ["core": "2"], engines: Self.all) }
        == "unknown pilot option 'core' (did you mean 'cores'?): engine 'local' knows cores, gpus, runtime")
    #expect(
      message { try RuntimeConfiguration(pilotOptions: ["nodes": "2"], engines: Self.all) }?.hasPrefix(
        "unknown pilot option 'nodes'")
        ?? false)
    #expect(
      message { try RuntimeConfiguration(pilotOptions: ["cores": "many"], engines: Self.all) }
        == "pilot option 'cores' is a whole number, not 'many'")
    #expect(
      message { try RuntimeConfiguration(pilotOptions: ["runtime": "1h"], engines: Self.all) }
        == "pilot option 'runtime' is a number of seconds, not '1h'")
    #expect(
      message { try RuntimeConfiguration(pilotOptions: ["cores": "-3"], engines: Self.all) }
        == "'cores' of the pilot must be a whole number of at least 1, found '-3'")
  }

  @Test func `the nearest name counts typing errors`() {
    let names = ["cores", "gpus", "runtime", "ranks"]
    #expect(nearest(to: "coers", in: names) == "cores", "swapped")
    #expect(nearest(to: "CORES", in: names) == "cores")
    #expect(nearest(to: "gpu", in: names) == "gpus")
    #expect(nearest(to: "runtme", in: names) == "runtime")
    #expect(nearest(to: "", in: names) == nil)
    #expect(nearest(to: "walltime", in: names) == nil)
    #expect(nearest(to: "cores", in: [String]()) == nil)
  }
}
