import Executor
import Glibc
import LocalEngine
import SessionModel
import TestSupport
import Testing
import Work

/// Whoever dies, whenever: no process outlives its session.
@Suite struct LeftoverTests {
  /// A sleep that no other test, and nobody else on this machine, has.
  private static func uniqueSleep() -> String { "\(Int.random(in: 100_000...999_999)).\(Int.random(in: 1000...9999))" }

  /// The process that started the first task: its agent, or its raptor.
  private static func starter(in harness: EngineHarness) async throws -> pid_t {
    try await harness.wait(for: "the process id of the task") { $0.tasks.details(of: TaskID(0))?.pid != nil }
    return parent(of: try #require(harness.snapshot.tasks.details(of: TaskID(0))?.pid))
  }

  /// A task whose tree is hard to end: it ignores SIGTERM, and one process left its session and its parent.
  private static func stubborn(_ sleep: String) -> String {
    "trap '' TERM; sleep \(sleep) & (setsid sleep \(sleep) &) ; sleep \(sleep)"
  }

  @Test func aTimeLimitEndsTheWholeTree() async throws {
    let sleep = Self.uniqueSleep()
    let harness = try localHarness()
    try await harness.executor.startup()
    try await harness.executor.submit([shell("tree", Self.stubborn(sleep)) { $0.timeout = 3 }])
    try await wait(for: "the tree") { processes(matching: "sleep\0\(sleep)").count == 3 }
    try await harness.wait(for: "the end of the task") { $0.tasks.finished == 1 }
    #expect(processes(matching: "sleep\0\(sleep)").isEmpty)
    #expect(try harness.details("tree").reason == "its time limit of 3 s passed")
    _ = try await harness.executor.shutdown()
  }

  @Test func whatATaskLeavesBehindEndsWithTheSession() async throws {
    let sleep = Self.uniqueSleep()
    let harness = try localHarness()
    let summary = try await harness.run([
      shell("group", "sleep \(sleep) & exit 0"), shell("daemon", "(setsid sleep \(sleep) >/dev/null 2>&1 &); exit 0"),
    ])
    #expect(summary.tasks == ["DONE": 2] && summary.leftovers.isEmpty)
    #expect(processes(matching: "sleep\0\(sleep)").isEmpty)
  }

  @Test func aKilledAgentTakesItsTasksWithIt() async throws {
    let sleep = Self.uniqueSleep()
    let harness = try localHarness()
    try await harness.executor.startup()
    try await harness.executor.submit([
      shell("tree", Self.stubborn(sleep)), WorkItem(TaskDescription(name: "queued", argv: ["true"]), shape: [3]),
      shell("second", "sleep \(sleep)"),
    ])
    try await wait(for: "the tree") { processes(matching: "sleep\0\(sleep)").count >= 3 }
    kill(try await Self.starter(in: harness), SIGKILL)
    let summary = await harness.executor.waitUntilClosed()
    #expect(processes(matching: "sleep\0\(sleep)").isEmpty)
    #expect(harness.snapshot.pilot?.state == .failed)
    #expect(harness.snapshot.pilot?.detail == "the agent died: SIGKILL")
    #expect(try harness.details("tree").state == .failed && summary.leftovers.isEmpty && summary.exitCode == 1)
    #expect(summary.tasks.values.reduce(0, +) == 5)
  }

  @Test func aKilledRaptorIsReplacedAndItsTasksAreRunAgain() async throws {
    let sleep = Self.uniqueSleep()
    let harness = try localHarness(raptor: true)
    try await harness.executor.startup()
    let line = "[ $SCALEMS_ATTEMPT -ge 2 ] && exit 0; (setsid sleep \(sleep) &); sleep \(sleep)"
    try await harness.executor.submit([
      shell("again", line) { ($0.raptor, $0.retries) = (true, 1) }, shell("next", "true") { $0.raptor = true },
    ])
    try await wait(for: "the task in the raptor") { processes(matching: "sleep\0\(sleep)").count == 2 }
    kill(try await Self.starter(in: harness), SIGKILL)
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["DONE": 2])
    #expect(try harness.details("again").attempt == 2)
    #expect(harness.snapshot.raptor?.uid == "raptor.0001" && processes(matching: "sleep\0\(sleep)").isEmpty)
  }

  @Test func aKilledRaptorFailsWhatMayNotRunAgain() async throws {
    let harness = try localHarness(raptor: true)
    try await harness.executor.startup()
    try await harness.executor.submit([shell("once", "sleep 60") { $0.raptor = true }])
    kill(try await Self.starter(in: harness), SIGKILL)
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["FAILED": 1])
    #expect(try harness.details("once").reason == "the raptor died (ended by SIGKILL)")
  }

  @Test func theRuntimeOfThePilotEndsItsTasks() async throws {
    let harness = try localHarness(runtime: 8)
    try await harness.executor.startup()
    var item = shell("long", "sleep 60")
    item.shape = [3]
    try await harness.executor.submit([item])
    let summary = await harness.executor.waitUntilClosed()
    #expect(summary.tasks == ["FAILED": 2, "NEW": 1] && summary.leftovers.isEmpty && summary.exitCode == 1)
    let reason = "the pilot reached its runtime of 8 s"
    #expect(try harness.details("long.0").reason == reason && harness.snapshot.pilot?.detail == reason)
    #expect(harness.snapshot.pilot?.state == .done)
  }
}
