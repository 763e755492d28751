import Executor
import Glibc
import JSON
import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalEngine

@Suite struct TaskMappingTests {
  private let mapping = TaskMapping(
    session: "s", venv: "/venv", clientDirectory: "/client", sessionDirectory: "/session", killGrace: 7,
    raptor: "raptor.0000")

  @Test(arguments: [(0, 1, "task.000000"), (42, 2, "task.000042.2"), (1_234_567, 250, "task.1234567.250")])
  func `RP's id of a submission and back`(_ number: Int, _ submission: Int, _ uid: String) {
    #expect(TaskMapping.uid(TaskID(number), submission: submission) == uid)
    let back = TaskMapping.task(of: uid)
    #expect(back?.id == TaskID(number) && back?.submission == submission)
  }

  @Test(arguments: ["", ".", "..", "task", "task.", "task.x", "task.1.1", "task.1.0", "task.1.x", "task.1.2.3", "x.1"])
  func `other ids are no task's`(_ uid: String) { #expect(TaskMapping.task(of: uid) == nil) }

  @Test func `what RP has to know of a task`() {
    let description = TaskDescription(
      name: "md", argv: ["gmx", "mdrun"], stdout: "md.out", stderr: "md.err",
      resources: TaskResources(ranks: 2, coresPerRank: 3, gpusPerRank: 1), timeout: 90.5)
    let task = mapping.map(EngineTask(description, number: 7), submission: 1)
    #expect(task.uid == "task.000007" && task.name == "md" && task.arguments?.suffix(2) == ["a=gmx", "a=mdrun"])
    #expect(task.arguments?.prefix(4) == ["h=", "V=/venv", "t=/session/tasks/task.000007", "g=7.0"])
    #expect(task.executable?.hasPrefix("'/venv/bin/python' -IS -c '") ?? false)
    #expect(task.executable?.hasSuffix(" '/session/radical/run_task.py' '\(CheckedProgram.runner.hash)'") ?? false)
    #expect(task.ranks == 2 && task.coresPerRank == 3 && task.gpusPerRank == 1 && task.timeout == 90.5)
    #expect(task.stdout == "dir/md.out" && task.stderr == "dir/md.err" && task.sandbox == nil && task.raptorID == nil)
    #expect(task.preExec == nil && task.environment == nil && task.call == nil)
    // Another id in RP, the same directory for people.
    let second = mapping.map(EngineTask(description, number: 7), submission: 2)
    #expect(second.uid == "task.000007.2" && second.arguments?[2] == "t=/session/tasks/task.000007")
  }

  @Test func `a call has no shell around it`() throws {
    let description = TaskDescription(
      name: "f", function: FunctionCall(module: "m", name: "a.b", args: [1, 2.0, "$x"], kwargs: ["k": nil]),
      environment: ["A": "$HOME `x`"], timeout: 5)
    let task = mapping.map(EngineTask(description), submission: 1)
    let call = try #require(task.call)
    #expect(task.raptorID == "raptor.0000" && task.executable == nil && task.timeout == nil)
    #expect(
      call.path == "/client" && call.directory == "/session/tasks/task.000000" && call.venv == "/venv"
        && call.timeout == 5 && call.grace == 7 && call.before == [])
    #expect(call.request.contains(#""args":[1,2.0,"$x"],"kwargs":{"k":null}"#))
    // Tasks may have another environment than RADICAL-Pilot; its own programs stay with it.
    var other = mapping
    other.targetVenv = "/tasks"
    let there = other.map(EngineTask(description), submission: 1).call
    #expect(call.python == nil && there?.python == "/tasks/bin/python" && there?.venv == "/tasks")
    let program = other.map(EngineTask(TaskDescription(name: "p", argv: ["x"])), submission: 1)
    #expect(program.arguments?.contains("V=/tasks") ?? false)
    #expect(program.executable?.hasPrefix("'/venv/bin/python' -IS") ?? false)
    guard case .object(let request) = try JSONValue(json: call.request),
      case .object(let environment) = request["environment"]
    else {
      Issue.record("no request: \(call.request)")
      return
    }
    #expect(request["uid"] == "task.000000" && request["module"] == "m" && request["name"] == "a.b")
    #expect(request["stdout"] == "stdout" && request["stderr"] == "stderr" && request["directory"] == nil)
    #expect(environment["A"] == "$HOME `x`" && environment["SCALEMS_TASK_ID"] == "task.000000")
    // Another attempt keeps what the one before printed.
    #expect(mapping.map(EngineTask(description, attempt: 2), submission: 2).call?.before.count == 1)
  }

  @Test func `who starts the ranks`() {
    func map(_ launcher: Launcher, _ ranks: Int, _ input: StandardInput? = nil) -> RPTask {
      let resources = TaskResources(ranks: ranks, coresPerRank: 2, gpusPerRank: 1)
      let task = TaskDescription(name: "t", argv: ["x", "y"], stdin: input, resources: resources, launcher: launcher)
      return mapping.map(EngineTask(task), submission: 1)
    }
    #expect(map(.auto, 3).ranks == 3 && map(.auto, 3).useMPI == nil && map(.auto, 1).useMPI == nil)
    for launcher in [Launcher.mpirun, .mpiexec, .srun] {
      #expect(map(launcher, 1).useMPI == true && map(launcher, 1).ranks == 1 && map(launcher, 3).ranks == 3)
    }
    let plain = map(.none, 3)
    #expect(plain.ranks == 1 && plain.coresPerRank == 6 && plain.gpusPerRank == 3 && plain.useMPI == nil)
    #expect(plain.arguments?.suffix(3) == ["n=3", "a=x", "a=y"])
    #expect(map(.auto, 2, .file("/in")).arguments?.suffix(3) == ["i=/in", "a=x", "a=y"])
  }

