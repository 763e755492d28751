import Foundation
import Platform
import TestSupport
import Testing

/// `exec` of programs that open no session: they just run, and nothing of them is left.
@Suite struct ExecProgramTests {
  private func execute(
    _ place: TemporaryDirectory, _ script: String, _ options: [String] = ["--batch"]
  ) async throws -> Program.Result {
    try await Program.run(scalemsTop, ["exec"] + options + ["--", "/bin/sh", "-c", script], in: place.path)
  }

  @Test func `what it prints is printed and kept, and its exit status is that of exec`() async throws {
    let place = try TemporaryDirectory()
    let result = try await execute(
      place, "printf 'out\\nmore'; printf 'no end' >&2; exit 7", ["--batch", "--session-dir", "d"])
    #expect(result.exitCode == 7 && result.stdout == "out\nmore" && result.stderr == "no end", "\(result)")
    #expect(place.text("d/stdout") == "out\nmore" && place.text("d/stderr") == "no end")
    #expect(place.text("d/exec.json")?.contains("\"exit\":7") ?? false)
    #expect(try await execute(place, "kill -9 $$").exitCode == 137)
    let json = try await execute(place, "echo out; exit 2", ["--json"])
    #expect(json.exitCode == 2 && json.stdout.contains("\"event\":\"summary\"") && json.stdout.contains("\"exit\":2"))
  }

  @Test func `it has the environment as it is, and a process group of its own`() async throws {
    let place = try TemporaryDirectory()
    let result = try await Program.run(
      scalemsTop, ["exec", "--batch", "--", "/bin/sh", "-c", "echo $SCALEMS_X; ps -o pgid= -p $$; echo $$"],
      in: place.path, environment: ["SCALEMS_X": "x y"])
    let lines = result.stdout.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(lines.count == 3 && lines.first == "x y" && lines[1] == lines[2], "\(result)")
  }

  @Test func `what it leaves behind is ended`() async throws {
    let place = try TemporaryDirectory()
    let result = try await execute(place, "(trap '' TERM; setsid sleep 1000) & echo $!; exit 0")
    #expect(result.exitCode == 0)
    let left = ProcessTable().entries.values.filter { linkTarget("/proc/\($0.pid)/cwd") == place.path && !$0.isZombie }
    #expect(left.isEmpty, "\(left)")
  }

  @Test(arguments: [1, 3])
  func `signals end it: once as a terminal would, three times at once`(count: Int) async throws {
    let place = try TemporaryDirectory()
    let script = count == 1 ? "trap 'echo interrupted; exit 9' INT" : "trap '' INT TERM"
    let program = try Program(
      scalemsTop,
      [
        "exec", "--batch", "--session-dir", "d", "--", "/bin/sh", "-c",
        "\(script); echo began; while :; do sleep 0.1; done",
      ],
      in: place.path)
    try await wait(for: "its beginning") { place.text("d/stdout")?.contains("began") ?? false }
    for _ in 0..<count { program.signal(SIGINT) }
    let result = try await program.finish(seconds: 30)
    #expect(result.exitCode == (count == 1 ? 9 : 128 + SIGKILL), "\(result)")
    #expect(result.stdout.contains("interrupted") == (count == 1))
  }

  /// A script that hangs before it has opened a session is the one that has to be found and ended.
  @Test func `in the background, before it has opened a session, it is seen, waited for and ended`() async throws {
    let place = try TemporaryDirectory()
    func run(_ arguments: String...) async throws -> Program.Result {
      try await Program.run(scalemsTop, arguments, in: place.path)
    }
    let script = "trap 'echo interrupted; exit 9' INT; echo began; while :; do sleep 0.1; done"
    let start = try await run("exec", "--detach", "--session-dir", "d", "--", "/bin/sh", "-c", script)
    #expect(start.exitCode == 0, "\(start)")
    let attached = try Program(scalemsTop, ["watch", "--plain", "d"], in: place.path)
    try await wait(for: "its beginning") { place.text("d/stdout")?.contains("began") ?? false }
    let status = try await run("status", "d")
    #expect(status.exitCode == 0 && status.stdout.contains("running, and has opened no session yet"), "\(status)")
    for verb in ["log", "tasks", "drain", "events"] {
      let result = try await run(verb, "d")
      #expect(result.exitCode == 2 && result.stderr.contains("/d/stdout and"), "\(verb): \(result)")
    }
    let close = try await run("close", "d")
    #expect(close.exitCode == 0 && close.stdout.contains("has ended, with exit status 9"), "\(close)")
    let watched = try await attached.finish(seconds: 30)
    #expect(watched.exitCode == 2 && watched.stderr.contains("it is waited for"), "\(watched)")
    let later = try await run("status", "d", "--json")
    #expect(
      later.stdout.contains(#""state":"closed","phase":"closed","live":false"#) && later.stdout.contains(#""exit":9"#),
      "\(later)")
    #expect(try await run("close", "d").stderr.contains("and has ended with exit status 9"))
  }

  /// A stopped one takes no signal: it hung for 19 s, and was killed then.
  @Test func `one that is stopped goes on, to end as it would`() async throws {
    let place = try TemporaryDirectory()
    let script = "trap 'echo interrupted; exit 9' INT; echo $$; while :; do sleep 0.1; done"
    let program = try Program(
      scalemsTop, ["exec", "--batch", "--session-dir", "d", "--", "/bin/sh", "-c", script], in: place.path)
    try await wait(for: "its beginning") { place.text("d/stdout")?.contains("\n") ?? false }
    let pid = try #require(Int32((place.text("d/stdout") ?? "").trimmingCharacters(in: .whitespacesAndNewlines)))
    kill(pid, SIGSTOP)
    program.signal(SIGINT)
    let result = try await program.finish(seconds: 30)
    #expect(result.exitCode == 9 && result.stdout.contains("interrupted"), "\(result)")
  }

  @Test func `what cannot be run is said`() async throws {
    let place = try TemporaryDirectory()
    for (text, words) in [
      ("#!/no/such/shell\n", "what is to run it"), ("no program", "as in 'sh FILE'"),
    ] {
      try place.write(text, to: "script")
      chmod(place.path + "/script", 0o755)
      let result = try await Program.run(scalemsTop, ["exec", "--batch", "--", "./script"], in: place.path)
      #expect(result.exitCode == 3 && result.stderr.contains(words), "\(result)")
    }
    for (arguments, words) in [
      (["exec"], "name a program after '--'"), (["exec", "--", "no-such-program"], "there is no program"),
      (["exec", "--batch", "--json", "--", "true"], "one of"),
      (["exec", "--batch", "--session-dir", ".", "--", "true"], "is not empty"),
      (["exec", "--batch", "--", "/tmp"], "it is a directory"),
    ] {
      try place.write("text", to: "file")
      let result = try await Program.run(scalemsTop, arguments, in: place.path)
      #expect(result.exitCode == 2 && result.stderr.contains(words), "\(arguments): \(result)")
    }
  }
}
