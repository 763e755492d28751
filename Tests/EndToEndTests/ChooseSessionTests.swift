import TestSupport
import Testing

/// Which session a verb is for when it is left out, or named in a way that may mean several.
@Suite struct ChooseSessionTests {
  private static let workflow = """
    name: gated
    pilot: {cores: 2}
    tasks:
      - {name: gate, command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done", ensemble: 2}
      - {name: bad, command: "echo oops >&2; exit 3"}
    """

  @Test func `the only one that lives needs no name`() async throws {
    let session = try TestSession(Self.workflow)
    let none = try await session.run("status")
    #expect(none.exitCode == 2 && none.stderr.contains("no session lives: 'scalems-top run"), "\(none)")
    let id = try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open").stdout.dropLast()
    #expect(try await session.run("status").stdout.contains(id))
    let tasks = try await session.run("tasks", "bad", "gate.0")
    #expect(tasks.exitCode == 0 && tasks.stdout.split(separator: "\n").count == 3, "\(tasks)")
    let unknown = try await session.run("tasks", "gaet")
    #expect(
      unknown.exitCode == 2 && unknown.stderr.contains("there is no session 'gaet', and session \(id)")
        && unknown.stderr.contains("(did you mean 'gate'?)"), "\(unknown)")
    // Nothing is canceled when the first word is neither.
    let wrong = try await session.run("cancel", "nosuch", "task.000000")
    #expect(wrong.exitCode == 2, "\(wrong)")
    #expect(try session.snapshot().commands.isEmpty)
    let cancel = try await session.run("cancel", "gate.1", "--wait")
    #expect(
      cancel.stdout == "cancel: 1 canceled\n" && cancel.stderr.contains("session \(id), the only one that lives"),
      "\(cancel)")
    #expect(try await session.run("submit", "--", "true").stdout == "task.000003\n")
    #expect(try await session.run("submit", "w.yaml").stderr.contains("there is already a task"))
    #expect(try await session.run("submit", "s").stderr.contains("'s' is a directory"))
    #expect(try await session.run("submit", String(id)).stderr.contains("submit one of"))
    #expect(try await session.run("close", "--wait", "--now").exitCode == 0)
    let closed = try await session.run("tasks")
    #expect(closed.exitCode == 2 && closed.stderr.contains("--latest") && closed.stderr.contains(id), "\(closed)")
    #expect(try await session.run("log", "--latest", "bad", "--stderr").stdout == "oops\n")
    #expect(try await session.run("log", "--latest", "--stderr").stderr.contains("name a task"))
  }

  @Test func `of several, those that may be meant are listed`() async throws {
    let session = try TestSession(Self.workflow)
    let first = try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").stdout.dropLast()
    let second = try await session.run("run", "w.yaml", "--name", "other", "--session-dir", "t", "--detach").stdout
      .dropLast()
    for arguments in [["status"], ["drain"], ["status", "scalems."], ["status", "nosuch"], ["cancel", "gate"]] {
      let result = try await session.run(arguments)
      let lines = result.stderr.split(separator: "\n")
      #expect(result.exitCode == 2 && result.stdout == "" && lines.count == 4, "\(arguments): \(result)")
      #expect(lines.last.map { $0.contains(second) && $0.contains("other") } ?? false)
    }
    #expect(try await session.run("status", "othr").stderr.contains("(did you mean 'other'?)"))
    #expect(try await session.run("status", "--latest").stdout.contains(second))
    #expect(try await session.run("status", "gated").stdout.contains(first))
    let both = try await session.run("status", String(first), "--latest")
    #expect(both.exitCode == 2 && both.stderr.contains("not both"), "\(both)")
    #expect(try session.snapshot().commands.isEmpty)
    for id in [first, second] { #expect(try await session.run("close", String(id), "--now", "--wait").exitCode == 0) }
  }
}
