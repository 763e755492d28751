import Executor
import Platform
import SessionModel
import TestSupport
import Testing

@testable import LocalEngine

/// An agent or raptor of another version says so, and the session fails to start with its words.
@Suite struct ProtocolVersionTests {
  /// The program, which hears another version of the protocol than was said when it is what `role` names.
  private func program(_ role: String, in directory: TemporaryDirectory) throws -> String {
    let script = """
      #!/bin/sh
      # The last argument is the role.
      for role; do :; done
      if [ "$role" = \(role) ]; then
        sed -u 's/"version":1/"version":9/' | '\(scalemsTop)' "$@"
      else
        exec '\(scalemsTop)' "$@"
      fi
      """
    let path = directory.path + "/program"
    try writeFile(path, Array(script.utf8), mode: 0o700)
    return path
  }

  @Test(arguments: [("agent", "the agent did not start"), ("raptor", "the raptor did not start")])
  func `another version`(_ role: String, _ words: String) async throws {
    let directory = try TemporaryDirectory()
    let engine = LocalEngine(executable: try program(role, in: directory))
    let harness = try EngineHarness(
      engine, configuration: RuntimeConfiguration(enableRaptor: true, cores: 2, engines: [.local]), keeping: directory)
    let error = await #expect(throws: (any Error).self) { try await harness.executor.startup() }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(words) && text.contains("speaks version 1 of the protocol of agents"), "\(text)")
    #expect(text.contains("speaks version 9: both must be the same scalems-top"), "\(text)")
  }
}
