import Glibc
import SessionModel
import TestSupport
import Testing

/// Signals to the real binary: the terminal is as before, and nobody is left.
@Suite struct SignalTests {
  /// Two tasks that ignore SIGTERM.
  static let stubborn = """
    pilot: {cores: 2}
    tasks:
      - {name: stubborn, command: "trap '' TERM; while :; do sleep {mark}; done", ensemble: 2}
    """

  @Test(arguments: ["INT", "TERM", "HUP"]) func oneSignalEndsInOrder(name: String) async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await wait(for: "two sleepers") { session.sleepers.count == 2 }
    let numbers: [String: Int32] = ["INT": SIGINT, "TERM": SIGTERM, "HUP": SIGHUP]
    let number = try #require(numbers[name])
    kill(try session.host(), number)
    try await terminal.wait(forText: "1 not run: 'scalems-top run --resume")
    try await terminal.wait(forText: "exit=\(128 + number)")
    try await terminal.wait(for: "a terminal that is as before") { $0.contains("\nicanon") && $0.contains(" echo ") }
    #expect(session.sleepers.isEmpty)
    let snapshot = try session.snapshot()
    #expect(snapshot.summary?.tasks == ["CANCELED": 2, "NEW": 1] && snapshot.summary?.exitCode == 128 + number)
    #expect(snapshot.shutdown.map(\.phase) == ShutdownPhase.allCases)
  }

  @Test func theSecondSkipsTheGrace() async throws {
    let session = try TestSession(Self.stubborn)
    let terminal = try await session.show()
    try await wait(for: "two sleepers") { session.sleepers.count == 2 }
    try await terminal.press("C-c")
    try await terminal.wait(forText: "CLOSING")
    try await terminal.press("C-c")
    try await terminal.wait(forText: "exit=130", seconds: 4)
    #expect(session.sleepers.isEmpty)
    #expect(try session.snapshot().summary?.tasks == ["CANCELED": 2])
  }

  @Test func theThirdEndsAtOnce() async throws {
    // The second one alone ends the session in some seconds: on a busy machine the third may come after that.
    for _ in 0..<3 where try await isHeardThreeTimes() { return }
    Issue.record("the third signal always came after the end")
  }

  private func isHeardThreeTimes() async throws -> Bool {
    let session = try TestSession(Self.stubborn)
    let terminal = try await session.show()
    // Not only there: known to the session, which would take them back otherwise.
    try await wait(for: "two tasks that run") { (try? session.snapshot())?.tasks.count(in: .running) == 2 }
    // Stopped, the agent hangs: only the last resort works.
    let agent = try session.agent()
    let screen = parent(of: try session.host())
    kill(agent, SIGSTOP)
    try await terminal.press("C-c")
    try await terminal.wait(forText: "CLOSING")
    try await terminal.press("C-c")
    try await wait(for: "the second to be taken") {
      try session.snapshot().log.contains { $0.text.hasPrefix("interrupted again") }
    }
    // What a key would send, but at once.
    kill(screen, SIGINT)
    try await terminal.wait(forText: "exit=130")
    try await terminal.wait(for: "a terminal that is as before") { $0.contains("\nicanon") && $0.contains(" echo ") }
    try await session.awaitNothingLeft()
    #expect(!isAlive(agent))
    let snapshot = try session.snapshot()
    #expect(snapshot.summary?.exitCode == 130 && snapshot.phase == .closed)
    #expect(snapshot.summary?.tasks == ["CANCELED": 2], "\(snapshot.log.suffix(6))")
    return snapshot.log.contains { $0.text.hasPrefix("interrupted a third time") }
  }

  /// They may come at once, also before there is a task.
  @Test(arguments: [false, true]) func `three signals are in the journal, and its end`(isEarly: Bool) async throws {
    let session = try TestSession(Self.stubborn)
    let program = try Program(
      scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path,
      environment: session.environment)
    try await wait(for: "its beginning") {
      isEarly ? (try? session.journal())?.events.isEmpty == false : session.sleepers.count == 2
    }
    for number in [SIGTERM, SIGINT, SIGINT] { program.signal(number) }
    #expect(try await program.finish().exitCode == 143)
    #expect(try session.snapshot().summary?.exitCode == 143 && session.snapshot().phase == .closed)
    try await session.awaitNothingLeft()
  }

  @Test func aKilledHostLeavesAWholeJournalAndNobody() async throws {
    let session = try TestSession(Self.stubborn)
    let terminal = try await session.show()
    defer { withExtendedLifetime(terminal) {} }
    try await wait(for: "two sleepers") { session.sleepers.count == 2 }
    let host = try session.host()
    let agent = try session.agent()
    kill(host, SIGKILL)
    try await session.awaitNothingLeft()
    try await wait(for: "the end of the agent") { !isAlive(agent) }
    let journal = try session.journal()
    #expect(journal.problems.isEmpty && !journal.isTorn)
    #expect(try session.snapshot().tasks.count(in: .running) == 2)
  }

  enum Victim: CaseIterable { case host, guardian, agent }

  /// Killed with all that could not be told in time: in any combination but all three.
  @Test(arguments: [[Victim.host, .agent], [.host, .guardian], [.guardian, .agent], [.guardian], [.agent]])
  func killedTogetherTheyLeaveNobody(victims: [Victim]) async throws {
    let session = try TestSession(
      """
      pilot: {cores: 3}
      raptor: true
      tasks:
        - {name: tree, command: "trap '' TERM; (setsid sleep {mark} &); sleep {mark} & sleep {mark}"}
        - {name: inside, command: "(setsid sleep {mark} &); sleep {mark} & sleep {mark}", raptor: true}
      """)
    let terminal = try await session.show(options: "--exit-when-done")
    defer { withExtendedLifetime(terminal) {} }
    try await wait(for: "both trees") { session.sleepers.count == 6 }
    let pids = try [Victim.host: session.host(), .agent: session.agent(), .guardian: session.guardian()]
    // Stopped first, so that none of them sees another's end.
    for victim in victims { kill(try #require(pids[victim]), SIGSTOP) }
    for victim in victims { kill(try #require(pids[victim]), SIGKILL) }
    try await session.awaitNothingLeft()
    try await wait(for: "the end of host, guard and agent") { pids.values.allSatisfy { !isAlive($0) } }
  }

  @Test func `an agent that does nothing any more is ended when its host is gone`() async throws {
    let session = try TestSession(longWorkflow)
    let program = try Program(
      scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path,
      environment: session.environment)
    try await wait(for: "two sleepers") { session.sleepers.count == 2 }
    let pids = [try session.agent(), try session.guardian()]
    kill(pids[0], SIGSTOP)
    program.signal(SIGKILL)
    try await session.awaitNothingLeft()
    try await wait(for: "the end of agent and guard") { pids.allSatisfy { !isAlive($0) } }
  }

  /// By hand-over of the terminal or by a signal: a summary that nobody dismisses holds nobody up.
  @Test(arguments: [true, false]) func aSummaryDoesNotOutliveItsTerminal(hangUp: Bool) async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    let terminal = try await session.show()
    try await terminal.wait(forText: "CLOSED")
    let host = try session.host()
    if hangUp { try await terminal.endServer() } else { kill(host, SIGTERM) }
    try await wait(for: "the end of the host") { !isAlive(host) }
  }

  @Test func aClosedTerminalEndsTheSession() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await wait(for: "two sleepers") { session.sleepers.count == 2 }
    let host = try session.host()
    try await terminal.endServer()
    try await wait(for: "the end of the host") { !isAlive(host) }
    #expect(session.sleepers.isEmpty)
    #expect(try session.snapshot().summary?.exitCode == 128 + SIGHUP)
  }
}
