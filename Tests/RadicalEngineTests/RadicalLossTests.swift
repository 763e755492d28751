import Foundation
import Glibc
import SessionModel
import TestSupport
import Testing

/// A signal to the host, and either side killed: nobody of RADICAL-Pilot is left.
extension InterruptedTests {
  @Suite struct RadicalLossTests {
    /// An agent that did not hear itself is helped, and all is as ever.
    @Test func aSignalEndsInOrder() async throws {
      let run = try RadicalRun(sleepers, hasDeafAgent: true)
      let program = try run.start()
      try await run.awaitSnapshot("two that run") { $0.tasks.count(in: .running) == 2 }
      #expect(try run.snapshot().log.contains { $0.text.contains("had not heard its own first message") })
      program.signal(SIGINT)
      let result = try await program.finish(seconds: 120)
      #expect(result.exitCode == 130)
      #expect(try run.snapshot().summary?.tasks == ["CANCELED": 2, "NEW": 2])
      #expect(run.left == [])
      #expect(!run.place.exists("s/radical.json"))
    }

    @Test func theHelperIsKilled() async throws {
      let run = try RadicalRun(sleepers)
      let program = try run.start()
      try await run.awaitSnapshot("two that run") { $0.tasks.count(in: .running) == 2 }
      kill(try run.helper(), SIGKILL)
      let result = try await program.finish(seconds: 60)
      #expect(result.exitCode == 1)
      let snapshot = try run.snapshot()
      #expect(snapshot.pilot?.state == .failed && snapshot.pilot?.detail?.contains("SIGKILL") ?? false)
      #expect(snapshot.summary?.tasks == ["FAILED": 2, "NEW": 2] && snapshot.summary?.leftovers == [])
      #expect(run.left == [])
    }

    /// What RADICAL-Pilot cannot close any more is ended all the same.
    @Test func `the host is killed, and the session's directory removed`() async throws {
      let run = try RadicalRun(sleepers)
      let program = try run.start()
      try await run.awaitSnapshot("two that run") { $0.tasks.count(in: .running) == 2 }
      kill(program.pid, SIGKILL)
      // RADICAL-Pilot makes files while they are removed.
      try await wait(for: "the removal") {
        try? FileManager.default.removeItem(atPath: run.place.path + "/s")
        return !run.place.exists("s")
      }
      _ = try await program.finish()
      try await run.awaitNothingLeft()
    }

    @Test func theHostIsKilled() async throws {
      let run = try RadicalRun(sleepers)
      let program = try run.start()
      try await run.awaitSnapshot("two that run") { $0.tasks.count(in: .running) == 2 }
      kill(program.pid, SIGKILL)
      _ = try await program.finish()
      try await run.awaitNothingLeft()
      // What a later start would sweep by is there, and finds nothing.
      #expect(run.place.exists("s/radical.json"))
      // Others' may be on this machine.
      let id = try run.snapshot().info?.id ?? ""
      let doctor = try await Program.run(scalemsTop, ["doctor", "--orphans", id], environment: run.environment)
      #expect(doctor.exitCode == 0 && doctor.stdout.hasPrefix("Nothing is left of session '\(id)'"))
    }
  }
}
