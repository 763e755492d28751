import SessionModel
import TestSupport
import Testing
import Work

/// RP's raptor, its workers and the cores of its pilot, in one session.
extension RadicalTests {
  @Suite struct RadicalRaptorTests {
    @Test func `a raptor and its workers hold cores from their place on a node to their end`() async throws {
      let harness = try radicalHarness(cores: 4, raptor: true)
      try harness.directory.write(
        """
        import os, time
        def wait():
            while not os.path.exists("../../go"): time.sleep(0.1)
            return "went"
        """, to: "waits.py")
      try await harness.executor.startup()
      let call = TaskDescription(name: "call", function: FunctionCall(module: "waits", name: "wait"))
      try await harness.executor.submit([
        WorkItem(call, shape: [2]), WorkItem(TaskDescription(name: "beside", argv: ["sleep", "600"]), shape: [3]),
      ])
      try await harness.wait(for: "a full pilot") { $0.coresInUse == 4 && $0.tasks.callsRunning == 1 }
      let full = harness.snapshot
      #expect(full.tasks.count(in: .running) == 3 && full.tasks.raptorQueued == 1)
      #expect(full.raptor?.workers == 1 && full.busyWorkers == 1 && full.raptor?.workerCores == 1)
      #expect(full.raptor?.detail == "workers: 1 running")
      let record = await harness.executor.perform(.cancelRaptor, sender: "tester")
      #expect(record.stage.isFinished)
      try await harness.wait(for: "the end of its worker") { $0.raptor?.workerCores == 0 && $0.raptor?.detail == nil }
      try await harness.wait(for: "its cores to be used") { $0.tasks.count(in: .running) == 3 }
      let after = harness.snapshot
      #expect(after.coresInUse == 3 && after.busyWorkers == 0 && after.shutdownUnderWay.isEmpty)
      #expect(try ["call.0", "call.1"].allSatisfy { try harness.details($0).state == .canceled })
      let beside = (0..<3).compactMap { try? harness.details("beside.\($0)").id }
      _ = await harness.executor.perform(.cancel(beside), sender: "tester")
      #expect(try await harness.executor.shutdown().leftovers == [])
    }
  }
}