  @Test func `what MPI leaves has a place that goes with the task`() async throws {
    var place = try MappingPlace()
    let scratch = try TemporaryDirectory()
    place.mapping.scratch = scratch.path + "/s p"
    let line = "echo \"$OMPI_MCA_orte_tmpdir_base $PRTE_MCA_prte_tmpdir_base\"; ls -d \"$OMPI_MCA_orte_tmpdir_base\""
    let task = TaskDescription(name: "t", argv: ["/bin/sh", "-c", line], resources: TaskResources(ranks: 2))
    let path = scratch.path + "/s p/task.000004"
    let end = try await place.run(task, number: 4)
    #expect(end.status == 0 && end.text("stdout") == "\(path) \(path)\n\(path)\n" && access(path, F_OK) != 0)
    #expect(mapping.map(EngineTask(task), submission: 1).preLaunch?.count == 1)
  }

  @Test func `plain ranks end together, and the first has the input`() async throws {
    var place = try MappingPlace()
    place.mapping.killGrace = 0.2
    let python = try #require(programPath("python3", in: ProcessEnvironment().path))
    symlink(python, place.mapping.venv + "/bin/python")
    func run(_ line: String, number: Int, _ input: String? = nil) async throws -> MappingPlace.End {
      var task = TaskDescription(name: "t", argv: ["/bin/sh", "-c", line], resources: TaskResources(ranks: 3))
      task.launcher = .none
      task.stdin = input.map { .text($0) }
      return try await place.run(task, number: number)
    }
    let good = try await run("echo \"$SCALEMS_RANK: $(cat)\"", number: 1, "text")
    #expect(good.status == 0 && good.text("stdout")?.split(separator: "\n").sorted() == ["0: text", "1: ", "2: "])
    let mark = "\(Int.random(in: 100_000...999_999)).5"
    let bad = try await run("trap '' TERM; [ $SCALEMS_RANK != 1 ] || exit 5; sleep \(mark)", number: 2)
    #expect(bad.status == 5 && processes(matching: "sleep\0\(mark)").isEmpty)
    var missing = TaskDescription(name: "t", argv: ["/no/such"], resources: TaskResources(ranks: 2))
    missing.launcher = .none
    #expect(try await place.run(missing, number: 3).status == 127)
  }

  @Test func `threads of OpenMP are cores of the rank, unless someone says otherwise`() throws {
    func threads(_ mapping: TaskMapping, _ change: (inout TaskDescription) -> Void = { _ in }) -> String? {
      var description = TaskDescription(name: "t", argv: ["x"], resources: TaskResources(coresPerRank: 3))
      change(&description)
      let task = mapping.map(EngineTask(description), submission: 1)
      // Of two, the later one holds.
      return task.arguments?.last { $0.contains("=OMP_NUM_THREADS=") }.map {
        String($0.dropFirst("v=OMP_NUM_THREADS=".count))
      }
    }
    #expect(threads(mapping) == "3")
    #expect(threads(mapping) { $0.environment["OMP_NUM_THREADS"] = "8" } == "8")
    var other = mapping
    other.inheritedThreads = "5"
    #expect(threads(other) == "5" && threads(other) { $0.environment["OMP_NUM_THREADS"] = "8" } == "8")
    other.placement.setsThreads = false
    #expect(threads(other) == "5")
    other.inheritedThreads = nil
    #expect(threads(other) == nil)
    let call = TaskDescription(name: "f", function: FunctionCall(module: "m", name: "f"))
    #expect(mapping.map(EngineTask(call), submission: 1).call?.request.contains(#""OMP_NUM_THREADS":"1""#) ?? false)
  }

  @Test func `a call has started when its mark is there`() throws {
    let place = try TemporaryDirectory()
    let (first, second) = ("task.000001", "task.000001.2")
    #expect(!TaskMapping.hasStarted(first, in: nil) && !TaskMapping.hasStarted(first, in: place.path))
    guard mkdir("\(place.path)/\(first)", 0o700) == 0 else { throw TestError("no directory") }
    try writeFile("\(place.path)/\(first)/.scalems.\(first).started", [])
    #expect(TaskMapping.hasStarted(first, in: place.path) && !TaskMapping.hasStarted(second, in: place.path))
    guard mkdir("\(place.path)/\(second)", 0o700) == 0 else { throw TestError("no directory") }
    try writeFile("\(place.path)/\(second)/.scalems.\(second).started", [])
    #expect(TaskMapping.hasStarted(second, in: place.path))
    for nonsense in ["", "task.", "../task.000001"] { #expect(!TaskMapping.hasStarted(nonsense, in: place.path)) }
  }
}
