import Glibc
import Platform
import TestSupport
import Testing

/// What a session hands on of the place it was started in.
@Suite struct OuterLauncherTests {
  private let outer = [
    "OMPI_COMM_WORLD_RANK": "1", "OMPI_MCA_btl": "self", "PMIX_RANK": "1", "PMI_RANK": "1", "PMI_FD": "9",
    "SLURM_JOB_ID": "77", "SLURM_NTASKS": "1", "SLURMD_NODENAME": "n", "HYDI_CONTROL_FD": "8", "MPI_LOCALRANKID": "1",
  ]

  @Test func `a task is no rank of the job that its session runs in`() async throws {
    let session = try TestSession(
      """
      tasks:
        - {name: env, command: "env", outputs: [{source: stdout, target: env.txt}]}
        - {name: own, command: "echo $SLURM_JOB_ID $PMI_RANK", environment: {SLURM_JOB_ID: mine, PMI_RANK: 3},
           outputs: [{source: stdout, target: own.txt}]}
      """)
    let result = try await session.run("run", "w.yaml", "--batch", environment: outer)
    #expect(result.exitCode == 0)
    let lines = try #require(session.place.text("env.txt")).split(separator: "\n")
    for name in outer.keys { #expect(!lines.contains { $0.hasPrefix("\(name)=") }, "\(name)") }
    #expect(session.place.text("own.txt") == "mine 3\n")
  }

  /// A workflow of two ranks of an MPI program that run until they are ended.
  private func ranks() throws -> TestSession {
    let program = try #require(MPIProgram.openMPI)
    return try TestSession(
      """
      pilot: {cores: 2}
      tasks:
        - {name: t, argv: ["\(program)", sleep, "mark{mark}"], ranks: 2}
      """)
  }

  @Test(.enabled(if: MPIProgram.areThere), arguments: ["host", "agent", "guard", "host and agent"])
  func `ranks of a session that is killed are gone, and what they had in shared memory`(_ who: String) async throws {
    let session = try ranks()
    let program = try Program(
      scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path,
      environment: session.environment)
    let mark = "sleep\0mark\(session.mark)"
    let output = session.place.path + "/s/tasks/task.000000/stdout"
    try await wait(for: "two ranks") { (contents(output) ?? "").split(separator: "\n").count == 2 }
    let rank = try #require(processes(matching: mark).max())
    let variables = (contents("/proc/\(rank)/environ") ?? "").split(separator: "\0")
    let name = "OMPI_MCA_orte_tmpdir_base="
    let scratch = try #require(variables.first { $0.hasPrefix(name) }).dropFirst(name.count)
    #expect(access(String(scratch), F_OK) == 0)
    let (host, guardian, agent) = (try session.host(), try session.guardian(), try session.agent())
    switch who {
    case "host": kill(host, SIGKILL)
    case "agent": kill(agent, SIGKILL)
    case "guard": kill(guardian, SIGKILL)
    default: for pid in [host, agent] { kill(pid, SIGKILL) }
    }
    _ = try await program.finish()
    try await wait(for: "the end of all") {
      processes(matching: mark).isEmpty && ![guardian, agent].contains(where: isAlive)
        && access(String(scratch), F_OK) != 0
    }
  }

  @Test(.enabled(if: MPIProgram.areThere)) func `what cannot be launched is refused by check and run`() async throws {
    let session = try ranks()
    for verb in [["check", "w.yaml"], ["run", "w.yaml", "--batch", "--session-dir", "s"]] {
      let result = try await Program.run(
        scalemsTop, verb, in: session.place.path,
        environment: session.environment.merging(["PATH": session.place.path]) { $1 })
      #expect(result.exitCode == 2 && result.stderr.contains("task 't' cannot be launched: no MPI launcher"))
    }
    #expect(!session.place.exists("s"))
    #expect(try await session.run("check", "w.yaml").exitCode == 0)
  }

  @Test func `who uses one core of many by taskset gets a pilot of one, and stays there`() async throws {
    let core = try #require(CoreMask.own.numbers.last)
    let session = try TestSession(
      """
      tasks:
        - {name: t, command: "grep Cpus_allowed_list /proc/self/status; echo $OMP_NUM_THREADS",
           outputs: [{source: stdout, target: "out.{member}"}], ensemble: 3}
      """)
    let taskset = try #require(programPath("taskset", in: "/usr/bin:/bin"))
    let result = try await Program.run(
      taskset, ["-c", "\(core)", scalemsTop, "run", "w.yaml", "--batch"], in: session.place.path,
      environment: session.environment)
    #expect(result.exitCode == 0)
    for member in 0..<3 { #expect(session.place.text("out.\(member)") == "Cpus_allowed_list:\t\(core)\n1\n") }
  }

  @Test func `binding and threads can be turned off, in the workflow and by the command line`() async throws {
    let task = #"""
      tasks:
        - {name: t, command: "grep Cpus_allowed_list /proc/self/status; echo ${OMP_NUM_THREADS-none}",
           outputs: [{source: stdout, target: out}]}
      """#
    let all = try #require(
      contents("/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") })
    let file = try TestSession("pilot: {bind: false, omp_threads: false}\n" + task)
    #expect(try await file.run("run", "w.yaml", "--batch").exitCode == 0)
    #expect(file.place.text("out") == "\(all)\nnone\n")
    // The command line wins over the workflow.
    let threads = try await file.run("run", "w.yaml", "--batch", "--omp-threads")
    #expect(threads.exitCode == 0 && file.place.text("out") == "\(all)\n1\n")
    let line = try TestSession(task)
    #expect(try await line.run("run", "w.yaml", "--batch", "--no-bind", "--no-omp-threads").exitCode == 0)
    #expect(line.place.text("out") == "\(all)\nnone\n")
    #expect(try await line.run("run", "w.yaml", "--batch", environment: ["OMP_NUM_THREADS": "6"]).exitCode == 0)
    #expect(line.place.text("out")?.hasSuffix("\n6\n") ?? false)
  }
}
