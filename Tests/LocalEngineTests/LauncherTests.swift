import Executor
import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import LocalEngine

/// Real MPI programs of both families, with their real launchers.
@Suite(.enabled(if: MPIProgram.areThere)) struct LauncherTests {
  private func ranks(
    _ name: String, _ argv: [String], _ ranks: Int = 2, _ change: (inout TaskDescription) -> Void = { _ in }
  ) -> WorkItem {
    var description = TaskDescription(name: name, argv: argv, resources: TaskResources(ranks: ranks))
    change(&description)
    return WorkItem(description)
  }
  private var openMPI: String { MPIProgram.openMPI ?? "" }
  private var mpich: String { MPIProgram.mpich ?? "" }

  @Test func `a program is started by the launcher of its own MPI`() async throws {
    let harness = try localHarness()
    let summary = try await harness.run([
      ranks("openmpi", [openMPI]), ranks("mpich", [mpich]), ranks("line", ["/bin/sh", "-c", "\(mpich) x"]),
      ranks("prepared", [mpich]) { $0.preExec = ["echo prepared"] },
    ])
    #expect(summary.tasks == ["DONE": 4])
    for name in ["openmpi", "mpich", "line", "prepared"] {
      let lines = try harness.output(name).split(separator: "\n").sorted()
      #expect(
        lines.suffix(2) == ["rank 0 = 0 of 2, threads 1", "rank 1 = 1 of 2, threads 1"]
          && lines.count == (name == "prepared" ? 3 : 2), "\(name): \(lines)")
    }
  }

  @Test func `the first rank has the input, and no other waits for it`() async throws {
    let harness = try localHarness()
    let summary = try await harness.run(
      [("o", openMPI), ("m", mpich)].flatMap { name, program in
        [
          ranks("\(name)text", [program, "input"]) { $0.stdin = .text("text") },
          ranks("\(name)none", [program, "input"]),
        ]
      })
    #expect(summary.tasks == ["DONE": 4])
    for name in ["o", "m"] {
      #expect(
        try harness.output("\(name)text").split(separator: "\n").sorted().prefix(2) == ["0 read 'text'", "1 read ''"])
      #expect(
        try harness.output("\(name)none").split(separator: "\n").sorted().prefix(2) == ["0 read ''", "1 read ''"])
    }
  }

  @Test(.enabled(if: CoreMask.own.numbers.count > 1))
  func `programs that run at once are on different cores, each rank on its own`()
    async throws
  {
    let own = CoreMask.own.numbers.prefix(2)
    for program in [openMPI, mpich] {
      let harness = try localHarness()
      try await harness.executor.startup()
      try await harness.executor.submit(
        ["a", "b"].map {
          ranks($0, [program, "where"], 1) {
            $0.launcher = program == mpich ? .mpiexec : .mpirun
            if program == mpich { $0.environment["PATH"] = hydraFirst(harness) }
          }
        })
      try await wait(for: "both to say where they are") {
        try ["a", "b"].allSatisfy { try harness.output($0).hasSuffix("\n") }
      }
      for name in ["a", "b"] { try harness.directory.write("", to: "tasks/\(harness.details(name).id.uid)/go") }
      try await harness.wait(for: "their end") { $0.tasks.finished == 2 }
      try await harness.executor.submit([ranks("both", ["/bin/sh", "-c", "touch go; exec \(program) where"])])
      #expect(try await harness.executor.shutdown().tasks == ["DONE": 3])
      let cores = try ["a", "b"].map { try harness.output($0).split(separator: " ")[1] }
      #expect(Set(cores) == Set(own.map { "\($0)" }))
      let both = try harness.output("both").split(separator: "\n").sorted().map { $0.split(separator: " ")[1] }
      #expect(both == own.map { "\($0)" })
    }
  }

  /// A PATH in which `mpiexec` is that of MPICH.
  private func hydraFirst(_ harness: EngineHarness) -> String {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    // It looks for its proxy beside itself.
    for (name, target) in [("mpiexec", "mpiexec.hydra"), ("hydra_pmi_proxy", "hydra_pmi_proxy")] {
      if let found = programPath(target, in: path) { symlink(found, "\(harness.directory.path)/\(name)") }
    }
    return harness.directory.path + ":" + path
  }

  @Test func `what a rank came to is told, and the others end`() async throws {
    let harness = try localHarness()
    let summary = try await harness.run([
      ranks("ofail", [openMPI, "fail"]), ranks("okill", [openMPI, "kill"]), ranks("mkill", [mpich, "kill"]),
      ranks("none", ["/no/such/program"]) { $0.preExec = ["true"] },
    ])
    #expect(summary.tasks == ["FAILED": 4])
    #expect(try harness.details("ofail").exitCode == 5)
    #expect(try harness.details("okill").reason?.hasPrefix("exit 137 (signal 9): ") ?? false)
    #expect(try harness.details("mkill").reason?.hasPrefix("exit 9 (or signal 9)") ?? false)
    #expect(try harness.details("none").exitCode == 127)
  }

  @Test(arguments: ["sleep", "ignore"]) func `ended tasks leave nothing`(_ mode: String) async throws {
    for program in [openMPI, mpich] {
      let mark = "mark\(Int.random(in: 100_000...999_999))"
      let harness = try localHarness(killGrace: mode == "sleep" ? 5 : 0.3)
      try await harness.executor.startup()
      // Each in a shell of its own first, to tell where its launcher keeps things.
      let line = "echo \"at $OMPI_MCA_orte_tmpdir_base\"; exec \(program) \(mode) \(mark)"
      try await harness.executor.submit([
        ranks("canceled", ["/bin/sh", "-c", line]), ranks("late", ["/bin/sh", "-c", line]) { $0.timeout = 1.5 },
        ranks("closed", ["/bin/sh", "-c", line]),
      ])
      func isRunning(_ name: String) throws -> Bool {
        try harness.output(name).split(separator: "\n").count { $0.hasPrefix("rank") } == 2
      }
      try await wait(for: "ranks") { try isRunning("canceled") }
      let record = await harness.executor.perform(.cancel([TaskID(0)]), sender: "tester")
      #expect(record.stage == .finished(.done("1 canceled")))
      try await harness.wait(for: "the time limit") { $0.tasks.finished == 2 }
      try await wait(for: "ranks") { try isRunning("closed") }
      harness.executor.interrupt(signal: SIGINT)
      let summary = await harness.executor.waitUntilClosed()
      #expect(summary.tasks == ["CANCELED": 2, "FAILED": 1] && summary.leftovers.isEmpty)
      #expect(processes(matching: mark).isEmpty)
      let places = try ["canceled", "late", "closed"].flatMap { try harness.output($0).split(separator: "\n") }
        .filter { $0.hasPrefix("at /") }.map { String($0.dropFirst(3)) }
      #expect(places.count == 6)
      for place in places { #expect(access(place, F_OK) != 0, "\(place) is left") }
    }
  }

  @Test func `a launcher that is killed takes its ranks along`() async throws {
    let mark = "mark\(Int.random(in: 100_000...999_999))"
    let harness = try localHarness()
    try await harness.executor.startup()
    // No MPI program: nothing tells these ranks that their launcher is gone.
    try await harness.executor.submit([ranks("t", ["/bin/sh", "-c", "echo up; while sleep 0.1; do : \(mark); done"])])
    try await wait(for: "ranks") { try harness.output("t").split(separator: "\n").count == 2 }
    let launcher = try #require(harness.details("t").pid)
    kill(pid_t(launcher), SIGKILL)
    try await harness.wait(for: "the end") { $0.tasks.finished == 1 }
    #expect(processes(matching: mark).isEmpty)
    #expect(try harness.details("t").reason?.hasPrefix("ended by SIGKILL") ?? false)
    _ = try await harness.executor.shutdown()
  }

  @Test func `a launcher that a script calls is ended by itself, and leaves nothing`() async throws {
    let mark = "mark\(Int.random(in: 100_000...999_999))"
    let harness = try localHarness(killGrace: 5)
    try await harness.executor.startup()
    try await harness.executor.submit([
      shell("s", "trap 'echo told; exit 3' TERM; mpirun -n 2 \(openMPI) sleep \(mark) & wait $!; echo status $?; wait")
    ])
    try await wait(for: "ranks") { try harness.output("s").split(separator: "\n").count == 2 }
    _ = await harness.executor.perform(.cancel([TaskID(0)]), sender: "tester")
    try await harness.wait(for: "the end") { $0.tasks.finished == 1 }
    #expect(processes(matching: mark).isEmpty)
    #expect(try harness.output("s").contains("told"))
    _ = try await harness.executor.shutdown()
  }

  @Test func `what cannot be launched is refused before it is taken`() async throws {
    let harness = try localHarness()
    try await harness.executor.startup()
    func refusal(_ path: String, _ item: WorkItem) async -> String? {
      var item = item
      item.description.environment["PATH"] = path
      do {
        try await harness.executor.submit([item])
        return nil
      } catch { return "\(error)" }
    }
    let (empty, wrong) = try (TemporaryDirectory(), TemporaryDirectory())
    symlink(programPath("mpirun.openmpi", in: "/usr/bin") ?? "", wrong.path + "/mpirun")
    let missing = await refusal(empty.path, ranks("t", [mpich]))
    #expect(missing?.contains("no MPI launcher (mpirun or mpiexec) was found in PATH") ?? false)
    #expect(missing?.contains("'launcher: none' for 2 plain processes") ?? false)
    let mismatch = await refusal(wrong.path, ranks("t", [mpich]))
    #expect(mismatch?.contains("linked with MPICH") ?? false && mismatch?.contains("launcher of Open MPI") ?? false)
    #expect(
      await refusal(wrong.path, ranks("t", [openMPI]) { $0.launcher = .srun })?.contains("'srun' was not found")
        ?? false)
    // What a pre_exec brings is seen at the start.
    #expect(await refusal(empty.path, ranks("late", ["/bin/true"]) { $0.preExec = ["true"] }) == nil)
    #expect(await refusal(empty.path, ranks("plain", ["/bin/true"]) { $0.launcher = .none }) == nil)
    #expect(try await harness.executor.shutdown().tasks == ["DONE": 1, "FAILED": 1])
    #expect(
      try harness.details("late").exitCode == 127
        && harness.details("late").reason?.contains("no MPI launcher") ?? false)
  }

  @Test func `what a killed agent left in shared memory goes, what another has stays`() throws {
    let living = try #require(LaunchScratch())
    let task = try #require(living.make("task.000001"))
    let dead = "/dev/shm/scalems-launch-\(geteuid())-1-\(UInt32.random(in: 0...UInt32.max))"
    let link = dead + "x"
    for path in [dead, dead + "/ompi.host.0"] { #expect(mkdir(path, 0o700) == 0) }
    try writeFile(dead + "/ompi.host.0/segment", [1])
    symlink(task, dead + "/link")
    symlink(task, link)
    defer { unlink(link) }
    LaunchScratch.removeStale()
    #expect(access(dead, F_OK) != 0 && access(task, F_OK) == 0, "a link is not followed")
  }
}
