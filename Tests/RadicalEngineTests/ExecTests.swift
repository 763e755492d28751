import Foundation
import Glibc
import Platform
import TestSupport
import Testing

extension InterruptedTests {
  /// `exec` of programs that open a session of RADICAL-Pilot: whatever they do when they are interrupted, nothing is left.
  @Suite struct ExecTests {
    /// Closes nothing when it is interrupted: RADICAL-Pilot hangs then, with all that it has.
    private static let careless = ForeignProgram.script
      .replacing("try:\n", with: "if True:\n").replacing("finally:\n", with: "if True:\n")

    private func expectNothingLeft(_ script: ForeignProgram) {
      // But for the shell of the terminal.
      let left = script.processes.filter { !ProcessTable.commandLine(of: $0).hasPrefix("/bin/bash --norc") }.map {
        "\($0) \(ProcessTable.commandLine(of: $0))"
      }
      #expect(left.isEmpty)
    }

    private func execute(_ script: ForeignProgram, _ terminal: Tmux, _ options: String, _ commands: [String])
      async throws
    {
      let list = try ForeignProgram.list(commands)
      // RADICAL-Pilot looks for its own programs there.
      try await terminal.run(
        "PATH=\(script.venv)/bin:$PATH \(scalemsTop) exec \(options) -- \(ForeignProgram.python) script.py '\(list)'; echo status=$?"
      )
    }

    @Test func `its session is on the screen with what it prints; its exit status is that of exec`() async throws {
      let script = try ForeignProgram()
      let terminal = try await Tmux(columns: 110, rows: 30, in: script.place.path, environment: script.environment)
      try await execute(script, terminal, "", ["sleep 2", "exit 3", "sleep 2"])
      try await terminal.wait(for: "its session", seconds: 60) { $0.contains("rp.session.") && $0.contains("X close") }
      try await terminal.wait(for: "the end of a task", seconds: 90) { $0.contains("sim 1 FAILED: no such 1") }
      try await terminal.press("p")
      try await terminal.wait(for: "what it prints", seconds: 60) { $0.contains("['DONE', 'DONE', 'FAILED']") }
      try await terminal.wait(for: "the summary", seconds: 60) { $0.contains("CLOSED") }
      _ = try await terminal.press("q", untilText: "status=0")
      expectNothingLeft(script)
    }

    @Test(arguments: [true, false])
    func `Ctrl-C once: it is interrupted, and what does not end by that is ended`(closesInOrder: Bool) async throws {
      let script = try ForeignProgram(closesInOrder ? ForeignProgram.script : Self.careless)
      let terminal = try await Tmux(columns: 110, rows: 30, in: script.place.path, environment: script.environment)
      try await execute(script, terminal, "", (0..<4).map { _ in "sleep 1000" })
      try await terminal.wait(for: "tasks that run", seconds: 90) { $0.contains("running 4") }
      try await terminal.press("C-c")
      // That of the program: 1, or 130.
      try await terminal.wait(for: "the end", seconds: 60) { $0.contains("status=1") }
      expectNothingLeft(script)
    }

    @Test func `Ctrl-C three times: all is gone at once`() async throws {
      let script = try ForeignProgram(Self.careless)
      let terminal = try await Tmux(columns: 110, rows: 30, in: script.place.path, environment: script.environment)
      try await execute(script, terminal, "", (0..<4).map { _ in "sleep 1000" })
      try await terminal.wait(for: "tasks that run", seconds: 90) { $0.contains("running 4") }
      for _ in 0..<3 { try await terminal.press("C-c") }
      try await terminal.wait(for: "the end", seconds: 20) { $0.contains("status=1") }
      expectNothingLeft(script)
    }

