import Glibc
import SessionModel
import TestSupport
import Testing

/// The pilot's job, the helper or the host is ended from outside, while tasks run.
extension SlurmTests {
  /// Four tasks that do not end by themselves, and one that waits for them.
  private func running() async throws -> (ClusterSession, Program, job: String) {
    let session = try ClusterSession(
      """
      name: lost
      pilot: {cores: 4, runtime: 1200}
      tasks:
        - {name: long, ensemble: 2, argv: [sleep, infinity]}
        - {name: later, after: long, command: "true"}
      """, on: slurm)
    let run = try session.start()
    try await session.wait(for: "two tasks that run") { $0.tasks.count(in: .running) == 2 }
    return (session, run, try await session.job())
  }

  /// What did not end by itself is not called DONE, and says why.
  private func checkTasks(_ session: ClusterSession, started: Set<TaskState>) throws {
    for label in ["long.0", "long.1"] {
      let task = try session.details(label)
      #expect(started.contains(task.state) && task.reason?.isEmpty == false, "\(task)")
    }
    #expect(try [.new, .canceled].contains(session.details("later").state))
  }

  @Test func aJobCanceledFromOutsideEndsTheSession() async throws {
    let (session, run, job) = try await running()
    let start = ContinuousClock.now
    try await slurm.call("scancel", job)
    try await session.wait(for: "the end of the pilot") { $0.pilot?.state.isFinal ?? false }
    report("scancel to the pilot's end on the screen", since: start)
    let result = try await run.finish(seconds: ClusterSession.patience)
    report("scancel to the end of the session", since: start)
    #expect(result.exitCode == 1, "\(result.stderr)")
    try await session.expectNothingLeft()
    let pilot = try #require(try session.snapshot().pilot)
    #expect(pilot.state == .canceled && pilot.detail == "its job \(job) was ended from outside", "\(pilot)")
    try checkTasks(session, started: [.failed, .canceled])
  }

  @Test func aKilledHelperLeavesNoJob() async throws {
    let (session, run, _) = try await running()
    let start = ContinuousClock.now
    kill(try session.helper(), SIGKILL)
    let result = try await run.finish(seconds: ClusterSession.patience)
    report("SIGKILL of the helper to the end of the session", since: start)
    #expect(result.exitCode == 1, "\(result.stderr)")
    try await session.expectNothingLeft()
    let snapshot = try session.snapshot()
    #expect(snapshot.pilot?.state == .failed && snapshot.pilot?.detail?.contains("helper died (SIGKILL)") ?? false)
    #expect(snapshot.summary?.leftovers.isEmpty ?? false)
    try checkTasks(session, started: [.failed])
  }

  @Test func aKilledHostLeavesNoJob() async throws {
    let (session, run, _) = try await running()
    let start = ContinuousClock.now
    run.signal(SIGKILL)
    try await poll(for: "the end of the job", seconds: 120) { try await session.jobs().isEmpty }
    report("SIGKILL of the host to the end of the job", since: start)
    try await poll(for: "the end of all processes", seconds: 120) { session.processes.isEmpty }
    report("SIGKILL of the host to the end of all processes", since: start)
    _ = try await run.finish()
    // Nobody was there to tell how they ended.
    #expect(try session.snapshot().tasks.count(in: .running) == 2)
  }
}
