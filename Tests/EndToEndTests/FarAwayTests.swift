import SessionModel
import TestSupport
import Testing
import Work

/// A day of an operator, from the failure to the end, near by and over a link that is slow and on a terminal that is small.
@Suite struct FarAwayTests {
  /// `sim.7` fails until there is the file.
  private static let workflow = """
    pilot: {cores: 4}
    tasks:
      - name: sim
        command: "[ {member} != 7 ] || [ -e ../../topol.tpr ] || { echo cannot open topol.tpr >&2; exit 3; }"
        ensemble: 12
      - {name: hold, argv: [sleep, "{mark}"], ensemble: 4}
      - {name: stubborn, command: "trap '' TERM; while :; do sleep 0.2; done"}
    """

  @Test(arguments: [(80, 24, 0.0), (50, 15, 0.3)])
  func `all that an operator does is done`(_ columns: Int, _ rows: Int, _ delay: Double) async throws {
    let session = try TestSession(Self.workflow)
    try session.place.write(SlowLink.program, to: "slow_link.py")
    let terminal = try await session.terminal(columns: columns, rows: rows)
    let link = delay > 0 ? "python3 slow_link.py \(delay) " : ""
    try await terminal.run("\(link)$SCALEMS_TOP run w.yaml --session-dir s --task-grace 600; echo \"exit=$?\"")

    // The failing member, and why.
    try await terminal.wait(for: "the failure") { $0.contains("F1") && $0.contains("R4") }
    try await terminal.press("f")
    try await terminal.wait(forText: "sim.7")
    try await terminal.press("Enter")
    try await terminal.wait(forText: "cannot open topol.tpr")
    // What was wrong is mended, and the task runs again.
    try session.place.write("", to: "s/topol.tpr")
    try await terminal.confirm("x")
    try await wait(for: "it to be queued again") { try session.snapshot().tasks.state(of: TaskID(7)) != .failed }
    try await terminal.press("Escape")

    // Three members that are not wanted: two of them run.
    try await terminal.wait(for: "the list") { $0.contains("─ tasks") }
    try await terminal.press("2", "/")
    try await terminal.wait(forText: "filter")
    try await terminal.type("hold")
    try await terminal.wait(forText: "hold.3")
    try await terminal.press("Enter", "g", "Space", "Space", "Space")
    try await terminal.wait(forText: "3 marked")
    try await terminal.confirm("c")
    try await wait(for: "the cancel") { try session.snapshot().tasks.count(in: .canceled) == 3 }
    try await terminal.wait(for: "that on the screen") { $0.contains(/(canceled|C) ?3/) }
    #expect(try (12..<16).filter { try session.snapshot().tasks.state(of: TaskID($0)) == .canceled }.count == 3)
    try await wait(for: "the mended task") { try session.snapshot().tasks.state(of: TaskID(7)) == .done }

    // A drain with its reason, and it undone.
    try await terminal.press("Escape")
    try await terminal.wait(for: "the whole list") { !$0.contains("matching") }
    try await terminal.press("D")
    try await terminal.wait(forText: "[ No ]")
    try await terminal.press("Tab")
    try await terminal.wait(forText: "to the answer")
    try await terminal.type("wrong queue")
    try await terminal.wait(forText: "wrong queue")
    try await terminal.press("Enter")
    try await terminal.wait(forText: "[ No ]")
    try await terminal.press("y")
    try await terminal.wait(for: "why it drains") { $0.contains("DRAINING") && $0.contains("wrong queue") }
    #expect(try session.snapshot().commands.last?.reason == "wrong queue")
    try await terminal.press("r")
    try await terminal.wait(forText: "RUNNING")

    // The end, which would take ten minutes, is hurried.
    try await wait(for: "one that does not listen") {
      try session.snapshot().tasks.state(of: TaskID(16)) == .agentExecuting
    }
    try await terminal.confirm("X")
    try await terminal.wait(forText: "CLOSING")
    try await terminal.confirm("X")
    try await terminal.wait(forText: "CLOSED")
    try await terminal.press("q")
    try await terminal.wait(forText: "exit=1")
    #expect(try session.snapshot().summary?.leftovers == [])
    try await session.awaitNothingLeft()
  }
}
