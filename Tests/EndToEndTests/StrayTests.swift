import Glibc
import SessionModel
import TestSupport
import Testing

/// What tasks had put into sessions of their own, when host, guard and agent were killed in one instant.
@Suite struct StrayTests {
  private static let workflow = """
    pilot: {cores: 2}
    tasks:
      - {name: daemon, command: "(setsid sleep {mark} >/dev/null 2>&1 &); exec sleep {mark}"}
    """

  /// A session of which a daemon is left.
  private func dead() async throws -> TestSession {
    let session = try TestSession(Self.workflow)
    _ = try await session.run("run", "w.yaml", "--detach", "--session-dir", "s")
    try await wait(for: "both processes") { session.sleepers.count == 2 }
    let pids = [try session.host(), try session.guardian(), try session.agent()]
    // Stopped first, so that none of them sees another's end.
    for pid in pids { kill(pid, SIGSTOP) }
    for pid in pids { kill(pid, SIGKILL) }
    try await wait(for: "the end of the task") { session.sleepers.count == 1 && pids.allSatisfy { !isAlive($0) } }
    return session
  }

  @Test func `doctor finds and ends it`() async throws {
    let session = try await dead()
    let looked = try await session.run("doctor", "--orphans")
    #expect(looked.exitCode == 1 && looked.stdout.contains("dead, and left in \(session.place.path)/s:"))
    #expect(looked.stdout.contains("(sleep \(session.mark))") && session.sleepers.count == 1)
    let ended = try await session.run("doctor", "--orphans", "--yes")
    #expect(ended.exitCode == 0 && ended.stdout.contains(": ended") && session.sleepers.isEmpty, "\(ended)")
  }

  @Test func `the next run names it, and so does a resume`() async throws {
    let session = try await dead()
    try session.place.write("tasks: [{name: a, argv: [sleep, '1']}]", to: "other.yaml")
    let other = try await session.run("run", "other.yaml", "--batch")
    #expect(other.exitCode == 0 && other.stderr.contains("'scalems-top doctor --orphans' ends it"), "\(other)")
    #expect(session.sleepers.count == 1)
    let program = try Program(
      scalemsTop, ["run", "--resume", "s", "--batch"], in: session.place.path, environment: session.environment)
    try await wait(for: "another attempt") { session.sleepers.count == 3 }
    #expect(program.stderr.contains("left running: process"))
    program.signal(SIGINT)
    _ = try await program.finish()
    #expect(session.sleepers.isEmpty, "it carries the id of the session, and so ends with it")
  }

  @Test func `what belongs to a session that lives is not touched`() async throws {
    let session = try TestSession(Self.workflow)
    _ = try await session.run("run", "w.yaml", "--detach", "--session-dir", "s")
    try await wait(for: "both processes") { session.sleepers.count == 2 }
    let result = try await session.run("doctor", "--orphans", "--yes")
    #expect(result.exitCode == 0 && session.sleepers.count == 2, "\(result)")
    let unregistered = try await session.run(
      "doctor", "--orphans", "--yes", environment: ["XDG_STATE_HOME": "/nowhere"])
    #expect(unregistered.exitCode == 0 && session.sleepers.count == 2, "\(unregistered)")
    _ = try await session.run("close", "s", "--now", "--wait")
    try await session.awaitNothingLeft()
  }
}
