import Foundation
import Glibc
import SessionModel
import TestSupport
import Testing
import Work

/// Screens that come and go while the session goes on; each test in terminals of its own.
@Suite struct AttachTests {
  /// Tasks that end when a file appears; so a session lives as long as a test wants.
  static let gated = """
    name: gated
    pilot: {cores: 2}
    tasks:
      - {name: gate, command: "echo began; while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done", ensemble: 4}
    """

  @Test func threeScreensOnOneSession() async throws {
    let session = try TestSession(Self.gated)
    let controller = try await session.show(options: "--exit-when-done")
    let watcher = try await session.terminal()
    try await watcher.run("$SCALEMS_TOP watch s; echo \"exit=$?\"")
    try await watcher.wait(for: "the session, read-only") { $0.contains("READ-ONLY") && $0.contains("gate.0") }
    let second = try await session.terminal(columns: 120, rows: 30)
    try await second.run("$SCALEMS_TOP attach s; echo \"exit=$?\"")
    try await second.wait(for: "the session") { $0.contains("RUNNING") && $0.contains("gate.0") }

    // A key that a watcher does not have.
    try await watcher.press("D", "y")
    try await second.press("D")
    try await second.wait(forText: "Drain the session?")
    try await second.press("y")
    for screen in [controller, watcher, second] { try await screen.wait(forText: "DRAINING") }
    let drain = try #require(try session.snapshot().commands.first)
    #expect(try session.snapshot().commands.count == 1)
    #expect(drain.sender.origin?.contains("pts/") ?? false, "who sent it can be seen: \(drain.sender)")

    try session.place.write("", to: "s/go")
    for screen in [watcher, second] { try await screen.wait(forText: "CLOSED") }
    try await controller.wait(forText: "exit=0")
    try await second.press("q")
    try await second.wait(forText: "exit=0")
  }

  @Test func aSessionIsLeftRunningAndComeBackTo() async throws {
    let session = try TestSession(Self.gated)
    let terminal = try await session.show()
    try await terminal.press("q")
    try await terminal.wait(forText: "eave it running")
    try await terminal.press("l")
    let after = try await terminal.wait(forText: "exit=0")
    #expect(after.contains("goes on: 'scalems-top attach"))
    // The end of the terminal, as when a connection drops, is nothing to a session that was left.
    try await terminal.endServer()
    let back = try await session.terminal()
    try await back.run("$SCALEMS_TOP; echo \"exit=$?\"")
    try await back.wait(for: "the only live session") { $0.contains("RUNNING") && $0.contains("gate.3") }
    try session.place.write("", to: "s/go")
    try await back.wait(forText: "CLOSED")
    #expect(try session.snapshot().summary?.tasks == ["DONE": 4])
  }

  @Test func aKilledHostIsSaidAndTheSessionTakenUpAgain() async throws {
    let session = try TestSession(
      """
      name: lost
      pilot: {cores: 1}
      tasks:
        - {name: first, command: "echo once >> $SCALEMS_SESSION_DIR/first"}
        - {name: gate, after: [first], command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done"}
        - {name: last, after: [gate], argv: [echo, last]}
      """)
    let owner = try await session.show()
    try await wait(for: "the first task to be DONE") { try session.snapshot().tasks.count(in: .done) == 1 }
    let watcher = try await session.terminal()
    try await watcher.run("$SCALEMS_TOP watch s; echo \"exit=$?\"")
    try await watcher.wait(forText: "gate")
    let host = try session.host()
    kill(host, SIGKILL)
    for screen in [owner, watcher] { try await screen.wait(for: "the loss to be said") { $0.contains("HOST GONE") } }
    try await watcher.press("q")
    try await watcher.wait(forText: "exit=5")
    try await owner.press("q")
    try await owner.wait(forText: "exit=137")
    let list = try await session.run("list")
    #expect(list.stdout.contains(" dead "), "\(list)")

    try session.place.write("", to: "s/go")
    let resumed = try await session.run("run", "--resume", "s", "--batch")
    #expect(resumed.exitCode == 0, "\(resumed)")
    let snapshot = try session.snapshot()
    #expect(snapshot.summary?.tasks == ["DONE": 3])
    #expect(session.place.text("s/first") == "once\n", "what was DONE did not run again")
    #expect(snapshot.tasks.details(of: TaskID(1))?.attempt == 2)
    let again = try await session.run("run", "--resume", "s", "--batch")
    #expect(again.exitCode == 2 && again.stderr.contains("nothing is left to run"), "\(again)")
  }

