import Foundation
import TestSupport
import Testing

/// What is said of arguments that make no sense: exit status 2, in the words of the verb that they were for.
@Suite struct WrongUsageTests {
  private func run(_ arguments: [String]) async throws -> Program.Result {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    let result = try await session.run(arguments)
    #expect(!session.place.exists("scalems-sessions"), "nothing was started")
    return result
  }

  @Test(arguments: [
    (["run"], "Usage: scalems-top run"),
    (["run", "w.yaml", "--batch", "--json"], "one of --detach, --batch, --plain and --json"),
    (["run", "w.yaml", "--detach", "--batch"], "one of --detach, --batch, --plain and --json"),
    (["run", "w.yaml", "--task-grace", "-1"], "--task-grace is a number of seconds from 0 to 1000000, not -1"),
    (["run", "w.yaml", "--patience", "-1"], "--patience is a number of seconds from 0 to 1000000, not -1"),
    (["run", "w.yaml", "--cores", "-2"], "found '-2' (--cores)"),
    (["run", "w.yaml", "--on-failure", "explode"], "--on-failure is one of continue, stop, drain"),
    (["submit"], "Usage: scalems-top submit"),
    (["submit", "--cores", "-1", "--", "true"], "found '-1'"),
    (["cancel"], "Usage: scalems-top cancel"),
    (["close", "--grace", "-1"], "--grace is a number of seconds from 0 to 1000000, not -1"),
    (["close", "--grace", "1e7"], "not 10000000"),
    (["wait", "--timeout", "-1"], "--timeout is a number of seconds above 0 and up to 1000000000, not -1"),
    (["list", "--timeout", "1e10"], "not 10000000000"),
    (["log", "--tail", "-3"], "--tail is a number of lines from 0"),
    (["log", "--tail", "x"], "'x' is invalid"),
    (["replay", "--speed", "-1"], "--speed is a number from 0 to 1000000, not -1"),
    (["tasks", "--columns", "uid,nane"], "has no 'nane' (did you mean 'name'?)"),
    (["tasks", "--columns", "uid", "--json"], "--columns is for the table"),
    (["help", "nosuch"], "there is no command 'nosuch'"),
    (["help", "statsu"], "(did you mean 'status'?)"),
    (["nosuch", "--help"], "there is no command 'nosuch'"),
    (["cancle", "s", "t"], "there is no command 'cancle' (did you mean 'cancel'?)"),
    (["cancle"], "(did you mean 'cancel'?)"),
    (["rnu", "w.yaml"], "(did you mean 'run'?)"),
    (["frobnicate"], "'scalems-top --help' shows the commands"),
    (["frobnicate", "x"], "there is no command 'frobnicate'"),
  ]) func `wrong usage is told in the words of its verb`(_ arguments: [String], _ words: String) async throws {
    let result = try await run(arguments)
    #expect(result.exitCode == 2 && result.stdout.isEmpty && result.stderr.contains(words), "\(result)")
    if result.stderr.contains("Usage:") {
      #expect(result.stderr.contains("Usage: scalems-top \(arguments[0])"), "\(result)")
      #expect(result.stderr.contains("See 'scalems-top \(arguments[0]) --help'"), "\(result)")
    }
  }

  @Test func `the help of every verb has an example`() async throws {
    let root = try await run(["--help"]).stdout
    let verbs = root.split(separator: "\n").filter {
      $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  -")
    }
    .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { $0 != "See" }
    #expect(verbs.count > 20 && verbs.contains("rerun"), "\(verbs)")
    for verb in verbs where !verb.contains("'") {
      let help = try await run([verb, "--help"])
      let lines = help.stdout.split(separator: "\n").filter { !$0.contains("USAGE") }
      #expect(
        help.exitCode == 0 && lines.contains { $0.hasPrefix("scalems-top \(verb) ") || $0 == "scalems-top \(verb)" },
        "\(verb)")
      // None is broken at 80 columns.
      let all = help.stdout.split(separator: "\n", omittingEmptySubsequences: false).map { $0 }
      for (line, next) in zip(all, all.dropFirst()) where line.hasPrefix("scalems-top \(verb)") && !next.isEmpty {
        let isExample = next.contains("scalems-top ") || next.hasPrefix("  ")
        #expect(isExample, "\(line) \(next)")
      }
    }
    let groups = try await run(["run", "--help"]).stdout
    for title in ["WHERE IT RUNS:", "THE SESSION:", "WHAT IS SHOWN:", "THE SCREEN:"] { #expect(groups.contains(title)) }
  }

