import Foundation
import Glibc
import SessionModel
import TestSupport
import Testing

/// The command line without a screen: output, exit codes, messages.
@Suite struct CommandLineTests {
  @Test func batchPrintsOneLine() async throws {
    let session = try TestSession("tasks: [{name: a, argv: [echo, hi], ensemble: 3}]")
    let result = try await Program.run(scalemsTop, ["run", "w.yaml", "--batch"], in: session.place.path)
    #expect(result.exitCode == 0 && result.stderr.isEmpty)
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.count == 1 && lines[0].contains("3 DONE") && lines[0].contains("(exit 0)"))
    #expect(lines[0].contains("\(session.place.path)/scalems-sessions/scalems."))
  }

  @Test func jsonIsOneObjectAnEventAndASummary() async throws {
    let session = try TestSession(
      "tasks: [{name: a, command: 'exit 2'}, {name: b, argv: [echo, \"quote \\\" \\u00e9\"]}]")
    let result = try await Program.run(
      scalemsTop, ["run", "w.yaml", "--json", "--session-dir", "s", "--reason", "why \"not\""], in: session.place.path)
    #expect(result.exitCode == 1)
    let objects = try result.stdout.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.allSatisfy { $0["event"] is String })
    let summary = try #require(objects.last)
    #expect(summary["event"] as? String == "summary" && summary["exit"] as? Int == 1)
    #expect(summary["tasks"] as? [String: Int] == ["DONE": 1, "FAILED": 1] && summary["wall_s"] is Double)
    #expect(objects.first?["reason"] as? String == "why \"not\"")
    // The journal holds the same, after its header.
    let journal = session.place.text("s/journal.jsonl")?.split(separator: "\n").dropFirst() ?? []
    #expect(Array(journal) == result.stdout.split(separator: "\n").dropLast())
  }

  @Test func commandsStartBeforeTheirInputEnds() async throws {
    let place = try TemporaryDirectory()
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    let program = try Program(
      scalemsTop, ["run", "--commands", "-", "--session-dir", "s", "--batch"], in: place.path, input: ends[0])
    close(ends[0])
    func send(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) } }
    send("# a comment\n\ntouch \(place.path)/first\necho second; exit 1\n")
    try await wait(for: "the first command") { place.exists("first") }
    send("echo no line feed > \(place.path)/last")
    close(ends[1])
    let result = try await program.finish()
    #expect(result.exitCode == 1 && result.stdout.contains("1 FAILED, 2 DONE"))
    #expect(place.text("last") == "no line feed\n" && place.text("s/tasks/task.000001/stdout") == "second\n")
  }

  @Test func sessionFilesAreTheOwnersOnly() async throws {
    let session = try TestSession("tasks: [{name: a, argv: [echo, hi], stdin: text, pre_exec: ['true']}]")
    _ = try await Program.run(scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path)
    let files = try FileManager.default.subpathsOfDirectory(atPath: session.place.path + "/s")
    #expect(files.contains("tasks/task.000000/stdin") && files.contains("journal.jsonl"))
    for file in files + ["."] {
      var status = stat()
      #expect(lstat("\(session.place.path)/s/\(file)", &status) == 0)
      #expect(status.st_mode & 0o077 == 0, "\(file)")
    }
  }

  @Test(arguments: [
    (["run"], "name a workflow"),
    (["run", "none.yaml"], "none.yaml"),
    (["run", "w.yaml", "--commands", "-"], "not both"),
    (
      ["run", "w.yaml", "--cores", "0"],
      "'cores' of the pilot must be a whole number of at least 1, found '0' (--cores)"
    ),
    (["run", "w.yaml", "--cores", "two"], "two"),
    (["run", "w.yaml", "--engine", "locall"], "did you mean 'local'"),
    (["run", "w.yaml", "--enable-raptor", "--cores", "1"], "at least 2 cores"),
    (["run", "big.yaml", "--cores", "2"], "needs 5 cores"),
    (["run", "--commands", "none.txt"], "none.txt"),
    (["run", "bad.yaml"], "bad.yaml:1:19"),
    (["check", "bad.yaml"], "argvv"),
    (["frobnicate"], "frobnicate"),
  ]) func wrongUsageIsToldAndIsTwo(arguments: [String], text: String) async throws {
    let session = try TestSession("tasks: [{name: a, argv: [echo]}]")
    try session.place.write("tasks: [{name: a, argv: [echo], cores_per_rank: 5}]", to: "big.yaml")
    try session.place.write("tasks: [{name: a, argvv: [echo]}]", to: "bad.yaml")
    let result = try await Program.run(scalemsTop, arguments, in: session.place.path)
    #expect(result.exitCode == 2 && result.stdout.isEmpty)
    #expect(result.stderr.contains(text), "\(result.stderr)")
    #expect(!session.place.exists("scalems-sessions"), "nothing was started")
  }

  @Test func aRuntimeThatCannotStartIsThree() async throws {
    let session = try TestSession("tasks: [{name: a, argv: [echo]}]")
    try session.place.write("", to: "file")
    for directory in ["file/s", "/proc/s"] {
      let result = try await Program.run(
        scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", directory], in: session.place.path)
      #expect(result.exitCode == 3 && result.stderr.contains(directory))
    }
    _ = try await Program.run(scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path)
    let again = try await Program.run(
      scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path)
    #expect(again.exitCode == 3 && again.stderr.contains("holds a session already"))
  }

  @Test func helpAndVersion() async throws {
    let help = try await Program.run(scalemsTop, ["--help"])
    #expect(help.exitCode == 0 && help.stdout.contains("run") && help.stdout.contains("Exit status"))
    #expect(try await Program.run(scalemsTop, ["--version"]).stdout == "\(programVersion)\n")
    let run = try await Program.run(scalemsTop, ["run", "--help"])
    #expect(run.exitCode == 0 && !run.stdout.contains("agent"))
  }

  @Test func terminalsThatCannotShowAScreenAreRefused() async throws {
    let session = try TestSession(longWorkflow)
    let terminal = try await Tmux(columns: 200, in: session.place.path)
    try await terminal.run("TERM=dumb $SCALEMS_TOP run w.yaml; echo exit=$?")
    let screen = try await terminal.wait(forText: "exit=2")
    #expect(screen.contains("cannot place its cursor") && screen.contains("--batch"))
    #expect(!session.place.exists("scalems-sessions"))
  }

  @Test func theExamplesAreValid() async throws {
    for name in ["ensemble.yaml", "echo.yaml", "echo-pipeline.yaml", "functions.yaml"] {
      let result = try await Program.run(scalemsTop, ["check", "\(packageRoot)/Examples/\(name)"])
      #expect(result.exitCode == 0, "\(name): \(result.stderr)")
    }
  }

  /// What `make demo` runs first.
  @Test(arguments: ["ensemble.yaml", "echo.yaml", "echo-pipeline.yaml"])
  func `the examples run`(name: String) async throws {
    let place = try TemporaryDirectory()
    let result = try await Program.run(
      scalemsTop, ["run", "\(packageRoot)/Examples/\(name)", "--batch", "--session-dir", place.path + "/s"])
    #expect(result.exitCode == 0 && !result.stdout.contains("FAILED"), "\(result.stdout) \(result.stderr)")
  }

  @Test func theExampleOfFunctionsRuns() async throws {
    let place = try TemporaryDirectory()
    let result = try await Program.run(
      scalemsTop,
      ["run", "\(packageRoot)/Examples/functions.yaml", "--batch", "--cores", "2", "--session-dir", place.path + "/s"],
      environment: ["PYTHONDONTWRITEBYTECODE": "1"])
    #expect(result.exitCode == 0 && result.stdout.contains("22 DONE"), "\(result.stdout) \(result.stderr)")
    #expect(place.text("s/journal.jsonl")?.contains(#""value":{"walks": 20, "mean": "#) ?? false)
  }
}