  @Test func aStoppedSessionIsTakenUpOnTheScreen() async throws {
    let session = try TestSession(Self.gated)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").exitCode == 0)
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    #expect(try await session.run("stop", "gated").exitCode == 0)
    try session.place.write("", to: "s/go")
    try await wait(for: "the end of the session") { try session.snapshot().phase == .closed }
    #expect(try session.snapshot().summary?.tasks == ["DONE": 2, "NEW": 2])
    let terminal = try await session.terminal()
    try await terminal.run("$SCALEMS_TOP run --resume gated --exit-when-done; echo \"exit=$?\"")
    try await terminal.wait(forText: "exit=0")
    let snapshot = try session.snapshot()
    #expect(snapshot.summary?.tasks == ["DONE": 4] && snapshot.tasks.details(of: TaskID(0))?.attempt == 1)
    #expect(snapshot.commands.map(\.verb) == [.stop])
  }

  @Test func aSessionWhoseFilesAreRemovedSaysSoAndGoesOn() async throws {
    let session = try TestSession(
      """
      name: bare
      pilot: {cores: 1}
      tasks: [{name: gate, command: "while [ ! -e {mark} ]; do sleep 0.05; done"}]
      """)
    // Outside of the directory that goes away.
    let go = "\(session.place.path)/go"
    try session.place.write(
      "tasks: [{name: gate, command: 'while [ ! -e \(go) ]; do sleep 0.05; done'}]", to: "w.yaml")
    let terminal = try await session.show(columns: 120, rows: 40)
    try await wait(for: "the task to run") { try session.snapshot().tasks.count(in: .running) == 1 }
    rename("\(session.place.path)/s", "\(session.place.path)/away")
    try await terminal.wait(forText: "the journal was removed")
    try session.place.write("", to: "go")
    try await terminal.wait(forText: "CLOSED")
    #expect(try session.snapshot().summary?.tasks == ["DONE": 1], "the journal is where it was, and whole")
  }

  @Test func aWatcherThatStoodStillComesUpToDate() async throws {
    let session = try TestSession(Self.gated)
    let terminal = try await session.show(options: "--exit-when-done")
    let watcher = try Program(
      scalemsTop, ["events", "s", "--follow"], in: session.place.path, environment: session.environment)
    try await wait(for: "its first lines") { watcher.stdout.contains("session.opened") }
    watcher.signal(SIGSTOP)
    try session.place.write("", to: "s/go")
    try await terminal.wait(forText: "exit=0")
    watcher.signal(SIGCONT)
    let result = try await watcher.finish()
    #expect(result.exitCode == 0 && result.stdout.hasSuffix("}\n") && result.stdout.contains("session.closed"))
    let journal = session.place.text("s/journal.jsonl")?.split(separator: "\n").dropFirst() ?? []
    #expect(Array(journal) == result.stdout.split(separator: "\n"))
  }

  @Test func aRecordingIsPlayed() async throws {
    let session = try TestSession("tasks: [{name: quick, argv: [sleep, '0.3'], ensemble: 3}]")
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--batch").exitCode == 0)
    let terminal = try await session.terminal()
    try await terminal.run("$SCALEMS_TOP replay s --speed 10; echo \"exit=$?\"")
    try await terminal.wait(for: "the end of the recording") { $0.contains("REPLAY") && $0.contains("CLOSED") }
    try await terminal.press("{")
    try await terminal.wait(for: "a paused recording at its start") { $0.contains("paused") && !$0.contains("CLOSED") }
    try await terminal.press("q")
    try await terminal.wait(forText: "exit=0")
  }
}
