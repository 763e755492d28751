import Glibc
import SessionModel
import TestSupport
import Testing

/// Slurm does not answer for a while, or in no readable way; a node fails.
extension SlurmTests {
  /// A controller that is stopped for more than a minute, while one job runs and another waits: RADICAL-Pilot would have
  /// called both FAILED.
  @Test func `a controller that is away for a minute ends nothing`() async throws {
    let first = try ClusterSession(
      """
      name: runs
      pilot: {cores: 4, runtime: 1200}
      tasks:
        - name: long
          ensemble: 2
          command: touch begun; until [ -e $SCALEMS_CLIENT_DIR/go ]; do sleep 0.2; done; echo whole
      """, on: slurm)
    let second = try ClusterSession(
      """
      name: waits
      pilot: {cores: 4, runtime: 1200}
      tasks: [{name: later, command: echo later}]
      """, on: slurm)
    let runs = try first.start()
    try await poll(for: "two tasks that have begun", seconds: ClusterSession.patience) { first.hasBegun(2) }
    let waits = try second.start()
    try await second.wait(for: "the reason") { $0.pilot?.detail?.contains("PENDING: ") ?? false }
    let jobs = try await (first.job(), second.job())

    let controller = try slurm.controller()
    kill(controller, SIGSTOP)
    defer { kill(controller, SIGCONT) }
    let away = ContinuousClock.now
    for session in [first, second] {
      try await session.wait(for: "the silence") {
        $0.pilot?.detail?.hasPrefix("Slurm does not answer since ") ?? false
      }
    }
    report("a stopped controller to both screens", since: away)
    // Three looks of RADICAL-Pilot's at the queue, which it makes every 30 s.
    try await poll(for: "a minute and a quarter", seconds: 200) { ContinuousClock.now - away > .seconds(75) }
    kill(controller, SIGCONT)
    try await first.wait(for: "an answer") { snapshot in
      snapshot.log.contains { $0.text == "Slurm answers again: job \(jobs.0) RUNNING" }
    }
    #expect(try first.snapshot().tasks.count(in: .running) == 2)
    #expect(try second.snapshot().pilot?.state == .activePending)
    // What its tasks wait for.
    try first.place.write("", to: "go")
    let end = try await (runs.finish(seconds: ClusterSession.patience), waits.finish(seconds: ClusterSession.patience))
    #expect(end.0.exitCode == 0 && end.1.exitCode == 0, "\(end.0.stderr)\(end.1.stderr)")
    #expect(try first.output("long.0") == "whole\n" && second.output("later") == "later\n")
    for session in [first, second] {
      try await session.expectNothingLeft()
      // Nothing that was said had to be taken back.
      #expect(try !session.pilotWords().contains { $0.hasPrefix("FAILED") || $0.hasPrefix("DONE") })
    }
  }

  @Test func `a node that goes down is on the screen, and its tasks are lost or run again`() async throws {
    let session = try ClusterSession(
      """
      name: node
      pilot: {cores: 4, runtime: 1200}
      tasks:
        - {name: lost, command: touch begun; sleep infinity}
        - {name: again, retries: 1, command: touch begun; sleep infinity}
      """, on: slurm)
    let run = try session.start()
    try await poll(for: "two tasks that have begun", seconds: ClusterSession.patience) { session.hasBegun(2) }
    let job = try await session.job()
    let node = try await slurm.call("sinfo", "-h", "-N", "-o", "%N").split(whereSeparator: \.isWhitespace).first ?? ""
    let start = ContinuousClock.now
    try await slurm.call("scontrol", "update", "nodename=\(node)", "state=down", "reason=test")
    try await session.wait(for: "the pilot's end") { $0.pilot?.state.isFinal ?? false }
    report("a node that goes down to the screen", since: start)
    let result = try await run.finish(seconds: ClusterSession.patience)
    try await slurm.call("scontrol", "update", "nodename=\(node)", "state=idle")
    #expect(result.exitCode == 1, "\(result.stderr)")
    let snapshot = try session.snapshot()
    // It is not requeued: RADICAL-Pilot would take it for the one that died.
    let pilot = try #require(snapshot.pilot)
    #expect(pilot.detail == "its job \(job) ended: NODE_FAIL: NodeDown", "\(pilot)")
    #expect(try session.details("lost").state == .failed && session.details("again").state == .new)
    #expect(try session.details("again").attempt == 2)
    try await session.expectNothingLeft()
  }
}
