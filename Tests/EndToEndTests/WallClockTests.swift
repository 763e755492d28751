import Glibc
import SessionModel
import TestSupport
import Testing

/// Whatever the wall clock shows, sessions run, end, and can be read. Nothing is timed by it.
@Suite struct WallClockTests {
  private static let workflow = """
    tasks:
      - {name: first, argv: ["true"]}
      - {name: waits, command: "echo up > up; until test -e ../../../go; do sleep 0.02; done", timeout: 60}
      - {name: last, argv: ["true"], after: [waits]}
    """

  private static func session() throws -> TestSession { try TestSession(workflow) }

  /// Before 1970; the years 2556 and 10044; what no time stamp holds; what no calendar has.
  @Test(arguments: [-2_000_000_000, 16_700_000_000, 253_000_000_000, 9_000_000_000_000, 67_767_976_233_532_800])
  func `a clock that shows another age`(offset: Int) async throws {
    let session = try Self.session()
    let clock = try WallClock(offset: offset)
    try session.place.write("", to: "go")
    let run = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s", environment: clock.environment)
    #expect(run.exitCode == 0 && run.stdout.contains("3 DONE") && run.stderr.isEmpty, "\(run)")
    for reader in [clock.environment, [:]] {
      let list = try await session.run("list", "--all", environment: reader)
      #expect(list.exitCode == 0 && list.stdout.contains("closed"), "\(list)")
      #expect(try await session.run("status", "s", environment: reader).stdout.contains("3 done"))
      #expect(try await session.run("log", "s", environment: reader).stdout.contains("session starting"))
      #expect(try await session.run("events", "s", environment: reader).stdout.contains("session.closed"))
      let again = try await session.run("run", "--resume", "s", "--batch", environment: reader)
      #expect(again.exitCode == 2 && again.stderr.contains("nothing is left to run"), "\(again)")
    }
  }

  @Test(arguments: [-2_000_000_000, 253_000_000_000])
  func `a session in the background is watched, ended and taken up`(offset: Int) async throws {
    let session = try Self.session()
    let clock = try WallClock(offset: offset)
    let start = try await session.run(
      "run", "w.yaml", "--detach", "--session-dir", "s", environment: clock.environment)
    #expect(start.exitCode == 0, "\(start)")
    try await wait(for: "a task that runs") {
      (try? session.snapshot().tasks.count(inState: .agentExecuting) == 1) ?? false
    }
    #expect(try await session.run("status", "s", environment: clock.environment).stdout.contains("1 running"))
    #expect(try await session.run("submit", "s", "--", "true", environment: clock.environment).exitCode == 0)
    let host = try session.host()
    kill(host, SIGKILL)
    try await wait(for: "the end of the host") { !isAlive(host) }
    #expect(try await session.run("list", environment: clock.environment).stdout.contains("dead"))
    let resume = try await session.run("run", "--resume", "s", "--detach", environment: clock.environment)
    #expect(resume.exitCode == 0, "\(resume)")
    let close = try await session.run("close", "s", "--now", "--wait", environment: clock.environment)
    #expect(close.exitCode == 0, "\(close)")
    let snapshot = try session.snapshot()
    #expect(snapshot.tasks.count == 4 && snapshot.tasks.finished == 4)
  }

  @Test func `a clock that is set while tasks run ends no wait and no time limit`() async throws {
    let session = try Self.session()
    let clock = try WallClock(offset: 0)
    let run = try Program(
      scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path,
      environment: session.environment.merging(clock.environment) { $1 })
    try await wait(for: "a task that runs") { session.place.exists("s/tasks/task.000001/up") }
    for (offset, word) in [(86_400, "forward"), (-3_000_000_000, "back"), (200_000_000_000, "forward"), (-50, "back")] {
      let said = (session.place.text("s/journal.jsonl") ?? "").components("clock of this machine was set")
      try clock.set(offset: offset)
      try await wait(for: "a word on the clock, set \(word)") {
        (session.place.text("s/journal.jsonl") ?? "").components("clock of this machine was set") > said
      }
    }
    #expect(try session.snapshot().tasks.count(inState: .agentExecuting) == 1)
    try session.place.write("", to: "go")
    let result = try await run.finish()
    #expect(result.exitCode == 0 && result.stdout.contains("3 DONE"), "\(result)")
    #expect(try await session.run("status", "s").stdout.contains("3 done"))
  }
}

extension String {
  fileprivate func components(_ separator: String) -> Int {
    split(separator: separator, omittingEmptySubsequences: false).count
  }
}
