import Glibc
import SessionModel
import TestSupport
import Testing
import Work

/// The real binary in a real terminal.
@Suite struct ScreenTests {
  @Test func aWorkflowRunsToItsSummary() async throws {
    let session = try TestSession(
      """
      name: mixed
      pilot: {cores: 2}
      tasks:
        - {name: good, argv: [sh, -c, "sleep 0.5; echo fine"], ensemble: 4}
        - {name: bad, command: "echo the disk is full >&2; exit 3"}
      """)
    let terminal = try await session.show()
    let screen = try await terminal.wait(for: "the summary") { $0.contains("CLOSED") && $0.contains("exit") }
    #expect(screen.contains("bad") && screen.contains("the disk is full"))
    let after = try await terminal.press("q", untilText: "exit=1")
    #expect(after.contains("4 DONE") && after.contains("1 FAILED"))
    try await terminal.wait(for: "a terminal that is as before") { $0.contains("\nicanon") && $0.contains(" echo ") }
  }

  @Test func exitWhenDoneLeavesAtOnce() async throws {
    let session = try TestSession("tasks: [{name: a, argv: [sleep, '0.3']}]")
    let terminal = try await session.show(options: "--exit-when-done")
    try await terminal.wait(forText: "exit=0")
  }

  @Test func drainFinishesWhatIsThere() async throws {
    let session = try TestSession(
      """
      pilot: {cores: 1}
      tasks:
        - {name: a, command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done", ensemble: 4}
      """)
    let terminal = try await session.show(options: "--exit-when-done")
    try await terminal.press("D")
    try await terminal.wait(forText: "Drain the session?")
    try await terminal.press("y")
    try await terminal.wait(forText: "DRAINING")
    try session.place.write("", to: "s/go")
    try await terminal.wait(forText: "exit=0")
    #expect(try session.snapshot().commands.map(\.verb) == [.drain])
  }

  @Test func stopLeavesTheRestAndResumeUndoesIt() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.confirm("S")
    try await terminal.wait(forText: "STOPPING")
    try await terminal.press("r")
    try await terminal.wait(forText: "RUNNING")
    try await terminal.confirm("S")
    try await terminal.wait(forText: "STOPPING")
    try await wait(for: "two sleepers") { session.sleepers.count == 2 }
    for pid in session.sleepers { kill(pid, SIGKILL) }
    try await terminal.wait(forText: "CLOSED")
    #expect(try session.snapshot().summary?.tasks == ["FAILED": 2, "NEW": 1])
  }

  @Test func cancelAsksAndCancelsTheTaskUnderTheCursor() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    try await terminal.press("j", "j", "c")
    try await terminal.wait(forText: "task.000001")
    // The default is No.
    try await terminal.press("Enter")
    try await terminal.wait(for: "the dialog to be gone") { !$0.contains("[ No ]") }
    #expect(try session.snapshot().commands.isEmpty)
    try await terminal.confirm("c")
    try await wait(for: "the task to be canceled") { try session.snapshot().tasks.count(in: .canceled) == 1 }
    #expect(try session.snapshot().tasks.state(of: TaskID(1)) == .canceled)
    try await terminal.confirm("X")
    try await terminal.press("C-c")
    try await terminal.wait(forText: "exit=130")
    try await session.awaitNothingLeft()
  }

  @Test func quittingAHostedRunAsks() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show(options: "--task-grace 0")
    try await terminal.wait(forText: "R running")
    try await terminal.press("q")
    try await terminal.wait(forText: "eave it running")
    // The default is to stay.
    try await terminal.press("Enter")
    try await terminal.wait(for: "the dialog to be gone") { !$0.contains("eave it running") }
    try await terminal.press("q")
    try await terminal.wait(forText: "eave it running")
    try await terminal.press("c")
    try await terminal.wait(forText: "Type close")
    try await terminal.type("close")
    try await terminal.press("Enter")
    try await terminal.wait(forText: "CLOSED")
    try await session.awaitNothingLeft()
  }

  @Test func everySizeShowsSomethingSensible() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    for (columns, rows) in [(50, 15), (200, 60), (40, 10), (80, 24)] {
      try await terminal.resize(columns: columns, rows: rows)
      try await terminal.wait(for: "\(columns)x\(rows)") { screen in
        let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
        return screen.contains("RUNNING") && screen.contains("running") && lines.contains { $0.count > columns - 3 }
          && lines.count >= rows
      }
    }
    try await terminal.resize(columns: 30, rows: 6)
    try await terminal.wait(for: "a clear message") { $0.contains("40") && $0.contains("10") }
    try await terminal.press("C-c", "C-c")
    try await terminal.resize(columns: 80, rows: 24)
    try await terminal.wait(forText: "exit=130")
  }

  @Test func suspendGivesTheTerminalBackAndForegroundTakesIt() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    try await terminal.press("C-z")
    try await terminal.wait(forText: "Stopped")
    try await terminal.run("echo still $((40 + 2)) here")
    try await terminal.wait(forText: "still 42 here")
    try await terminal.run("fg")
    try await terminal.wait(forText: "R running")
    try await terminal.press("C-c", "C-c")
    // The shell forgot the rest of the line when the job was stopped.
    try await terminal.wait(for: "the prompt") { $0.contains("(exit 130)") }
  }

  @Test func detailShowsTheOutputAsItComes() async throws {
    let session = try TestSession(
      """
      tasks:
        - name: talker
          command: "i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; sleep 0.2; done"
      """)
    let terminal = try await session.show(columns: 80, rows: 40)
    try await terminal.wait(forText: "R running")
    try await terminal.press("Enter")
    let first = try await terminal.wait(forLine: 1)
    try await terminal.wait(forLine: first + 5)
    try await terminal.press("Escape")
    try await terminal.press("C-c")
    try await terminal.wait(forText: "exit=130")
  }

  @Test func asciiAndMonoTerminals() async throws {
    let session = try TestSession(longWorkflow)
    let environment = ["LC_ALL": "C", "NO_COLOR": "1"]
    let terminal = try await session.show(options: "--ascii", environment: environment)
    try await terminal.wait(forText: "R running")
    let screen = try await terminal.screen(styled: true)
    #expect(screen.utf8.allSatisfy { $0 < 0x80 })
    #expect(screen.firstMatch(of: /[\[;][349][0-7](;|m)/) == nil, "no colour")
    try await terminal.press("C-c")
    try await terminal.wait(forText: "exit=130")
  }

  @Test func readOnlyHasNoDestructiveKeys() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show(options: "--read-only")
    try await terminal.wait(for: "a task to copy from") { $0.contains("READ-ONLY") && $0.contains("R running") }
    // What y would answer is never asked; without a question it copies.
    for key in ["X", "D", "S", "c"] {
      try await terminal.press(key, "y")
      try await terminal.wait(forText: "┌─ copy")
      try await terminal.press("Escape")
      try await terminal.wait(for: "no menu") { !$0.contains("┌─ copy") }
    }
    try await terminal.press("?")
    let help = try await terminal.wait(for: "the help") { $0.contains("─ help ─") }
    #expect(!help.contains("drain") && !help.contains("cancel the"))
    #expect(try session.snapshot().commands.isEmpty)
    try await terminal.press("C-c")
    try await terminal.wait(forText: "exit=130")
  }
}
