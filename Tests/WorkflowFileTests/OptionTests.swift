import Testing
import Work
import WorkflowFile

/// What a file says beside its tasks, so that one line is enough to run it elsewhere.
@Suite struct OptionTests {
  private static let tasks = "tasks: [{name: a, argv: [x]}, {name: f, function: {module: m, name: f}}]\n"

  @Test func `environments, access and options of the pilot`() throws {
    let file = try read(
      """
      venv: ~/rp
      target_venv: /sim
      access: ssh
      pilot: {cores: 8, queue: debug, project: ABC12, cleanup: on, memory: 100}
      \(Self.tasks)
      """)
    #expect(file.venv == "~/rp" && file.targetVenv == "/sim" && file.access == "ssh")
    #expect(file.pilot.options == ["queue": "debug", "project": "ABC12", "cleanup": "on", "memory": "100"])
    let words = plan(of: file).text
    #expect(words.contains("engine    local by ssh, venv ~/rp, tasks in /sim, with a raptor\n"))
    #expect(words.contains("pilot     8 cores, cleanup on, memory 100, project ABC12, queue debug\n"))
  }

  @Test func `a raptor is wanted, unwanted, or shaped`() throws {
    #expect(try read("raptor: true\n" + Self.tasks).raptorShape.isEmpty)
    let shaped = try read("raptor: {workers: 2, cores: 3, class: MPIWorker}\n" + Self.tasks)
    #expect(shaped.needsRaptor && shaped.raptorShape == RaptorShape(workers: 2, cores: 3, workerClass: .mpi))
    #expect(plan(of: shaped).text.contains("with a raptor of 2 workers with 3 cores, MPIWorker\n"))
    let empty = try read("raptor: {}\ntasks: [{name: a, argv: [x]}]\n")
    #expect(empty.needsRaptor && empty.raptorShape.isEmpty)
  }

  @Test(arguments: [
    ("pilot: {quue: debug}", "unknown key 'quue' in 'pilot' (did you mean 'queue'?)"),
    ("pilot: {uid: x}", "unknown key 'uid' in 'pilot'"),
    ("pilot: {queue: ''}", "pilot option 'queue' is empty"),
    ("pilot: {queue: [a]}", "'queue' of the pilot must be text, found a list"),
    ("pilot: {queue: }", "'queue' of the pilot has no value"),
    ("pilot: {nodes: two}", "pilot option 'nodes' is a whole number, not 'two'"),
    ("pilot: {nodes: 0}", "pilot option 'nodes' must be a whole number of at least 1"),
    ("pilot: {exit_on_error: perhaps}", "pilot option 'exit_on_error' is true or false, not 'perhaps'"),
    ("pilot: {nodes: 2, cores: 8}", "the pilot has 'cores' and 'nodes': give one of them"),
    ("raptor: 3", "'raptor' must be true or false, found '3'"),
    ("raptor: [2]", "'raptor' must be true or false, found a list"),
    ("raptor: {worker: 2}", "unknown key 'worker' in 'raptor' (did you mean 'workers'?)"),
    ("raptor: {workers: 0}", "'workers' of the raptor must be a whole number of at least 1, found '0'"),
    ("raptor: {workers: many}", "'workers' of the raptor must be a whole number of at least 1, found 'many'"),
    ("raptor: {cores: 1e9}", "'cores' of the raptor's workers"),
    ("raptor: {cores: 100000001}", "'cores' of the raptor's workers is too large"),
    ("raptor: {class: MPI}", "the raptor has no workers of class 'MPI'"),
    ("raptor: {class: ''}", "'class' of the raptor is empty"),
    ("target_venv: ''", "'target_venv' is empty"),
    (
      "raptor: {workers: 2, cores: 4}\npilot: {cores: 8}",
      "a raptor with 2 workers of 4 cores needs 9 cores, one of them for itself, and the pilot has 8"
    ),
  ]) func `what is wrong is said in one sentence`(_ line: String, _ sentence: String) {
    let found = problems(line + "\n" + Self.tasks)
    #expect(found.count == 1 && found.first?.contains(sentence) ?? false, "\(found)")
  }
}