  @Test func `the manual page and the completions have every verb`() async throws {
    let session = try TestSession("tasks: []")
    let manual = try await Program(
      "/usr/bin/env", ["python3", packageRoot + "/.ci/manual", scalemsTop], in: session.place.path,
      environment: ProcessInfo.processInfo.environment
    ).finish()
    #expect(manual.exitCode == 0 && manual.stderr.isEmpty, "\(manual)")
    for verb in ["run", "attach", "tasks", "rerun", "cancel-raptor", "setup-radical"] {
      #expect(manual.stdout.contains(".SS scalems\\-top " + verb.replacing("-", with: "\\-") + "\n"), "\(verb)")
    }
    for shell in ["bash", "zsh", "fish"] {
      let script = try await session.run("--generate-completion-script", shell)
      #expect(script.exitCode == 0 && script.stdout.contains("cancel-raptor") && script.stdout.contains("on-failure"))
    }
  }

  @Test func `doctor says what is the matter with a directory`() async throws {
    let session = try TestSession("tasks: []")
    try session.place.write("", to: "file")
    for (name, words) in [
      ("none", "No such file or directory"), ("file", "is no directory"), (".", "is no virtual environment"),
    ] {
      let result = try await session.run("doctor", "--venv", name)
      #expect(result.exitCode == 1 && result.stdout.contains(words), "\(result)")
      #expect(!result.stdout.contains("does not answer"), "\(result)")
    }
  }

  @Test func `what can never fit is refused, and check says so`() async throws {
    let session = try TestSession("tasks: [{name: big, command: 'true', cores_per_rank: 99999}]")
    let check = try await session.run("check", "w.yaml")
    #expect(check.exitCode == 0 && check.stderr.contains("task 'big' needs 99999 cores, the pilot has"), "\(check)")
    try session.place.write("pilot: {cores: 99999}\ntasks: [{name: a, command: 'true'}]", to: "wide.yaml")
    let wide = try await session.run("check", "wide.yaml")
    #expect(wide.exitCode == 0 && wide.stderr.contains("the pilot has 99999 cores, this machine offers"), "\(wide)")
    // Also when nobody said how many cores the pilot has.
    let started = try await session.run("run", "--keep-open", "--detach", "--session-dir", "s")
    #expect(started.exitCode == 0 && started.stderr.contains("scalems-top submit"), "\(started)")
    let submit = try await session.run("submit", "s", "--cores", "99999", "--json", "--", "true")
    #expect(submit.exitCode == 1 && submit.stderr.contains("needs 99999 cores, the pilot has"), "\(submit)")
    #expect(submit.stdout.contains("\"code\":\"invalid_work\""), "\(submit)")
    #expect(try session.snapshot().tasks.count == 0)
    #expect(try await session.run("close", "s", "--wait").exitCode == 0)
  }

  @Test func `what was not run is called so everywhere once the session has ended`() async throws {
    let session = try TestSession(
      """
      pilot: {cores: 1}
      tasks:
        - {name: bad, command: "exit 3"}
        - {name: rest, command: "sleep 0.2", ensemble: 20}
        - {name: after, command: "true", after: rest}
      """)
    let run = try await session.run("run", "w.yaml", "--session-dir", "s", "--batch", "--on-failure", "stop")
    #expect(run.stdout.contains(" not run, ") && !run.stdout.contains("NEW"), "\(run)")
    #expect(run.stderr.contains("not run: 'scalems-top run --resume"), "\(run)")
    for verb in [["status", "s"], ["list", "--all"], ["tasks", "s"]] {
      let result = try await session.run(verb)
      #expect(result.stdout.contains("not run") && !result.stdout.contains("waiting"), "\(result)")
    }
  }
}
