import Executor
import LocalEngine
import TestSupport
import Testing
import Work

/// A local engine that finds its agent and raptor in the `scalems-top` beside the tests.
func localHarness(
  cores: Int = 2, gpus: Int = 0, raptor: Bool = false, runtime: Double? = nil, killGrace: Double = 0.3,
  venv: String? = nil, patience: Double = 60, callLimit: Int = 10_000, placement: TaskPlacement = TaskPlacement()
) throws -> EngineHarness {
  var limits = TimeLimits()
  limits.killGrace = .seconds(killGrace)
  limits.awaitRaptor = .seconds(0.5)
  limits.shortage = .seconds(patience)
  let configuration = try RuntimeConfiguration(
    targetVenv: venv, enableRaptor: raptor, cores: cores, gpus: gpus, runtime: runtime, placement: placement,
    limits: limits,
    engines: [.local])
  return try EngineHarness(LocalEngine(executable: scalemsTop, callLimit: callLimit), configuration: configuration)
}

@Suite struct LocalContractTests {
  let contract = EngineContract { cores, raptor in try localHarness(cores: cores, raptor: raptor) }

  @Test func runsTasksToDone() async throws { try await contract.runsTasksToDone() }
  @Test func tellsHowTasksFail() async throws { try await contract.tellsHowTasksFail() }
  @Test func stagesFiles() async throws { try await contract.stagesFiles() }
  @Test func cancelsWaitingAndRunningTasks() async throws { try await contract.cancelsWaitingAndRunningTasks() }
  @Test func stopKeepsWhatWasNotStarted() async throws { try await contract.stopKeepsWhatWasNotStarted() }
  @Test func closeEndsWhatRuns() async throws { try await contract.closeEndsWhatRuns() }
  @Test func runsTasksThroughTheRaptor() async throws { try await contract.runsTasksThroughTheRaptor() }
  @Test(.enabled(if: MPIProgram.areThere)) func runsRanks() async throws { try await contract.runsRanks() }
  @Test func runsFunctions() async throws { try await contract.runsFunctions() }
  @Test func functionsHaveTheSameOutcome() async throws { try await contract.functionsHaveTheSameOutcome() }
  @Test func programsHaveTheSameOutcome() async throws { try await contract.programsHaveTheSameOutcome() }
  @Test func cancelsTheRaptor() async throws { try await contract.cancelsTheRaptor() }
}
