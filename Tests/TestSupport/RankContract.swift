import Executor
import Testing
import Work

extension EngineContract {
  /// Ranks of an MPI program are one computation, those of `launcher: none` are processes by themselves; the first has
  /// the input, all know which they are.
  public func runsRanks() async throws {
    let harness = try harness(2, false)
    let summary = try await harness.run(try Self.rankItems())
    #expect(summary.tasks == ["DONE": 5, "FAILED": 2] && summary.leftovers.isEmpty)
    try Self.checkRanks(harness)
  }

  static func rankItems() throws -> [WorkItem] {
    let program = try #require(MPIProgram.openMPI)
    let two = TaskResources(ranks: 2)
    func item(_ name: String, _ argv: [String], _ change: (inout TaskDescription) -> Void = { _ in }) -> WorkItem {
      var description = TaskDescription(name: name, argv: argv, resources: two)
      change(&description)
      return WorkItem(description)
    }
    return [
      item("hello", [program]), item("input", [program, "input"]) { $0.stdin = .text("text") },
      item("one", [program]) { ($0.launcher, $0.resources) = (.mpirun, TaskResources(coresPerRank: 2)) },
      item("single", [program]) { $0.resources = TaskResources() },
      shell("plain", "echo \"$SCALEMS_RANK of $SCALEMS_RANKS, $OMP_NUM_THREADS: $(cat)\"") {
        ($0.launcher, $0.resources) = (.none, two)
      },
      shell("partial", "[ $SCALEMS_RANK = 1 ] && exit 5; sleep 60") { ($0.launcher, $0.resources) = (.none, two) },
      item("fail", [program, "fail"]),
    ]
  }

  static func checkRanks(_ harness: EngineHarness) throws {
    for name in ["hello", "input", "one", "single", "plain"] { #expect(try harness.details(name).state == .done) }
    for name in ["partial", "fail"] { #expect(try harness.details(name).state == .failed) }
    func lines(_ name: String) throws -> [String] {
      try harness.output(name).split(separator: "\n").map(String.init).sorted()
    }
    #expect(try lines("hello") == ["rank 0 = 0 of 2, threads 1", "rank 1 = 1 of 2, threads 1"])
    #expect(try lines("input").prefix(2) == ["0 read 'text'", "1 read ''"])
    #expect(try lines("one") == ["rank 0 = 0 of 1, threads 2"])
    #expect(try lines("single") == ["rank 0 = 0 of 1, threads 1"])
    #expect(try lines("plain") == ["0 of 2, 1: ", "1 of 2, 1: "])
    #expect(try harness.details("partial").exitCode == 5 && harness.details("fail").exitCode == 5)
  }
}
