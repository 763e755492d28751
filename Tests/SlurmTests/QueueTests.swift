import SessionModel
import TestSupport
import Testing

extension SlurmTests {
  /// A pilot that waits in the queue, and a session that is closed meanwhile.
  @Test func showsWhyThePilotWaitsAndClosesWithoutIt() async throws {
    let blocker = try await slurm.fillNode()
    let session = try ClusterSession(
      """
      name: queued
      pilot: {cores: 4, runtime: 600}
      tasks:
        - {name: waits, ensemble: 3, command: echo no}
      """, on: slurm)
    let terminal = try await session.show()
    try await session.wait(for: "the reason") { $0.pilot?.detail?.contains("Resources") ?? false }
    let job = try await session.job()
    try await terminal.wait(for: "job and reason") { $0.contains("job \(job) PENDING: Resources") }
    let close = ContinuousClock.now
    try await terminal.confirm("X")
    try await terminal.wait(forText: "exit=1", seconds: 180)
    report("close with a queued pilot", since: close)
    try await session.expectNothingLeft()
    #expect(try await slurm.jobs().map(\.id) == [blocker])
    let snapshot = try session.snapshot()
    #expect(snapshot.summary?.tasks == ["NEW": 3] && snapshot.summary?.leftovers.isEmpty ?? false)
    let steps = snapshot.shutdown.filter { $0.outcome != .skipped }
    #expect(steps.allSatisfy { $0.outcome == .finished }, "\(steps)")
    #expect(session.place.text("s/tasks/task.000000/stdout") == nil)
    try await slurm.call("scancel", blocker)
    try await poll(for: "an empty node") { try await slurm.jobs().isEmpty }
  }
}
