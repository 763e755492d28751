import Glibc
import TestSupport
import Testing

/// The mouse, pauses and pictures of the screen, in a real terminal.
@Suite struct MouseTests {
  private static func isAsked(_ terminal: Tmux) async throws -> Bool {
    try await terminal.command("display-message", "-p", "#{mouse_any_flag}#{mouse_sgr_flag}").hasPrefix("11")
  }

  /// What a terminal sends for a click, or with 65 for a turn of the wheel; both counted from 1.
  private static func report(_ row: Int, _ column: Int, button: Int = 0) -> [UInt8] {
    Array("\u{1B}[<\(button);\(column);\(row)M\u{1B}[<\(button);\(column);\(row)m".utf8)
  }

  @Test func `a click opens a task and presses a key; the mouse is the shell's before and after`() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    #expect(try await Self.isAsked(terminal))
    let screen = try await terminal.screen().split(separator: "\n", omittingEmptySubsequences: false)
    let row = try #require(screen.firstIndex { $0.contains("long.1") }) + 1
    try await terminal.send(Self.report(row, 10) + Self.report(row, 10))
    try await terminal.wait(forText: "Esc back")
    try await terminal.press("Escape")
    let list = try await terminal.wait(forText: "Enter open").split(separator: "\n", omittingEmptySubsequences: false)
    let keys = try #require(list.lastIndex { $0.contains("X close") })
    let column = try #require(list[keys].firstRange(of: "X close"))
    let place = list[keys].distance(from: list[keys].startIndex, to: column.lowerBound) + 1
    try await terminal.send(Self.report(keys + 1, place))
    try await terminal.wait(forText: "Type close")
    try await terminal.press("Escape")
    try await terminal.wait(for: "the list") { !$0.contains("Type close") && $0.contains("Enter open") }
    // A menu is chosen from.
    try await terminal.press("s")
    let menu = try await terminal.wait(forText: "how long it ran").split(
      separator: "\n", omittingEmptySubsequences: false)
    let entry = try #require(menu.firstIndex { $0.contains("how long it ran") }) + 1
    try await terminal.send(Self.report(entry, 20) + Self.report(entry, 20))
    try await terminal.wait(for: "the order") { $0.contains("  TIME▼ ") && !$0.contains("how long it ran") }
    // Stopped, the terminal is the shell's.
    try await terminal.press("C-z")
    try await terminal.wait(forText: "Stopped")
    #expect(try await !Self.isAsked(terminal))
    try await terminal.run("fg")
    try await terminal.wait(for: "it again") { $0.contains("R running") && !$0.contains("Stopped") }
    #expect(try await Self.isAsked(terminal))
    try await terminal.press("q")
    try await terminal.wait(forText: "Leave it running")
    try await terminal.press("l")
    try await terminal.wait(forText: "comes back to it")
    #expect(try await !Self.isAsked(terminal))
    try await terminal.run("clear; $SCALEMS_TOP watch s --no-mouse")
    try await terminal.wait(forText: "READ-ONLY")
    #expect(try await !Self.isAsked(terminal))
    try await terminal.press("q")
    #expect(try await session.run("close", "s", "--now", "--wait").exitCode <= 1)
    try await session.awaitNothingLeft()
  }

  @Test func `a screen that crashes leaves the mouse to the shell`() async throws {
    let session = try TestSession(longWorkflow)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").exitCode == 0)
    let terminal = try await session.terminal()
    try await terminal.run("SWIFT_BACKTRACE=enable=no $SCALEMS_TOP watch s; echo over=$?")
    try await terminal.wait(forText: "READ-ONLY")
    #expect(try await Self.isAsked(terminal))
    let pid = try #require(processes(matching: "scalems-top\0watch\0s").first)
    kill(pid, SIGABRT)
    try await terminal.wait(forText: "over=134")
    #expect(try await !Self.isAsked(terminal))
    #expect(try await session.run("close", "s", "--now", "--wait").exitCode <= 1)
    try await session.awaitNothingLeft()
  }

  @Test func `Z lets the screen stand still, and P keeps it`() async throws {
    let session = try TestSession(
      "tasks: [{name: ends, command: 'while ! test -e go; do sleep 0.1; done'}, {name: long, argv: [sleep, '{mark}']}]\npilot: {cores: 2}"
    )
    let terminal = try await session.show()
    try await terminal.wait(for: "both") { $0.contains("running 2") }
    try await terminal.press("Z")
    try await terminal.wait(forText: "PAUSED")
    try session.place.write("", to: "s/tasks/task.000000/go")
    try await wait(for: "its end") { try session.snapshot().tasks.count(in: .done) == 1 }
    try await terminal.press("P")
    let screen = try await terminal.wait(forText: "the screen is in scalems-top-")
    #expect(screen.contains("running 2"))
    try await terminal.press("Z")
    try await terminal.wait(for: "what is") { $0.contains("done 1") && !$0.contains("PAUSED") }
    let name = try #require(screen.firstMatch(of: /scalems-top-[0-9-]+\.txt/)).output
    let kept = try #require(session.place.text(String(name)))
    #expect(kept.contains("PAUSED") && kept.contains("running 2") && kept.split(separator: "\n").count == 24)
    #expect(!kept.contains("\u{1B}"))
    #expect(try await session.run("close", "s", "--now", "--wait").exitCode <= 1)
    try await terminal.wait(forText: "Exit status")
    try await terminal.press("q")
    try await session.awaitNothingLeft()
  }
}
