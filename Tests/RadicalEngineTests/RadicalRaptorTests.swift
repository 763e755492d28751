import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

/// RP's raptor, its workers and the cores of its pilot, and tasks in an environment of their own.
extension RadicalTests {
  @Suite struct RadicalRaptorTests {
    private static let waits = """
      import os, sys, time
      def wait():
          while not os.path.exists("../../go"): time.sleep(0.1)
          return [sys.prefix, os.environ["VIRTUAL_ENV"]]
      """

    /// An environment that tasks run in: it has no radical.pilot.
    private func environment(in place: TemporaryDirectory) throws -> String {
      let path = place.path + "/tasks env"
      mkdir(path, 0o700)
      mkdir(path + "/bin", 0o700)
      guard symlink("/usr/bin/python3", path + "/bin/python") == 0 else { throw TestError("no environment") }
      try place.write("home = /usr/bin\n", to: "tasks env/pyvenv.cfg")
      return path
    }

    @Test func `a raptor and its workers hold cores from their place on a node to their end`() async throws {
      let place = try TemporaryDirectory()
      let target = try environment(in: place)
      let harness = try radicalHarness(cores: 4, raptor: true, shape: RaptorShape(workers: 2), targetVenv: target)
      try harness.directory.write(Self.waits, to: "waits.py")
      try await harness.executor.startup()
      let call = TaskDescription(name: "call", function: FunctionCall(module: "waits", name: "wait"))
      try await harness.executor.submit([WorkItem(call, shape: [3]), shell("where", "command -v python")])
      try await harness.wait(for: "two functions at a time") { $0.tasks.callsRunning == 2 }
      // Other tasks have the cores that its workers leave.
      try await harness.executor.submit([WorkItem(TaskDescription(name: "beside", argv: ["sleep", "600"]), shape: [3])])
      try await harness.wait(for: "a full pilot") { $0.coresInUse == 4 && $0.tasks.finished == 1 }
      let full = harness.snapshot
      #expect(full.tasks.count(in: .running) == 3 && full.tasks.raptorQueued == 1)
      #expect(full.raptor?.workers == 2 && full.busyWorkers == 2 && full.raptor?.workerCores == 2)
      #expect(full.raptor?.detail == "workers: 2 running")
      #expect(try harness.output("where") == "\(target)/bin/python\n")
      for name in ["raptor.0000", "raptor.0000.worker.0", "raptor.0000.worker.1"] {
        let path = "radical/pilot.0000/\(name)/\(name).out"
        #expect(harness.directory.text(path)?.hasPrefix("\(name) of class ScaleMS") ?? false, "\(name)")
      }
      try harness.directory.write("", to: "go")
      try await harness.wait(for: "the functions to end") { $0.tasks.count(in: .done) == 4 && $0.coresInUse == 4 }
      #expect(try harness.details("call.2").value == "[\"\(target)\", \"\(target)\"]")
      unlink(harness.directory.path + "/go")
      try await harness.executor.submit([WorkItem(TaskDescription(call, "last"))])
      try await harness.wait(for: "one that runs when its raptor is ended") { $0.tasks.callsRunning == 1 }
      let record = await harness.executor.perform(.cancelRaptor, sender: "tester")
      #expect(record.stage.isFinished)
      try await harness.wait(for: "the end of its workers") { $0.raptor?.workerCores == 0 && $0.raptor?.detail == nil }
      // Until its function is known to have ended, that is one that runs, too.
      try await harness.wait(for: "their cores to be used") {
        $0.tasks.count(in: .canceled) == 1 && $0.tasks.count(in: .running) == 3
      }
      let after = harness.snapshot
      #expect(after.coresInUse == 3 && after.busyWorkers == 0 && after.shutdownUnderWay.isEmpty)
      #expect(try harness.details("last").state == .canceled)
      let beside = (0..<3).compactMap { try? harness.details("beside.\($0)").id }
      _ = await harness.executor.perform(.cancel(TaskIDs(beside)), sender: "tester")
      #expect(try await harness.executor.shutdown().leftovers == [])
    }

    private static let hasMPI = !directoryEntries(radicalVenv + "/lib").filter {
      access("\(radicalVenv)/lib/\($0)/site-packages/mpi4py", F_OK) == 0
    }.isEmpty

    @Test(.enabled(if: hasMPI && MPIProgram.areThere)) func `workers that are MPI programs`() async throws {
      let shape = RaptorShape(workers: 1, cores: 2, workerClass: .mpi)
      let harness = try radicalHarness(cores: 4, raptor: true, shape: shape)
      try harness.directory.write(Self.waits, to: "waits.py")
      try await harness.executor.startup()
      let call = TaskDescription(name: "call", function: FunctionCall(module: "waits", name: "wait"))
      var late = TaskDescription(call, "late")
      late.timeout = 2
      try await harness.executor.submit([WorkItem(late), WorkItem(call, shape: [3])])
      try await harness.wait(for: "one that is over its time") { $0.tasks.count(in: .failed) == 1 }
      try await harness.wait(for: "two functions at a time") { $0.tasks.callsRunning == 2 && $0.coresInUse == 3 }
      try harness.directory.write("", to: "go")
      let summary = try await harness.executor.shutdown()
      #expect(summary.tasks == ["DONE": 3, "FAILED": 1] && summary.leftovers == [])
      #expect(try harness.details("late").reason == "its time limit of 2 s passed")
    }
  }
}

extension TaskDescription {
  /// Another task of the same kind.
  fileprivate init(_ other: TaskDescription, _ name: String) {
    self = other
    self.name = name
  }
}
