import Testing

@testable import Work

private func item(_ name: String, _ members: Int? = nil, after: [String] = []) -> WorkItem {
  WorkItem(TaskDescription(name: name, argv: ["x"], after: after), shape: members.map { [$0] } ?? [])
}

private func sentences(_ items: [WorkItem], held: Int = 0, known: [String: ItemSize] = [:]) -> [String] {
  TaskRules.violations(in: items, held: held, known: { known[$0] }, names: { Array(known.keys) }).map(\.sentence)
}

/// Rules between items.
@Suite struct WorkRulesTests {
  @Test func `names are unique, also among those that are there`() {
    let all = TaskRules.violations(in: [item("a"), item("b"), item("a")])
    #expect(all.map(\.item) == [2] && all.map(\.kind) == [.duplicate(of: 0)])
    let known = ["a": ItemSize(count: 1, isEnsemble: false)]
    #expect(sentences([item("a")], known: known) == ["there is already a task 'a'"])
  }

  @Test(arguments: [
    ("prepar", "which is no task here (did you mean 'prepare'?)"), ("e.4", "'e' has the members 0 to 3"),
    ("prepare.0", "which is no ensemble: write 'prepare'"), ("prepare.{member}", "{member}"),
    ("e.x", "which is no task here"), ("e.-1", "which is no task here"), ("e.", "which is no task here"),
    ("e.99999999999999999999", "which is no task here"), ("", "is empty"), ("t", "t → t"),
  ]) func `after names what there is`(_ text: String, _ words: String) {
    let all = sentences([item("prepare"), item("e", 4), item("t", after: [text])])
    #expect(all.contains { $0.contains(words) }, "\(all)")
  }

  @Test func `the session's own items can be waited for`() {
    let known = ["e": ItemSize(count: 4, isEnsemble: true), "s": ItemSize(count: 1, isEnsemble: false)]
    #expect(sentences([item("t", 4, after: ["e", "e.3", "e.{member}", "s"])], known: known) == [])
    #expect(sentences([item("t", 5, after: ["e.{member}"])], known: known).count == 1)
    #expect(sentences([item("t", after: ["s.0"])], known: known).count == 1)
  }

  @Test func `tasks are counted without overflow`() {
    #expect(sentences([item("a", 100_000_000)]) == [])
    #expect(sentences([item("a", 100_000_000), item("b")]).count == 1)
    #expect(sentences([item("a")], held: 100_000_000).count == 1)
    #expect(sentences([item("a", .max), item("b", .max)]).count == 2)
    #expect([item("a", .max), item("b", .max)].taskCount == .max && [item("a", -5)].taskCount == 0)
    #expect(sentences([WorkItem(TaskDescription(name: "m", argv: ["x"]), shape: [2, 3])]).count == 1)
  }

