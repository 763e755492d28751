import SessionModel
import TestSupport
import Testing

/// Bytes that are no keys, and keys that are no answers, at the real binary in a real terminal.
@Suite struct KeyboardTests {
  /// Shows that the keyboard is understood, by a key that changes nothing.
  private func expectAlive(_ terminal: Tmux, _ what: String) async throws {
    // The first key behind ESC P may belong to it.
    _ = try await terminal.press("?", untilText: "half a page")
    try await terminal.press("Escape")
    try await terminal.wait(for: "the list, after \(what)") { $0.contains("R running") && !$0.contains("half a page") }
  }

  @Test func `no sequence of a terminal types a key or stops the keyboard`() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    let sequences = [
      "\u{1B}X", "\u{1B}P", "\u{1B}]", "\u{1B}_", "\u{1B}^", "\u{1B}N", "\u{1B}D", "\u{1B}[1;5D", "\u{1B}[23$",
      // Clicks whose columns and rows spell X, y, D, S, q.
      "\u{1B}[M Xy", "\u{1B}[M Dy\u{1B}[M Sy", "\u{1B}[M qq", "\u{1B}[<0;56;10M\u{1B}[<0;56;10m", "\u{1B}[0;56;10M",
      "\u{1B}]11;rgb:0000/XXXX/yyyy\u{1B}\\", "\u{1B}[?62;22c\u{1B}[24;80R", "\u{1B}P1$r q\u{1B}\\",
      "\u{1B}[200~Xy\nDy\nq\u{1B}[201~", "\u{1B}[" + String(repeating: "1;", count: 200) + "X",
    ]
    for sequence in sequences {
      try await terminal.send(sequence.utf8)
      try await expectAlive(terminal, sequence.debugDescription)
    }
    #expect(try session.snapshot().commands.isEmpty)
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
  }

  @Test func `a field takes a click for nothing and a paste for text`() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    try await terminal.press("/")
    try await terminal.send("\u{1B}[<0;56;10M\u{1B}[<0;56;10m\u{1B}[M !!".utf8)
    try await terminal.send("\u{1B}[200~zebra\u{1B}[201~".utf8)
    let screen = try await terminal.wait(forText: "zebra")
    #expect(!screen.contains("56;10"))
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
  }

  @Test(arguments: ["Xylene, dry run", "Dyalog", "Sy\r", "cy", "qcy", "X\ry", "X\u{1B}[Cy\r"])
  func `what comes in one go with the key that asks is no answer`(_ burst: String) async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    try await terminal.send(burst.utf8)
    func asks(_ screen: String) -> Bool {
      ["[ No ]", "eave it running", "Type close"].contains { screen.contains($0) }
    }
    try await terminal.wait(for: "a question") { asks($0) }
    // The same question can be answered by a hand, a while after what looked like a paste.
    for _ in 0..<20 {
      try await terminal.press("Escape")
      if !asks(try await terminal.screen()) { break }
    }
    #expect(try session.snapshot().commands.isEmpty)
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
  }

  @Test func `where a question has no room nothing can be answered, and q leaves`() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    try await terminal.resize(columns: 38, rows: 9)
    try await terminal.wait(forText: "this terminal has 38")
    for key in ["X", "y", "D", "y", "S", "y", "c", "y"] { try await terminal.press(key) }
    try await terminal.press("q")
    try await terminal.wait(forText: "exit=")
    let snapshot = try session.snapshot()
    #expect(snapshot.commands.isEmpty && snapshot.phase == .running)
    try await terminal.resize(columns: 80, rows: 24)
    try await terminal.run("kill -INT \(try session.host()); echo")
    try await session.awaitNothingLeft()
  }

  @Test func `after stops and continues the screen is live`() async throws {
    let session = try TestSession(
      """
      tasks:
        - name: talker
          command: "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done"
      """)
    let terminal = try await session.show(columns: 80, rows: 40)
    try await terminal.wait(forText: "R running")
    try await terminal.press("Enter")
    var seen = 0
    for round in 0..<8 {
      try await terminal.press("C-z")
      try await terminal.wait(for: "the shell, round \(round)") { $0.contains("Stopped") }
      try await terminal.run("clear; fg")
      seen = try await terminal.wait(forLine: seen + 3)
    }
    try await terminal.press("Escape", "C-c", "C-c")
    try await terminal.wait(for: "the prompt") { $0.contains("(exit 130)") || $0.contains("exit=130") }
  }

  @Test func `a leave after a stop puts the prompt below what was there`() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show()
    try await terminal.wait(forText: "R running")
    try await terminal.press("C-z")
    try await terminal.wait(forText: "Stopped")
    for number in 1...5 { try await terminal.run("echo kept $((\(number) * 111))") }
    try await terminal.wait(forText: "kept 555")
    try await terminal.run("fg")
    try await terminal.wait(forText: "R running")
    try await terminal.press("q")
    try await terminal.wait(forText: "eave it running")
    try await terminal.press("l")
    try await terminal.wait(for: "the lines of before") { screen in
      (1...5).allSatisfy { screen.contains("kept \($0 * 111)") } && !screen.contains("R running")
    }
    try await terminal.run("kill -INT \(try session.host()); echo")
    try await session.awaitNothingLeft()
  }

  @Test func `sizes that others exported are not believed`() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show(environment: ["COLUMNS": "200", "LINES": "99999"])
    let screen = try await terminal.wait(forText: "q leave")
    #expect(screen.split(separator: "\n").contains { $0.hasPrefix("┌") && $0.hasSuffix("┐") })
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
  }

  @Test(arguments: ["xterm-ghostty", "foot", "alacritty-direct", "tmux-nobody-has", "wezterm"])
  func `a terminal nobody knows is taken for the nearest one`(_ name: String) async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await session.show(environment: ["TERM": name])
    try await terminal.wait(forText: "R running")
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
  }
}
