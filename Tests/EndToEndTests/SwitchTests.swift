import SessionModel
import TestSupport
import Testing

@Suite struct SwitchTests {
  @Test func `6 leads from the screen of run to another session and back, and ends none`() async throws {
    let session = try TestSession(longWorkflow)
    #expect(
      try await session.run("run", "w.yaml", "--session-dir", "other", "--name", "other", "--detach").exitCode == 0)
    let terminal = try await session.show(options: "--name mine")
    try await terminal.wait(forText: "R running")
    try await terminal.press("6")
    try await terminal.wait(for: "both") { $0.contains("other") && $0.contains("mine") && $0.contains("choose") }
    // From the screen of run, too, who chooses none is back where one was.
    try await terminal.press("Escape")
    try await terminal.wait(for: "mine again") { $0.contains(" mine ") && $0.contains("R running") }
    try await terminal.press("6")
    try await terminal.wait(for: "both") { $0.contains("other") && $0.contains("mine") && $0.contains("choose") }
    // The newest is the first: the one that was just left.
    try await terminal.press("j", "Enter")
    try await terminal.wait(for: "the other one") { $0.contains(" other ") && $0.contains("RUNNING") }
    try await terminal.press("6")
    try await terminal.wait(forText: "choose")
    // Nothing is chosen: back to where one was.
    try await terminal.press("Escape")
    try await terminal.wait(for: "it again") { $0.contains(" other ") && $0.contains("RUNNING") }
    // A signal ends this screen, and no session.
    try await terminal.press("C-c")
    try await terminal.wait(forText: "exit=130")
    #expect(try session.snapshot().phase == .running)
    for name in ["s", "other"] {
      #expect(try await session.run("close", name, "--wait", "--now").exitCode == 0)
    }
    try await session.awaitNothingLeft()
  }
}