  @Test func `what the pilot can never hold`() {
    func sentences(_ pilot: PilotSize, _ resources: TaskResources, raptor: Bool = false) -> [String] {
      let task = TaskDescription(name: "t", argv: ["x"], resources: resources, raptor: raptor)
      return TaskRules.violations(in: [WorkItem(task)], pilot: pilot).map(\.sentence)
    }
    let four = PilotSize.ofSession(cores: 4, gpus: 1, hasRaptor: false)
    let raptor = PilotSize.ofSession(cores: 4, gpus: 1, hasRaptor: true)
    #expect(sentences(four, TaskResources(ranks: 2, coresPerRank: 2)) == [])
    #expect(sentences(four, TaskResources(ranks: 5)) == ["task 't' needs 5 cores, the pilot has 4"])
    #expect(
      sentences(raptor, TaskResources(ranks: 4)) == [
        "task 't' needs 4 cores, the pilot has 4, of which the raptor keeps one"
      ])
    #expect(sentences(four, TaskResources(gpusPerRank: 2)) == ["task 't' needs 2 gpus, the pilot has 1"])
    #expect(
      sentences(four, TaskResources(), raptor: true) == ["task 't' goes through the raptor, but this session has none"])
    #expect(sentences(raptor, TaskResources(), raptor: true) == [])
    #expect(sentences(.ofSession(cores: nil, gpus: nil, hasRaptor: true), TaskResources(ranks: 999)) == [])
    #expect(four.reason(against: CoreNeeds(TaskResources(ranks: 1 << 62, coresPerRank: 4))) != nil)
  }

  @Test func `what a pilot may have`() {
    for cores in [0, -1, .min, .max, 100_000_001, 1_000_000_000_000_000_000] {
      #expect(PilotSize.fault(cores: cores) != nil)
      #expect(cores == 0 || PilotSize.fault(gpus: cores) != nil)
    }
    #expect(PilotSize.fault(cores: 100_000_000) == nil && PilotSize.faultOfRaptor(cores: 1) != nil)
    #expect(PilotSize.all(of: 1, hasRaptor: true) == 2 && PilotSize.all(of: 8, hasRaptor: true) == 8)
    #expect(PilotSize.forTasks(of: 8, hasRaptor: true) == 7 && PilotSize.forTasks(of: 0, hasRaptor: true) == 0)
  }

  @Test func `a raptor has room in its pilot, and leaves room for programs`() {
    let shape = RaptorShape(workers: 2, cores: 3)
    #expect(shape.functions == 6 && PilotSize.faultOfRaptor(shape, cores: 7) == nil)
    #expect(
      PilotSize.faultOfRaptor(shape, cores: 6)
        == "a raptor with 2 workers of 3 cores needs 7 cores, one of them for itself, and the pilot has 6")
    #expect(PilotSize.faultOfRaptor(RaptorShape(workerClass: .mpi), cores: 2) == nil)
    #expect(RaptorShape(workers: 3).functions == 3 && RaptorShape(cores: 3).functions == 3)
    #expect(RaptorShape(workers: 100_000_000, cores: 100_000_000).functions == 10_000_000_000_000_000)
    let both = shape.overridden(by: RaptorShape(cores: 1, workerClass: .mpi))
    #expect(both == RaptorShape(workers: 2, cores: 1, workerClass: .mpi) && RaptorShape().isEmpty && !both.isEmpty)
    for bad in [0, -1, .min, .max] {
      #expect(RaptorShape.fault(workers: bad) != nil && RaptorShape.fault(cores: bad) != nil)
    }
    #expect(RaptorShape.fault(workerClass: "MPIWorker") == nil)
    #expect(
      RaptorShape.fault(workerClass: "mpiworker")
        == "the raptor has no workers of class 'mpiworker' (did you mean 'MPIWorker'?): there are DefaultWorker and MPIWorker"
    )
    var pilot = PilotSize.ofSession(cores: 8, gpus: nil, hasRaptor: true)
    pilot.workerCores = 6
    let program = WorkItem(TaskDescription(name: "p", argv: ["x"], resources: TaskResources(ranks: 2), raptor: true))
    let call = WorkItem(TaskDescription(name: "f", function: FunctionCall(module: "m", name: "f")))
    #expect(TaskRules.violations(in: [program], pilot: pilot).isEmpty, "without functions no worker starts")
    #expect(
      TaskRules.violations(in: [program, call], pilot: pilot).map(\.sentence) == [
        "task 'p' needs 2 cores, the pilot has 8, of which the raptor keeps one and its workers, for functions, 6"
      ])
  }

  @Test func `options of a pilot are what RADICAL-Pilot takes for them`() {
    func fault(_ name: String, _ value: String) -> String? { PilotOption.named(name)?.fault(of: value) }
    for (name, value) in [
      ("queue", "debug"), ("nodes", "2"), ("nodes", "100000000"), ("cleanup", "Yes"), ("exit_on_error", "off"),
    ] { #expect(fault(name, value) == nil, "\(name)") }
    #expect(fault("queue", "") == "pilot option 'queue' is empty")
    #expect(fault("project", "a\u{0}") == "pilot option 'project' holds a NUL character, which no program can be given")
    #expect(fault("nodes", "two") == "pilot option 'nodes' is a whole number, not 'two'")
    #expect(fault("nodes", "0") == "pilot option 'nodes' must be a whole number of at least 1, found '0'")
    #expect(fault("memory", "99999999999999999999") != nil && fault("memory", "-1") != nil)
    #expect(fault("cleanup", "maybe") == "pilot option 'cleanup' is true or false, not 'maybe'")
    #expect(PilotOption.named("quue") == nil && PilotOption.named("uid") == nil)
    #expect(PilotOption.named("cleanup")?.plain("On") == "true" && PilotOption.named("queue")?.plain("On") == "On")
    #expect(PilotOption.warnings(in: ["exit_on_error": "Yes"]).count == 1)
    #expect(PilotOption.warnings(in: ["exit_on_error": "false"]).isEmpty && PilotOption.warnings(in: [:]).isEmpty)
  }

  @Test func `a list of violations ends where it is told to`() {
    let items = (0..<1000).map { item("t\($0)", after: ["nothing"]) }
    #expect(TaskRules.violations(in: items, limit: 1).count == 1)
    #expect(TaskRules.violations(in: items).count == 1000)
    #expect(TaskRules.violations(in: items.map { WorkItem($0.description, shape: [0]) }, limit: 1).count == 1)
  }
}
