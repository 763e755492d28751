import Executor
import Glibc
import Leftovers
import Platform
import RadicalEngine
import SessionModel
import TestSupport
import Testing
import Work

/// The virtual environment with real RADICAL-Pilot that `make test` makes.
let radicalVenv: String = {
  if let path = getenv("SCALEMS_TEST_VENV") { return String(cString: path) }
  return (getenv("HOME").map { String(cString: $0) } ?? "") + "/.cache/scalems-top/radical"
}()

/// A session on real RADICAL-Pilot, whose sandbox and registry lie in a temporary directory.
func radicalHarness(
  cores: Int = 2, raptor: Bool = false, shape: RaptorShape = RaptorShape(), targetVenv: String? = nil,
  runtime: Double? = nil, options: [String: String] = [:],
  awaitRaptor: Double = 2
) throws -> EngineHarness {
  var limits = TimeLimits.radical
  limits.awaitRaptor = .seconds(awaitRaptor)
  let configuration = try RuntimeConfiguration(
    engine: "radical", venv: radicalVenv, targetVenv: targetVenv, enableRaptor: raptor, raptor: shape, cores: cores,
    runtime: runtime,
    pilotOptions: options, limits: limits, engines: [.radical])
  let home = try TemporaryDirectory()
  let engine = RadicalEngine(
    registry: LinkDirectory(directory: home.path + "/sessions"), environment: ["HOME": home.path])
  return try EngineHarness(engine, configuration: configuration, keeping: home, patience: 90)
}

/// Everything on real RADICAL-Pilot, one at a time: a session has some forty processes.
@Suite(.serialized) enum RadicalTests {}

extension RadicalTests {
  /// What every engine must do.
  @Suite struct RadicalContractTests {
    let contract = EngineContract { cores, raptor in try radicalHarness(cores: cores, raptor: raptor) }

    @Test func runsAllKindsOfTasks() async throws { try await contract.runsAllKindsOfTasks() }
    /// The tests at the keyboard show these two, as well; a session takes its time.
    private static let isThorough = getenv("SCALEMS_TEST_ALL") != nil

    @Test(.enabled(if: isThorough)) func stopKeepsWhatWasNotStarted() async throws {
      try await contract.stopKeepsWhatWasNotStarted()
    }
    @Test(.enabled(if: isThorough)) func closeEndsWhatRuns() async throws { try await contract.closeEndsWhatRuns() }
    @Test func runsAllKindsThroughTheRaptor() async throws { try await contract.runsAllKindsThroughTheRaptor() }
    /// And ranks, in the same session.
    @Test func programsHaveTheSameOutcome() async throws {
      try await contract.programsHaveTheSameOutcome(withRanks: MPIProgram.areThere)
    }
    @Test func cancelsTheRaptor() async throws { try await contract.cancelsTheRaptor() }
  }
}
