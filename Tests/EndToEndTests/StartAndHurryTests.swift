import Glibc
import SessionModel
import TestSupport
import Testing
import Work

/// A session that hangs in its start, and one that hangs in its end: both can be ended, by keys and by verbs.
@Suite struct StartAndHurryTests {
  /// A session whose helper never says a word, so that its start takes minutes.
  private func starting() async throws -> (session: TestSession, id: String) {
    let session = try TestSession("tasks: [{name: a, ensemble: 3, argv: [\"true\"]}]")
    for directory in ["venv", "venv/bin"] { mkdir("\(session.place.path)/\(directory)", 0o700) }
    try session.place.write("#!/bin/sh\nexec sleep \(session.mark)\n", to: "venv/bin/python")
    chmod("\(session.place.path)/venv/bin/python", 0o700)
    try session.place.write("", to: "venv/bin/activate")
    let run = try await session.run(
      "run", "w.yaml", "--engine", "radical", "--venv", "venv", "--detach", "--session-dir", "s")
    #expect(run.exitCode == 0, "\(run.stderr)")
    try await wait(for: "the helper") { session.sleepers.count == 1 }
    return (session, run.stdout.filter { !$0.isNewline })
  }

  @Test func aStartingSessionIsClosedByAVerb() async throws {
    let (session, id) = try await starting()
    let close = try await session.run("close", id, "--wait", "--reason", "wrong queue")
    #expect(close.exitCode == 0)
    #expect(close.stdout == "close: closed, nothing left behind\n")
    #expect(session.sleepers.isEmpty)
    let snapshot = try session.snapshot()
    #expect(snapshot.summary?.tasks == ["NEW": 3])
    #expect(snapshot.summary?.exitCode == 1)
    #expect(snapshot.phaseReason == "wrong queue")
  }

  @Test func aStartingSessionIsClosedFromAnAttachedScreen() async throws {
    let (session, id) = try await starting()
    let terminal = try await session.terminal()
    try await terminal.run("$SCALEMS_TOP attach \(id); echo \"exit=$?\"")
    try await terminal.wait(forText: "STARTING")
    try await terminal.press("X")
    try await terminal.wait(forText: "Close the session?")
    try await terminal.press("y")
    try await terminal.wait(forText: "CLOSED")
    try await terminal.press("q")
    try await terminal.wait(forText: "exit=1")
    #expect(session.sleepers.isEmpty)
  }

  /// Verbs in the order in which they make sense of a session that starts; each is taken.
  @Test func aStartingSessionTakesEveryVerbThatMakesSense() async throws {
    let (session, id) = try await starting()
    #expect(try await session.run("submit", id, "--", "true").stdout == "task.000003\n")
    #expect(try await session.run("cancel", id, "task.000003", "--wait").stdout == "cancel: 1 canceled\n")
    #expect(try await session.run("resume", id).stderr == "scalems-top: resume: there is no drain or stop to undo\n")
    #expect(try await session.run("cancel-raptor", id).stderr.hasSuffix("the session has no raptor\n"))
    #expect(try await session.run("drain", id).stdout == "drain: acknowledged\n")
    #expect(try await session.run("resume", id, "--reason", "not yet").exitCode == 0)
    #expect(try session.snapshot().phaseReason == "not yet")
    #expect(try await session.run("stop", id, "--wait").stdout == "stop: 3 tasks stay in the workflow\n")
    try await wait(for: "the end") { (try? session.snapshot().summary) != nil }
    #expect(session.sleepers.isEmpty)
  }

  /// Its task ignores SIGTERM, and would be waited for for a minute.
  private func closing() async throws -> (session: TestSession, terminal: Tmux) {
    let session = try TestSession(SignalTests.stubborn)
    let terminal = try await session.show(options: "--exit-when-done")
    try await wait(for: "two sleepers") { session.sleepers.count == 2 }
    #expect(try await session.run("close", "s").stdout == "close: acknowledged\n")
    try await terminal.wait(for: "what is waited for") { $0.contains("CLOSING") && $0.contains("stubborn.0 (pid") }
    return (session, terminal)
  }

  @Test func aClosingSessionIsHurriedByAVerb() async throws {
    let (session, terminal) = try await closing()
    let close = try await session.run("close", "s", "--now", "--wait", "--reason", "late")
    #expect(close.stdout == "close: closed, nothing left behind\n")
    try await terminal.wait(forText: "exit=1", seconds: 10)
    #expect(session.sleepers.isEmpty)
    let commands = try session.snapshot().commands
    #expect(commands.map(\.grace) == [nil, CloseGrace.none] && commands.allSatisfy(\.stage.isFinished))
    #expect(try session.snapshot().log.contains { $0.text.hasSuffix("skips the grace periods") })
  }

  @Test func aClosingSessionIsHurriedByAKey() async throws {
    let (session, terminal) = try await closing()
    try await terminal.press("X")
    try await terminal.wait(forText: "Skip the grace periods?")
    try await terminal.press("y")
    try await terminal.wait(forText: "exit=1", seconds: 10)
    #expect(session.sleepers.isEmpty)
  }

  @Test func aClosingSessionGetsAnotherGrace() async throws {
    let (session, terminal) = try await closing()
    #expect(try await session.run("close", "s", "--grace", "0.1").exitCode == 0)
    try await terminal.wait(forText: "exit=1", seconds: 20)
    #expect(try session.snapshot().shutdown.first { $0.phase == .awaitTasks }?.outcome == .timedOut)
  }

  @Test func aTaskThatIsWaitedForCanBeCanceled() async throws {
    let (session, terminal) = try await closing()
    #expect(
      try await session.run("cancel", "s", "task.000000", "task.000001", "--wait").stdout == "cancel: 2 canceled\n")
    try await terminal.wait(forText: "exit=1", seconds: 20)
    #expect(try session.snapshot().shutdown.first { $0.phase == .awaitTasks }?.outcome == .finished)
  }

  @Test func aGraceThatNobodyCanGiveIsRefused() async throws {
    let session = try TestSession(longWorkflow)
    for grace in ["-1", "nan", "inf", "1e300", "x", ""] {
      let result = try await session.run("close", "s", "--grace=\(grace)")
      #expect(result.exitCode == 2, "\(grace)")
      #expect(result.stderr.contains("--grace"), "\(grace)")
    }
    #expect(try await session.run("close", "s", "--now", "--grace", "1").exitCode == 2)
  }
}
