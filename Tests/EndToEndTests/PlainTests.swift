import Glibc
import SessionModel
import TestSupport
import Testing

/// Sessions as lines of text, and what is run when one ends.
@Suite struct PlainTests {
  private static let workflow = """
    name: plain
    pilot: {cores: 2}
    tasks:
      - {name: bad, command: "echo no such file >&2; exit 3"}
      - {name: gate, command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done"}
      - {name: after, command: "true", after: bad}
    """

  @Test func `a session is told in lines, without a byte that a terminal would act on`() async throws {
    let session = try TestSession(Self.workflow)
    let started = try await session.run("run", "w.yaml", "--session-dir", "s", "--detach")
    #expect(started.exitCode == 0)
    let terminal = try await session.terminal(columns: 120, environment: ["TERM": "dumb"])
    try await terminal.run("$SCALEMS_TOP attach s --plain; echo \"exit=$?\"")
    try await terminal.wait(forText: "bad FAILED: exit 3: no such file")
    let plain = try Program(
      scalemsTop, ["watch", "s", "--plain"], in: session.place.path, environment: session.environment)
    try await wait(for: "its first lines") { plain.stdout.contains("tasks: 1 running, 1 failed, 1 canceled") }
    try session.place.write("", to: "s/go")
    let result = try await plain.finish()
    #expect(result.exitCode == 1, "\(result)")
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.first?.contains("(plain), engine local") ?? false && Set(lines).count == lines.count, "\(result)")
    #expect(
      lines.contains { $0 == "session: closed" } && lines.contains { $0.hasPrefix("pilot: pilot.0000 PMGR_ACTIVE") })
    #expect(lines.contains { $0 == "tasks: 1 failed, 1 canceled, 1 done" }, "\(result)")
    #expect(
      lines.contains { $0 == "failed: 1 × exit 3: no such file (1 canceled because of that): bad" }, "\(result)")
    #expect(!result.stdout.utf8.contains { $0 < 0x20 && $0 != 0x0a })
    try await terminal.wait(forText: "exit=1")
  }

  @Test func `a run is told in lines, and Ctrl-C ends it`() async throws {
    let session = try TestSession(Self.workflow)
    let program = try Program(
      scalemsTop, ["run", "w.yaml", "--plain", "--session-dir", "s"], in: session.place.path,
      environment: session.environment)
    try await wait(for: "the failure") { program.stdout.contains("bad FAILED: exit 3") }
    program.signal(SIGINT)
    let result = try await program.finish()
    for words in ["session closing: interrupted by signal 2", "session: closed: interrupted by signal 2"] {
      #expect(result.exitCode == 130 && result.stdout.contains(words), "\(result)")
    }
    #expect(result.stdout.contains("1 FAILED"), "\(result)")
  }

  @Test func `what the user wants runs at the end, with what became of the session`() async throws {
    let session = try TestSession(
      "name: \"it's; rm -rf\"\npilot: {cores: 1}\ntasks: [{name: a, command: 'exit 3'}, {name: b, command: 'true'}]")
    let script = "env | grep ^SCALEMS_ | sort > told; echo said; exit 4"
    let run = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s", "--on-end", script)
    #expect(run.exitCode == 1 && run.stderr.contains("said\n") && !run.stdout.contains("said"), "\(run)")
    #expect(run.stderr.contains("--on-end ended with 4"), "\(run)")
    let told = Set(try #require(session.place.text("told")).split(separator: "\n").map(String.init))
    let wanted = [
      "SCALEMS_DONE=1", "SCALEMS_FAILED=1", "SCALEMS_CANCELED=0", "SCALEMS_NOT_RUN=0", "SCALEMS_TASKS=2",
      "SCALEMS_EXIT=1", "SCALEMS_SESSION_NAME=it's; rm -rf", "SCALEMS_SESSION_DIR=\(session.place.path)/s",
    ]
    #expect(told.isSuperset(of: wanted), "\(told)")
    // By the host in the background, too, and once more when the session is taken up again.
    let background = try await session.run(
      "run", "w.yaml", "--detach", "--session-dir", "t", "--on-end", "echo $SCALEMS_EXIT >> ends")
    #expect(background.exitCode == 0)
    try await wait(for: "the command") { session.place.text("ends") == "1\n" }
    #expect(try await session.run("rerun", "t", "--wait").exitCode == 1)
    #expect(session.place.text("ends") == "1\n1\n")
    let empty = try await session.run("run", "w.yaml", "--on-end", "")
    #expect(empty.exitCode == 2 && empty.stderr.contains("--on-end is a command"), "\(empty)")
  }

  @Test func `a bell rings where there is a terminal`() async throws {
    let session = try TestSession("tasks: [{name: a, command: 'true'}]")
    let terminal = try await session.terminal()
    try await terminal.run("$SCALEMS_TOP run w.yaml --batch --bell 2>&1 | od -c | grep -c '\\\\a'; echo \"exit=$?\"")
    try await terminal.wait(forText: "exit=1")
    try await terminal.run(
      "script -qc \"$SCALEMS_TOP run w.yaml --batch --bell\" out > /dev/null; grep -c \"$(printf '\\a')\" out; echo \"code=$?\""
    )
    try await terminal.wait(forText: "code=0")
  }
}
