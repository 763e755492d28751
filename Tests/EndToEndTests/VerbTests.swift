import Foundation
import Glibc
import SessionModel
import TestSupport
import Testing

/// The verbs of the command line, as scripts use them.
@Suite struct VerbTests {
  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func aSessionInTheBackgroundIsRunByScripts() async throws {
    let session = try TestSession(AttachTests.gated)
    let started = try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--json", "--keep-open")
    #expect(started.exitCode == 0, "\(started)")
    let id = try #require(try object(started.stdout)["session"] as? String)
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }

    let list = try await session.run("list", "--json")
    let entry = try object(list.stdout)
    #expect(
      entry["session"] as? String == id && entry["state"] as? String == "running" && entry["live"] as? Bool == true)
    #expect((entry["tasks"] as? [String: Int])?["running"] == 2)
    // By a part of its id, by its name, by its directory.
    for name in [String(id.dropLast(2)), "gated", "s", "./s/journal.jsonl"] {
      let status = try await session.run("status", name, "--json")
      #expect(try object(status.stdout)["session"] as? String == id, "\(name): \(status)")
    }

    let log = try await session.run("log", id, "gate.0")
    #expect(log.stdout == "began\n", "\(log)")
    let canceled = try await session.run("cancel", id, "task.000003", "--wait", "--reason", "not needed")
    #expect(canceled.exitCode == 0 && canceled.stdout.contains("1 canceled"), "\(canceled)")
    let twice = try await session.run("cancel", id, "task.000003", "--wait")
    #expect(twice.exitCode == 1 && twice.stderr.contains("ended already"), "\(twice)")
    let coded = try object(try await session.run("cancel", id, "task.000003", "--json").stdout)
    #expect(coded["code"] as? String == "task_ended" || coded["stage"] as? String == "acknowledged", "\(coded)")
    let strange = try object(try await session.run("cancel", id, "task.000077", "--wait", "--json").stdout)
    #expect(
      strange["code"] as? String == "unknown_task" && strange["succeeded"] as? Bool == false
        && strange["verb"] as? String == "cancel", "\(strange)")

    try session.place.write("", to: "s/go")
    let three = try await session.run("submit", id, "--wait", "--", "sh", "-c", "exit 3")
    #expect(three.exitCode == 3 && three.stdout == "task.000004\n", "\(three)")
    try session.place.write("tasks: [{name: more, argv: [cat, in], inputs: [in], ensemble: 2}]", to: "more.yaml")
    try session.place.write("input\n", to: "in")
    let more = try await session.run("submit", id, "more.yaml", "--wait", "--json")
    #expect(more.exitCode == 0, "\(more)")
    let lines = more.stdout.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(try object(String(lines.first ?? ""))["count"] as? Int == 2)
    let again = try await session.run("submit", id, "more.yaml")
    #expect(again.exitCode == 1 && again.stderr.contains("there is already a task 'more'"), "\(again)")

    let drained = try await session.run("drain", id, "--wait", "--reason", "enough", "--timeout", "20")
    #expect(drained.exitCode == 0, "\(drained)")
    try await wait(for: "the end of the session") { try session.snapshot().phase == .closed }
    let drain = try #require(try session.snapshot().commands.last)
    #expect(drain.verb == .drain && drain.reason == "enough" && drain.sender.origin != nil)
    let events = try await session.run("events", id)
    #expect(try events.stdout.split(separator: "\n").allSatisfy { try object(String($0))["event"] is String })
    let late = try await session.run("drain", id)
    #expect(late.exitCode == 1 && late.stderr.contains("closed"), "\(late)")
    #expect(try object(try await session.run("drain", id, "--json").stdout)["code"] as? String == "closed")
    #expect(try await session.run("list").stdout.hasPrefix("No session lives"))
    #expect(try await session.run("list", "--all").stdout.contains("closed"))
  }

  @Test func readOnlyTakesEveryVerbAway() async throws {
    let session = try TestSession(AttachTests.gated)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--task-grace", "0").exitCode == 0)
    for verb in ["drain", "stop", "resume", "cancel-raptor", "close"] {
      let flag = try await session.run(verb, "s", "--read-only")
      #expect(flag.exitCode == 2 && flag.stderr.contains("--read-only"), "\(verb): \(flag)")
      let variable = try await session.run(verb, "s", environment: ["SCALEMS_TOP_READ_ONLY": "1"])
      #expect(variable.exitCode == 2 && variable.stderr.contains("SCALEMS_TOP_READ_ONLY"), "\(verb): \(variable)")
    }
    #expect(try session.snapshot().commands.isEmpty)
    #expect(try await session.run("close", "s", "--wait").exitCode == 0)
  }

  @Test func wrongNamesAreRefusedWithWords() async throws {
    let session = try TestSession(AttachTests.gated)
    for arguments in [
      ["status", "nothing"], ["drain", "nothing"], ["log", "nothing"], ["events", "nothing"],
      ["submit", "nothing", "--", "true"], ["run", "--resume", "nothing"], ["replay", "nothing"],
    ] {
      let result = try await Program.run(
        scalemsTop, arguments, in: session.place.path,
        environment: session.environment.merging(["TERM": "xterm"]) { $1 })
      #expect(result.exitCode == 2 && result.stderr.split(separator: "\n").count == 1, "\(arguments): \(result)")
    }
  }

  /// A machine of another name that sees the same files, as a second login node does.
  @Test(.enabled(if: getuid() == 0, "a second machine name needs root")) func anotherMachineReachesTheSession()
    async throws
  {
    let session = try TestSession(AttachTests.gated)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--task-grace", "0").exitCode == 0)
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    let terminal = try await session.terminal()
    try await terminal.run("unshare --uts sh -c 'hostname login2; exec $SCALEMS_TOP attach s'; echo \"exit=$?\"")
    try await terminal.wait(for: "the session, through its files") {
      $0.contains("RUNNING") && $0.contains("files 1 s")
    }
    try await terminal.press("D")
    try await terminal.wait(forText: "Drain the session?")
    try await terminal.press("y")
    try await terminal.wait(forText: "DRAINING")
    let close = try await Program.run(
      "/usr/bin/unshare", ["--uts", "sh", "-c", "hostname login3; exec \(scalemsTop) close s --wait --reason storm"],
      in: session.place.path, environment: session.environment)
    #expect(close.exitCode == 0, "\(close)")
    try await terminal.wait(forText: "CLOSED")
    let commands = try session.snapshot().commands
    #expect(commands.map(\.verb) == [.drain, .close])
    #expect(commands[0].sender.origin?.contains("login2") ?? false)
    #expect(commands[1].sender.origin?.contains("login3") ?? false && commands[1].reason == "storm")
  }

  @Test func aDirectoryThatWasUsedAgainIsOneSession() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    for _ in 0..<2 {
      #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--batch").exitCode == 0)
      rename("\(session.place.path)/s", "\(session.place.path)/\(UUID().uuidString)")
    }
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--batch").exitCode == 0)
    let list = try await session.run("list", "--all")
    #expect(list.stdout.split(separator: "\n").count == 2, "\(list)")
  }

  @Test func hangUpsDoNotEndADetachedSession() async throws {
    let session = try TestSession(AttachTests.gated)
    let terminal = try await session.terminal()
    try await terminal.run("$SCALEMS_TOP run w.yaml --session-dir s --detach; echo \"exit=$?\"")
    try await terminal.wait(forText: "exit=0")
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    try await terminal.endServer()
    try session.place.write("", to: "s/go")
    try await wait(for: "the end of the session") { try session.snapshot().phase == .closed }
    #expect(try session.snapshot().summary?.tasks == ["DONE": 4])
  }
}
