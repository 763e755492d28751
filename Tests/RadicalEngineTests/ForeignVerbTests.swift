import Foundation
import Platform
import TestSupport
import Testing

extension ForeignTests {
  /// What the command line says of a session that a plain script of RADICAL-Pilot opened, and does to it, as long as that
  /// lives and afterwards.
  @Suite struct ForeignVerbTests {
    private struct Status: Decodable {
      var state: String
      var live: Bool
      var pilot: String?
      var tasks: [String: Int]
      var exit: Int?
    }

    private func status(_ script: ForeignProgram, _ session: String) async throws -> Status? {
      let result = try await script.scalemsTop("status", session, "--json")
      return try? JSONDecoder().decode(Status.self, from: Data(result.stdout.utf8))
    }

    @Test func `verbs read and command a live session, and its recording is read and played when it has ended`()
      async throws
    {
      let script = try ForeignProgram()
      let program = try script.start((0..<10).map { $0 == 2 ? "exit 3" : "sleep 1000" })
      try await wait(for: "the session", seconds: 60) { !script.sessions.isEmpty }
      let session = try #require(script.sessions.first)
      var patience = Patience(seconds: 90)
      while true {
        let now = try await status(script, session)
        if now?.tasks["running"] == 8, now?.tasks["failed"] == 1 { break }
        try patience.spend(on: "tasks that run", seeing: "\(String(describing: now))")
      }
      #expect(try await status(script, session)?.live == true)

      // What it says.
      let log = try await script.scalemsTop("log", session)
      #expect(
        log.stdout.contains("pilot.0000 PMGR_ACTIVE\n") && log.stdout.contains("sim 2 FAILED: no such 2"), "\(log)")
      #expect(try await script.scalemsTop("log", session, "sim 2").stdout == "out 2\n")
      #expect(try await script.scalemsTop("log", session, "sim.000002", "--stderr").stdout == "no such 2\n")
      let nothing = try await script.scalemsTop("log", session, "sim.000099")
      #expect(nothing.exitCode == 2 && nothing.stderr.contains("has no task 'sim.000099'"), "\(nothing)")

      let tasks = try await script.scalemsTop("tasks", session, "--state", "failed")
      #expect(tasks.stdout.contains("sim.000002") && tasks.stdout.contains("no such 2"), "\(tasks)")

      #expect(try await script.scalemsTop("log", session, "sim 2", "--tail", "1").stdout == "out 2\n")
      let failed = try await script.scalemsTop("wait", session, "sim 2")
      #expect(failed.exitCode != 0 && failed.stderr.contains("sim.000002 is FAILED"), "\(failed)")
      #expect(try await script.scalemsTop("wait", session, "sim 0", "--timeout", "1").exitCode == 6)

      // What it does not take.
      for verb in ["drain", "stop", "resume", "rerun"] {
        let refused = try await script.scalemsTop(verb, session, "--json")
        #expect(refused.exitCode == 1 && refused.stdout.contains("\"code\":\"unsupported\""), "\(verb): \(refused)")
        #expect(refused.stderr.contains("RADICAL-Pilot has no such command"))
      }
      #expect(try await script.scalemsTop("submit", session, "--", "true").exitCode == 1)
      #expect(try await script.scalemsTop("close", session, "--grace", "3").exitCode == 2)
      #expect(try await script.scalemsTop("cancel-raptor", session).stderr.contains("the session has no raptor"))
      #expect(try await script.scalemsTop("close", session, "--read-only").exitCode == 2)

      // What it takes: one that runs by its name, and whatever is queued.
      let canceled = try await script.scalemsTop("cancel", session, "sim 0", "--wait", "--reason", "a test")
      #expect(canceled.exitCode == 0, "\(canceled)")
      #expect(try await status(script, session)?.tasks["canceled"] == 1)
      let closed = try await script.scalemsTop("close", session)
      #expect(closed.exitCode == 0 && closed.stdout == "close: closed\n", "\(closed)")
      _ = try await program.finish(seconds: 60)
      #expect(script.processes.isEmpty)

      // What is left is its recording: found by its id, for it was seen, and where it is.
      #expect(try await !script.scalemsTop("list").stdout.contains(session))
      let list = try await script.scalemsTop("list", "--all")
      #expect(list.stdout.contains(session) && list.stdout.contains("closed"), "\(list)")
      let elsewhere = try await Program.run(
        scalemsTop, ["status", session, "--json"], in: script.place.path + "/home", environment: script.environment)
      #expect(elsewhere.exitCode == 0 && elsewhere.stdout.contains("\"state\":\"closed\""), "\(elsewhere)")
      let late = try await script.scalemsTop("cancel", session, "sim 1")
      #expect(late.exitCode == 1 && late.stderr.contains("has closed"), "\(late)")

      let events = try await script.scalemsTop("events", session, "--follow")
      #expect(events.exitCode == 0)
      let lines = try events.stdout.split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
      let times = lines.compactMap { $0["t"] as? Double }
      #expect(times.count == lines.count && times == times.sorted(), "each at its own time")
      #expect(
        lines.first?["event"] as? String == "session.opened" && lines.last?["event"] as? String == "session.closed")
      let ends = lines.filter { $0["event"] as? String == "task" && $0["uid"] as? String == "sim.000002" }
      #expect(ends.last?["state"] as? String == "FAILED" && ends.last?["exit_code"] as? Int == 3)
      #expect(Set(lines.compactMap { $0["uid"] as? String }.filter { $0.hasPrefix("sim.") }).count == 10)

      let terminal = try await Tmux(columns: 110, rows: 30, in: script.place.path, environment: script.environment)
      try await terminal.run("\(scalemsTop) replay \(session) --speed 0")
      try await terminal.wait(for: "the beginning") { $0.contains("REPLAY") && $0.contains("paused") }
      try await terminal.press("}")
      try await terminal.wait(for: "the end") { $0.contains("CLOSED") && $0.contains("sim 9") }
      try await terminal.press("{")
      try await terminal.wait(for: "the beginning again") { $0.contains("RUNNING") && !$0.contains("sim 9") }
      try await terminal.press("q")
      try await terminal.wait(for: "the shell") { $0.contains("ready$") && !$0.contains("REPLAY") }
    }

    @Test func `of a killed script the recording is there, and says that nobody closed it`() async throws {
      let script = try ForeignProgram()
      let program = try script.start(["sleep 1000"])
      try await wait(for: "the session", seconds: 60) { !script.sessions.isEmpty }
      let session = try #require(script.sessions.first)
      var patience = Patience(seconds: 90)
      while try await status(script, session)?.tasks["running"] != 1 {
        try patience.spend(on: "a task that runs", seeing: "")
      }
      program.signal(SIGKILL)
      _ = try await program.finish()
      let close = try await script.scalemsTop("close", session)
      #expect(close.exitCode == 5 && close.stderr.contains("doctor --orphans \(session)"), "\(close)")
      let sweep = try await script.scalemsTop("doctor", "--orphans", "--yes", session)
      #expect(sweep.exitCode == 0, "\(sweep)")
      #expect(try await script.scalemsTop("status", session).exitCode == 5)
      let list = try await script.scalemsTop("list", "--all")
      #expect(list.stdout.contains(session) && list.stdout.contains("dead"), "\(list)")
      let events = try await script.scalemsTop("events", "./\(session)", "--follow")
      #expect(events.exitCode == 5 && events.stdout.contains("\"uid\":\"sim.000000\",\"state\":\"AGENT_EXECUTING\""))
      #expect(!events.stdout.contains("session.closed"))
    }
  }
}
