import Foundation
import SessionModel
import TestSupport
import Testing
import Work

/// What operators do with an ensemble, in a real terminal.
@Suite struct JourneyTests {
  private static let failing = """
    pilot: {cores: 4}
    tasks:
      - name: sim
        command: "if [ {member} = 7 ]; then echo member 7: cannot open topol.tpr >&2; exit 3; fi"
        ensemble: 12
      - {name: after, command: "true", after: [sim]}
      - {name: hold, argv: [sleep, "{mark}"]}
    """

  @Test(arguments: [(80, 24), (50, 15)])
  func `the failing member is found and its standard error read in three keys`(_ columns: Int, _ rows: Int) async throws
  {
    let session = try TestSession(Self.failing)
    let terminal = try await session.show(columns: columns, rows: rows)
    try await wait(for: "the failure") { try session.snapshot().tasks.finished == 13 }
    try await terminal.wait(for: "all of it on the screen") { $0.contains("D11") && $0.contains("F1") }
    try await terminal.press("f", "Enter")
    if rows < 20 { try await terminal.wait(forText: "Esc back") }
    try await terminal.wait(forText: "member 7: cannot open topol.tpr")
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
    try await session.awaitNothingLeft()
  }

  @Test(arguments: [(80, 24), (50, 15)])
  func `three marked members are canceled, and no other task`(_ columns: Int, _ rows: Int) async throws {
    let session = try TestSession(
      "{pilot: {cores: 4}, tasks: [{name: sim, argv: [sleep, \"{mark}\"], ensemble: 6}, {name: other, argv: [sleep, \"{mark}\"]}]}"
    )
    let terminal = try await session.show(columns: columns, rows: rows)
    try await wait(for: "four tasks to run") { try session.snapshot().tasks.count(in: .running) == 4 }
    try await terminal.wait(forText: "R4")
    try await terminal.press("Enter")
    try await terminal.wait(forText: "sim.0")
    try await terminal.press("j", "Space", "Space", "Space")
    try await terminal.wait(forText: "3 marked")
    try await terminal.confirm("c")
    try await wait(for: "the cancel") { try session.snapshot().tasks.count(in: .canceled) == 3 }
    #expect((0..<3).allSatisfy { (try? session.snapshot().tasks.state(of: TaskID($0))) == .canceled })
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
    try await session.awaitNothingLeft()
  }

  @Test func `a pager and an editor have the terminal for themselves, and give it back whole`() async throws {
    let session = try TestSession(
      "tasks: [{name: talker, command: \"echo what it said; exec sleep {mark}\"}]")
    let viewer = "\(session.place.path)/viewer"
    try "#!/bin/sh\nclear; echo \"$0 shows\"; cat \"$1\"; read -r line\n".write(
      toFile: viewer, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: viewer)
    let terminal = try await session.show(environment: ["PAGER": "/bin/sh \(viewer)", "EDITOR": viewer, "VISUAL": ""])
    try await terminal.wait(forText: "R running")
    try await terminal.press("Enter")
    try await terminal.wait(for: "its output") { $0.contains("lines 1-1 of 1") && $0.contains("Esc back") }
    for key in ["v", "e"] {
      try await terminal.press(key)
      try await terminal.wait(for: "the viewer") { $0.contains("viewer shows") && !$0.contains("Esc back") }
      // Keys are the viewer's now.
      try await terminal.press("X", "y", "Enter")
      try await terminal.wait(for: "the page") { $0.contains("Esc back") && !$0.contains("viewer shows") }
    }
    // Ctrl-C is, too, and ends nothing else; Ctrl-Z leaves nobody in the middle.
    try await terminal.press("v")
    try await terminal.wait(forText: "viewer shows")
    try await terminal.press("C-z")
    try await terminal.press("C-c")
    try await terminal.wait(for: "the page") { $0.contains("Esc back") && !$0.contains("viewer shows") }
    #expect(try session.snapshot().tasks.count(in: .running) == 1)
    #expect(try session.snapshot().commands.isEmpty)
    // The end of the session while the viewer is there is seen after it.
    try await terminal.press("C-c")
    try await terminal.wait(for: "the shell, its terminal as it was") {
      $0.contains("exit=130") && $0.contains("icanon echo") && !$0.contains("-icanon")
    }
    try await session.awaitNothingLeft()
  }

  @Test func `what an earlier attempt said is read on the page`() async throws {
    let session = try TestSession(
      "tasks: [{name: twice, retries: 1, command: \"echo this is attempt $SCALEMS_ATTEMPT; [ -e ../tried ] && exec sleep {mark}; touch ../tried; exit 1\"}]"
    )
    let terminal = try await session.show()
    try await wait(for: "the second attempt") { session.sleepers.count == 1 }
    // A key before there is a row means nothing.
    try await terminal.wait(for: "its row") { $0.contains("R running") && $0.contains("twice") }
    try await terminal.press("Enter")
    try await terminal.wait(for: "its output") { $0.contains("lines 1-1 of 1") && $0.contains("a attempt") }
    try await terminal.press("a")
    try await terminal.wait(for: "the first one's") {
      $0.contains("stdout of attempt 1") && $0.contains("lines 1-1 of 1")
    }
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
    try await session.awaitNothingLeft()
  }

  @Test func `a pager that is not there, or an editor that is no command, is said, and the screen comes back`()
    async throws
  {
    let session = try TestSession("tasks: [{name: talker, command: \"echo what it said; exec sleep {mark}\"}]")
    let terminal = try await session.show(
      environment: ["PAGER": "/nowhere/pager", "EDITOR": "vi 'unfinished", "VISUAL": ""])
    try await terminal.wait(forText: "R running")
    try await terminal.press("Enter")
    try await terminal.wait(for: "its output") { $0.contains("lines 1-1 of 1") && $0.contains("Esc back") }
    for (key, words) in [("v", "/nowhere/pager ended with status"), ("e", "vi 'unfinished ended with status")] {
      try await terminal.press(key)
      try await terminal.wait(for: "what became of it") { $0.contains(words) && $0.contains("Enter goes back") }
      try await terminal.press("Enter")
      try await terminal.wait(for: "the page") { $0.contains("Esc back") && !$0.contains(words) }
    }
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
    try await session.awaitNothingLeft()
  }

  @Test func `what is copied arrives in the terminal's clipboard`() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.terminal()
    try await terminal.command("set-option", "-g", "set-clipboard", "on")
    try await terminal.run("$SCALEMS_TOP run w.yaml --session-dir s; echo \"exit=$?\"")
    try await terminal.wait(forText: "R running")
    try await terminal.press("j", "y")
    try await terminal.wait(forText: "Enter or the letter")
    try await terminal.press("u")
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
    try await terminal.run("clear; tmux show-buffer")
    try await terminal.wait(for: "the clipboard") { $0.contains("task.000000") }
    try await session.awaitNothingLeft()
  }
}