    @Test func `whose keeper is killed goes on, says so, and is ended by X`() async throws {
      let script = try ForeignProgram()
      let terminal = try await Tmux(columns: 110, rows: 30, in: script.place.path, environment: script.environment)
      try await execute(script, terminal, "", (0..<2).map { _ in "sleep 1000" })
      try await terminal.wait(for: "tasks that run", seconds: 90) { $0.contains("running 2") }
      let keeper = try #require(
        ProcessTable().entries.values.first { ProcessTable.commandLine(of: $0.pid).contains("exec --as-host") }?.pid)
      kill(keeper, SIGKILL)
      try await terminal.wait(for: "the word of it") { $0.contains("the keeper of the program was killed") }
      #expect(!(try await terminal.screen()).contains("CLOSED"))
      try await terminal.press("X")
      try await terminal.wait(for: "the question") { $0.contains("Type close") }
      try await terminal.type("close")
      try await terminal.press("Enter")
      // Nobody knows its exit status.
      try await terminal.wait(for: "the end", seconds: 60) { $0.contains("is not known") && $0.contains("status=137") }
      try await wait(for: "all processes to be gone", seconds: 30) {
        script.processes.allSatisfy { ProcessTable.commandLine(of: $0).hasPrefix("/bin/bash --norc") }
      }
    }

    @Test func `in the background it goes on, is a session like others, and is gone when that was closed`() async throws
    {
      let script = try ForeignProgram(before: "tmgr.wait_tasks()", "print('STARTED', flush=True)")
      let list = try ForeignProgram.list(["sleep 1000"])
      let started = try await script.scalemsTop("exec", "--detach", "--", ForeignProgram.python, "script.py", list)
      let directory = started.stdout.split(separator: "\n").first.map(String.init) ?? ""
      #expect(started.exitCode == 0 && directory.hasPrefix(script.place.path + "/scalems-sessions/exec."), "\(started)")
      var patience = Patience(seconds: 90)
      while true {
        let status = try await script.scalemsTop("status", directory)
        if status.stdout.contains("1 running") { break }
        try patience.spend(on: "the task", seeing: "\(status)")
      }
      let terminal = try await Tmux(columns: 110, rows: 30, in: script.place.path, environment: script.environment)
      try await terminal.run("\(scalemsTop) attach \(directory)")
      try await terminal.wait(for: "the session", seconds: 30) {
        $0.contains("rp.session.") && $0.contains("running 1")
      }
      try await terminal.press("p")
      try await terminal.wait(for: "what it prints") { $0.contains("STARTED") }
      try await terminal.press("Escape")
      try await terminal.wait(for: "the session again") { !$0.contains("STARTED") }
      _ = try await terminal.press("q", untilText: "ready$")
      let closed = try await script.scalemsTop("close", directory)
      #expect(closed.exitCode == 0, "\(closed)")
      let record = String(directory.dropFirst(script.place.path.count + 1)) + "/exec.json"
      // It writes that down, and ends.
      try await wait(for: "its keeper's end", seconds: 30) {
        let isKept = script.processes.contains { ProcessTable.commandLine(of: $0).contains("--as-host") }
        return !isKept && script.place.text(record)?.contains("\"exit\":0") ?? false
      }
      expectNothingLeft(script)
    }

    @Test func `as JSON its events are printed, and how it went`() async throws {
      let script = try ForeignProgram()
      let list = try ForeignProgram.list(["true", "exit 3"])
      let result = try await script.scalemsTop(
        "exec", "--json", "--", ForeignProgram.python, "script.py", list, seconds: 120)
      #expect(result.exitCode == 0, "\(result)")
      let lines = result.stdout.split(separator: "\n")
      #expect(lines.first?.contains("\"event\":\"session.opened\"") ?? false)
      #expect(lines.contains { $0.contains("\"uid\":\"sim.000001\",\"state\":\"FAILED\"") }, "\(result.stdout)")
      let summary = try #require(lines.last)
      #expect(summary.contains("\"event\":\"summary\"") && summary.contains("\"tasks\":{\"DONE\":1,\"FAILED\":1}"))
      expectNothingLeft(script)
    }
  }
}
