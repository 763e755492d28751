import Foundation
import SessionModel
import TestSupport
import Testing

/// Who reads what a run prints may stop reading: the work goes on.
@Suite struct SlowReaderTests {
  @Test func `events wait for their reader in the journal, and all of them come`() async throws {
    let session = try TestSession("tasks: [{name: a, ensemble: 800, command: 'true'}]")
    // More than a pipe holds.
    let line = "'\(scalemsTop)' run w.yaml --session-dir s --json | { read go < go; cat; }"
    let place = session.place
    #expect(mkfifo(place.path + "/go", 0o600) == 0)
    let (path, environment) = (place.path, session.environment)
    async let result = Program.run("/bin/sh", ["-c", line], in: path, environment: environment)
    try await wait(for: "the end, that nobody reads") { (try? session.snapshot().summary) != nil }
    try Data("go\n".utf8).write(to: URL(fileURLWithPath: place.path + "/go"))
    let lines = try await result.stdout.split(separator: "\n")
    let journal = try #require(place.text("s/journal.jsonl")).split(separator: "\n")
    #expect(Array(lines.dropLast()) == Array(journal.dropFirst()), "the journal's lines behind its header")
    #expect(lines.last?.hasPrefix(#"{"event":"summary","#) == true)
  }

  /// One signal is enough, whether it comes before the end or behind it.
  @Test(arguments: [true, false])
  func `a session that waits for its reader alone ends by a signal`(isEarly: Bool) async throws {
    let end = isEarly ? "sleep {mark}" : "true"
    let session = try TestSession(
      "tasks: [{name: a, ensemble: 800, command: 'true'}, {name: b, command: '\(end)'}]")
    let line = "'\(scalemsTop)' run w.yaml --session-dir s --json & echo $! >pid; wait $!; echo $? >code"
    #expect(mkfifo(session.place.path + "/go", 0o600) == 0)
    let (path, environment) = (session.place.path, session.environment)
    async let result = Program.run(
      "/bin/sh", ["-c", "{ \(line); } | { read line < go; cat >/dev/null; }"], in: path, environment: environment)
    try await wait(for: isEarly ? "the last task" : "the end, that nobody reads") {
      isEarly ? !session.sleepers.isEmpty : (try? session.snapshot().summary) != nil
    }
    let pid = try #require(session.place.text("pid").flatMap { pid_t($0.trimmingCharacters(in: .newlines)) })
    kill(pid, SIGTERM)
    try await wait(for: "the end of the program") { session.place.text("code") == "143\n" }
    try Data("go\n".utf8).write(to: URL(fileURLWithPath: session.place.path + "/go"))
    _ = try await result
  }

  @Test func `a terminal that takes nothing holds up no work, and hears the end later`() async throws {
    let session = try TestSession(
      "tasks: [{name: a, ensemble: 30, command: 'until [ -e $SCALEMS_CLIENT_DIR/go ]; do sleep 0.1; done; exit 1'}]")
    let terminal = try await session.terminal()
    try await terminal.run("$SCALEMS_TOP run w.yaml --session-dir s --batch")
    try await terminal.wait(for: "the bar") { $0.contains("/30") }
    try await terminal.press("C-s")
    try session.place.write("", to: "go")
    try await wait(for: "the end, that nobody sees") { (try? session.snapshot().summary) != nil }
    try await terminal.press("C-q")
    try await terminal.wait(for: "the end") { $0.contains("30 FAILED") }
  }

  @Test(arguments: [20, 44], ["xterm", "dumb"])
  func `the progress bar stays in its line, and leaves it`(columns: Int, kind: String) async throws {
    let session = try TestSession("tasks: [{name: a, ensemble: 20, command: 'sleep 0.1; exit 1'}]\npilot: {cores: 4}")
    let terminal = try await session.terminal(columns: columns, environment: ["TERM": kind])
    try await terminal.run("TERM=\(kind) script -qc '$SCALEMS_TOP run w.yaml --session-dir s --batch' typescript")
    try await terminal.wait(for: "the end") { $0.replacing("\n", with: "").contains("20 FAILED") }
    let text = try await terminal.screen()
    #expect(!text.contains("/20"), "nothing of it is left: \(text)")
    #expect(session.place.text("typescript")?.contains("[K") == false)
  }
}
