import Glibc
import Platform
import RadicalWatch
import TestSupport
import Testing

/// A plain script of RADICAL-Pilot is killed whose pilot is a job.
extension SlurmTests {
  private static let script = """
    import radical.pilot as rp
    session = rp.Session()
    pmgr = rp.PilotManager(session=session)
    tmgr = rp.TaskManager(session=session)
    tmgr.add_pilots(pmgr.submit_pilots(rp.PilotDescription(
        {'resource': 'test.slurm', 'runtime': 15, 'cores': 2, 'exit_on_error': False})))
    tmgr.submit_tasks([rp.TaskDescription({'executable': '/bin/sleep', 'arguments': ['infinity']}) for _ in range(2)])
    tmgr.wait_tasks()
    """

  /// The node is free, and its tasks run; or it is not, and the job waits.
  @Test(arguments: [true, false])
  func `the job of a program that was killed is found, named and ended`(isFree: Bool) async throws {
    let session = try ClusterSession("", on: slurm)
    let other = isFree ? nil : try await slurm.fillNode()
    try session.place.write(Self.script, to: "script.py")
    let program = try session.start(script: "script.py")
    try await poll(for: "its job", seconds: ClusterSession.patience) {
      try await session.jobs().contains { $0.state == (isFree ? "RUNNING" : "PENDING") }
    }
    if isFree {
      try await poll(for: "its tasks", seconds: ClusterSession.patience) {
        session.processes.count { $0.hasSuffix("sleep infinity") } == 2
      }
    }
    let id = try #require(RadicalSighting.all().first { $0.owner?.pid == program.pid }?.session)
    program.signal(SIGKILL)
    _ = try await program.finish()
    let job = try await session.job()
    let start = ContinuousClock.now
    let named = try await session.endOrphans(of: id, mayEnd: false)
    #expect(named.exitCode == 1 && named.stdout.contains("Slurm job \(job) ("), "\(named)")
    #expect(try await session.jobs().count == 1, "nothing is ended that was not asked for")
    let ended = try await session.endOrphans(of: id)
    report("doctor --orphans of a killed script's session", since: start)
    #expect(ended.exitCode == 0 && ended.stdout.contains("\(id): ended"), "\(ended)")
    try await session.expectNothingLeft()
    if let other { try await slurm.call("scancel", other) }
  }

  /// Whoever keeps it is interrupted, or killed, upon which its program goes on until somebody ends its session.
  @Test(arguments: [false, true])
  func `of a program under exec nothing is left in the queue`(isKeeperKilled: Bool) async throws {
    let session = try ClusterSession("", on: slurm)
    try session.place.write(Self.script, to: "script.py")
    let keeper = try session.execute(script: "script.py")
    try await poll(for: "its tasks", seconds: ClusterSession.patience) {
      session.processes.count { $0.hasSuffix("sleep infinity") } == 2
    }
    let start = ContinuousClock.now
    if isKeeperKilled {
      let found = try #require(
        RadicalSighting.all().first { $0.directory?.hasPrefix(session.place.path + "/") ?? false })
      keeper.signal(SIGKILL)
      _ = try await keeper.finish()
      #expect(found.owner?.isAlive ?? false)
      let close = try await session.close(found.session)
      report("close of a session whose keeper was killed", since: start)
      // It was interrupted while it waited, and RADICAL-Pilot leaves its proxy then.
      #expect(close.exitCode == 0 || close.stderr.contains("doctor --orphans \(found.session)"), "\(close)")
      if close.exitCode != 0 { #expect(try await session.endOrphans(of: found.session).exitCode == 0) }
    } else {
      keeper.signal(SIGINT)
      _ = try await keeper.finish(seconds: 120)
      report("Ctrl-C of exec", since: start)
    }
    try await session.expectNothingLeft()
  }

  @Test func `the pilot of another program says which job it is, and why it waits`() async throws {
    let session = try ClusterSession("", on: slurm)
    let other = try await slurm.fillNode()
    try session.place.write(Self.script, to: "script.py")
    let program = try session.start(script: "script.py")
    try await poll(for: "its job", seconds: ClusterSession.patience) {
      try await session.jobs().contains { $0.state == "PENDING" }
    }
    let job = try await session.job()
    let found = try #require(RadicalSighting.all().first { $0.owner?.pid == program.pid })
    let screen = try await session.watch(found.session)
    try await screen.wait(for: "its reason", seconds: 60) { $0.contains("job \(job) PENDING: ") }
    try await screen.press("q")
    #expect(try await session.close(found.session, "--now").exitCode == 0)
    _ = try await program.finish(seconds: 60)
    try await session.expectNothingLeft()
    try await slurm.call("scancel", other)
  }
}
