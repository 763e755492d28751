import SessionModel
import TestSupport
import Testing

@Suite struct LiveUseTests {
  @Test func `what running tasks use, and the last line they printed, is on the screen`() async throws {
    let session = try TestSession(
      """
      tasks:
        - {name: busy, command: "echo step 1; printf 'step 2: energy\\\\n'; while :; do sleep 0.02; done"}
        - {name: lazy, command: "echo waiting; exec sleep 1000"}
      """)
    let terminal = try await session.show(columns: 130, rows: 30, options: "--cores 2")
    func row(_ screen: String, _ name: String) -> String {
      screen.split(separator: "\n").first { $0.contains("  \(name)  ") }.map(String.init) ?? ""
    }
    let screen = try await terminal.wait(for: "processors and memory of both") { screen in
      let (busy, lazy) = (row(screen, "busy"), row(screen, "lazy"))
      return busy.contains("step 2: energy") && busy.contains("% ") && !busy.contains(" 0% ")
        && lazy.contains("waiting") && lazy.contains(" 0% ")
    }
    #expect(screen.contains("cpu ") && screen.contains("mem "))
    try await terminal.press("Enter")
    try await terminal.wait(for: "the page") { $0.contains("% now") && $0.contains("iB now") }
    try await terminal.press("C-c", "C-c")
    try await terminal.wait(forText: "exit=130")
  }
}
