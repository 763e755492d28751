import Executor
import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

/// Where tasks run, and with how many threads.
@Suite struct PlacementTests {
  /// The processors that a process of a task may run on, as `Cpus_allowed_list` has them.
  static let allowed = "sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status"
  /// Writes them, and waits until another task is there, too.
  private static func meeting(_ harness: EngineHarness, _ count: Int) -> String {
    let files = harness.directory.path + "/met."
    return "\(allowed); : > \(files)$SCALEMS_TASK_ID.$SCALEMS_RANK; "
      + "while [ $(ls \(files)* | wc -l) -lt \(count) ]; do sleep 0.02; done"
  }
  private let own = CoreMask.own.numbers

  @Test(.enabled(if: CoreMask.own.numbers.count > 1)) func `tasks that run at once are on different cores`()
    async throws
  {
    let harness = try localHarness()
    var item = shell("t", Self.meeting(harness, 2))
    item.shape = [2]
    #expect(try await harness.run([item]).tasks == ["DONE": 2])
    let used = try [harness.output("t.0"), harness.output("t.1")]
    #expect(Set(used) == Set(own.prefix(2).map { "\($0)\n" }))
  }

  @Test(.enabled(if: CoreMask.own.numbers.count > 1))
  func `so are the ranks of a task, and what goes through a raptor`() async throws {
    let harness = try localHarness(raptor: true)
    try harness.directory.write("import os\ndef cores(): return sorted(os.sched_getaffinity(0))\n", to: "where.py")
    let call = FunctionCall(module: "where", name: "cores")
    let summary = try await harness.run([
      shell("raptor", Self.allowed) { $0.raptor = true }, shell("plain", Self.allowed),
      WorkItem(TaskDescription(name: "call", function: call, after: ["raptor"])),
    ])
    #expect(summary.tasks == ["DONE": 3])
    // The raptor keeps one of two cores, and one is given out at a time.
    let lists = own.map { "\($0)\n" }
    #expect(try lists.contains(harness.output("raptor")) && lists.contains(harness.output("plain")))
    #expect(try own.map { "[\($0)]" }.contains(harness.details("call").value))
  }

  @Test func `a pilot with more cores than there are binds nobody, nor one that is told so`() async throws {
    for (cores, placement) in [(own.count + 1, TaskPlacement()), (own.count, TaskPlacement(bindsCores: false))] {
      let harness = try localHarness(cores: cores, placement: placement)
      #expect(try await harness.run([shell("t", Self.allowed)]).tasks == ["DONE": 1])
      let status = contents("/proc/self/status") ?? ""
      #expect(try status.contains("Cpus_allowed_list:\t" + harness.output("t")))
    }
  }

  @Test func `threads of OpenMP are cores of the rank, unless someone says otherwise`() async throws {
    let line = "echo \"${OMP_NUM_THREADS-none}\""
    let harness = try localHarness(cores: 3)
    let three = TaskResources(coresPerRank: 3)
    let summary = try await harness.run([
      shell("one", line), shell("three", line) { $0.resources = three },
      shell("own", line) {
        $0.resources = three
        $0.environment = ["OMP_NUM_THREADS": "7"]
      },
      shell("late", line) { $0.preExec = ["export OMP_NUM_THREADS=5"] },
    ])
    #expect(summary.tasks == ["DONE": 4])
    #expect(try ["one", "three", "own", "late"].map { try harness.output($0) } == ["1\n", "3\n", "7\n", "5\n"])
    let off = try localHarness(placement: TaskPlacement(setsThreads: false))
    #expect(try await off.run([shell("t", line)]).tasks == ["DONE": 1])
    #expect(try off.output("t") == "none\n")
  }
}
