import Glibc
import SessionModel
import TestSupport
import Testing

/// What is run is opened by the process that the user started, whatever it is and however it is run.
@Suite struct InputTests {
  private static let inputs = [
    "cat w.yaml | $SCALEMS_TOP run -", "$SCALEMS_TOP run - < w.yaml", "$SCALEMS_TOP run /dev/stdin < w.yaml",
    "$SCALEMS_TOP run <(cat w.yaml)", "$SCALEMS_TOP run /dev/fd/9 9< w.yaml", "$SCALEMS_TOP run f",
    "cat list | $SCALEMS_TOP run --commands -", "cat list | $SCALEMS_TOP run --commands /dev/stdin",
    "$SCALEMS_TOP run --commands /dev/stdin < list", "$SCALEMS_TOP run --commands <(cat list)",
    "cat list | $SCALEMS_TOP run --commands /proc/self/fd/0",
    "tr '\\n' '\\0' < list | $SCALEMS_TOP run -0 --commands -",
  ]

  private func session() async throws -> TestSession {
    let session = try TestSession("tasks: [{name: a, ensemble: 3, argv: ['true']}]")
    try session.place.write("true\ntrue\ntrue\n", to: "list")
    #expect(mkfifo("\(session.place.path)/f", 0o600) == 0)
    return session
  }

  private func feed(_ line: String) -> String { line.hasSuffix("run f") ? "(cat w.yaml > f &); " + line : line }

  @Test(arguments: inputs, ["--batch", "--detach"])
  func `without a terminal`(line: String, mode: String) async throws {
    let session = try await session()
    let result = try await Program.run(
      "/bin/bash", ["-c", "\(feed(line)) --session-dir s \(mode)"], in: session.place.path,
      environment: session.environment.merging(["SCALEMS_TOP": scalemsTop]) { $1 })
    #expect(result.exitCode == 0, "\(result)")
    try await wait(for: "the end") { (try? session.snapshot().summary) != nil }
    #expect(try session.snapshot().summary?.tasks == ["DONE": 3])
  }

  @Test func `under a screen`() async throws {
    let session = try await session()
    let terminal = try await session.terminal(columns: 160)
    for line in Self.inputs {
      _ = try await Program.run("/bin/rm", ["-rf", "s"], in: session.place.path)
      let options = " --session-dir s --exit-when-done"
      let parts = feed(line).split(separator: " run ", maxSplits: 1)
      try await terminal.run("clear; \(parts[0]) run\(options) \(parts[1]); echo \"exit=$?\"")
      let screen = try await terminal.wait(for: "the end") { $0.contains("\nexit=") }
      #expect(screen.contains("exit=0") && screen.contains("3 DONE"), "\(line): \(screen)")
    }
  }

  @Test func `a workflow that has no place of its own refers to where the user is`() async throws {
    let session = try TestSession("tasks: [{name: a, argv: [cat, in], inputs: [in]}]")
    try session.place.write("here", to: "in")
    for (number, line) in ["run - --batch < w.yaml", "run <(cat w.yaml) --batch"].enumerated() {
      let result = try await Program.run(
        "/bin/bash", ["-c", "$T \(line) --session-dir s\(number)"], in: session.place.path,
        environment: session.environment.merging(["T": scalemsTop]) { $1 })
      #expect(result.exitCode == 0, "\(result)")
      #expect(session.place.text("s\(number)/tasks/task.000000/stdout") == "here")
    }
  }

  @Test(arguments: [
    ("run --batch --commands - 0<&-", "'-' cannot be read: Bad file descriptor"),
    ("run --batch --commands .", "'.' is a directory: name a file, or '-' for standard input"),
    ("run --batch .", "'.' is a directory"),
    ("run --batch none", "'none' cannot be opened: No such file or directory"),
    ("run --batch /dev/fd/77", "'/dev/fd/77' cannot be opened: Bad file descriptor"),
    ("run w.yaml --batch --null", "--null is for lists of --commands"),
    ("run --batch --commands nul", "line 2 of 'nul' holds a NUL byte: '--null' takes"),
    ("run --detach --commands nul", "line 2 of 'nul' holds a NUL byte: '--null' takes"),
    ("run --batch --commands bytes", "line 2 of 'bytes' is not UTF-8 at byte 8"),
    ("submit s --commands nul", "line 2 of 'nul' holds a NUL byte"),
    ("submit s --commands bytes", "line 2 of 'bytes' is not UTF-8 at byte 8"),
  ]) func `what cannot be run is refused before anything is`(line: String, text: String) async throws {
    let session = try await session()
    _ = try await Program.run(
      "/bin/sh", ["-c", #"printf 'true\na\0b\0' > nul; printf 'true\ncat caf\351\n' > bytes"#], in: session.place.path)
    let result = try await Program.run(
      "/bin/sh", ["-c", "$T \(line)"], in: session.place.path,
      environment: session.environment.merging(["T": scalemsTop]) { $1 })
    #expect(result.exitCode == 2 && result.stderr.contains(text), "\(result)")
    #expect(!session.place.exists("scalems-sessions"))
  }

  @Test func `a keyboard is no list of commands`() async throws {
    let session = try await session()
    let terminal = try await session.terminal(columns: 160)
    for line in ["run -", "run --commands -", "run --commands /dev/stdin", "run --commands /dev/tty --detach"] {
      try await terminal.run("clear; $SCALEMS_TOP \(line); echo \"exit=$?\"")
      let screen = try await terminal.wait(forText: "exit=2")
      #expect(screen.contains("is a terminal"), "\(line): \(screen)")
    }
  }
}
