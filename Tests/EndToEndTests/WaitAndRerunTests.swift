import Foundation
import Glibc
import SessionModel
import TestSupport
import Testing

/// `wait`, `rerun`, `log --tail`, and what `status` says of commands under way: ensembles from scripts.
@Suite struct WaitAndRerunTests {
  private static let workflow = """
    name: fails
    pilot: {cores: 2}
    tasks:
      - {name: prep, command: "[ -e $SCALEMS_SESSION_DIR/fix ] || { echo a >&2; exit 3; }", ensemble: 3}
      - {name: after, command: "echo one; echo two; echo three", after: "prep.{member}", ensemble: 3}
      - {name: last, command: "true", after: after}
      - {name: gate, command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done"}
    """

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func `tasks are waited for, run again, and waited for again`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open").exitCode == 0)
    let failed = try await session.run("wait", "prep")
    #expect(failed.exitCode == 1 && failed.stderr.contains("task.000002 is FAILED: exit 3: a"), "\(failed)")
    #expect(try await session.run("wait", "s", "prep.1").exitCode == 3, "its own exit status")
    let late = try await session.run("wait", "gate", "--timeout", "0.2")
    #expect(late.exitCode == 6 && late.stderr.contains("0.2 s"), "\(late)")
    #expect(try await session.run("wait", "s", "--timeout", "0.2").exitCode == 6)
    for (wrong, words) in [
      (["gaet"], "has no task 'gaet' (did you mean 'gate'?)"), (["--idle", "gate"], "--idle is for all"),
      (["--timeout", "0"], "--timeout is a number of seconds"),
    ] {
      let result = try await session.run(["wait", "s"] + wrong)
      #expect(result.exitCode == 2 && result.stderr.contains(words), "\(result)")
    }
    try session.place.write("", to: "s/fix")
    let one = try await session.run("rerun", "s", "prep.0", "--json")
    #expect(try objects(one.stdout)[0]["outcome"] as? String == "2 tasks run again", "\(one)")
    #expect(try await session.run("wait", "after.0").exitCode == 0)
    let busy = try await session.run("rerun", "s", "gate", "--json")
    #expect(try busy.exitCode == 1 && objects(busy.stdout)[0]["code"] as? String == "task_active", "\(busy)")
    let done = try await session.run("rerun", "s", "prep.0")
    #expect(done.exitCode == 1 && done.stderr.contains("it is DONE"), "\(done)")
    #expect(try await session.run("rerun", "s", "--reason", "fixed").stdout == "rerun: 5 tasks run again\n")
    let after = try await session.run("wait", "last", "prep", "--json")
    let objects = try objects(after.stdout)
    #expect(
      after.exitCode == 0 && objects.map { $0["state"] as? String } == ["DONE", "DONE", "DONE", "DONE"], "\(after)")
    #expect(objects[0]["attempt"] as? Int == 2 && session.place.exists("s/tasks/task.000000.attempt1/stderr"))
    let none = try await session.run("rerun", "s")
    #expect(none.exitCode == 1 && none.stderr.contains("no task is FAILED"), "\(none)")
    let command = try #require(try session.snapshot().commands.last { $0.reason == "fixed" })
    #expect(command.verb == .rerun && command.tasks.isEmpty)

    #expect(try await session.run("log", "s", "after.0", "--tail", "2").stdout == "two\nthree\n")
    #expect(try await session.run("log", "s", "after.0", "--tail", "9").stdout == "one\ntwo\nthree\n")
    #expect(try await session.run("log", "s", "after.0", "--tail", "0").stdout == "")
    #expect(try await session.run("log", "s", "--tail", "2").stdout.split(separator: "\n").count == 2)

    #expect(try await session.run("drain", "s", "--reason", "enough").exitCode == 0)
    let status = try await session.run("status", "s")
    #expect(status.stdout.contains("draining (enough)"), "\(status)")
    #expect(status.stdout.contains("under way  drain by \(userName)"), "\(status)")
    let json = try self.objects(try await session.run("status", "s", "--json").stdout)
    let commands = try #require(json[0]["commands"] as? [[String: Any]])
    #expect(commands.map { $0["reason"] as? String } == ["enough"] && commands[0]["user"] as? String == userName)
    try session.place.write("", to: "s/go")
    let end = try await session.run("wait", "s")
    #expect(end.exitCode == 0 && end.stdout.contains("8 DONE"), "\(end)")
  }

  private var userName: String { getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "" }

  @Test func `a session that has ended is taken up again, and is waited for`() async throws {
    let session = try TestSession(
      """
      pilot: {cores: 2}
      tasks:
        - {name: a, command: "[ -e $SCALEMS_SESSION_DIR/fix ] || exit 3"}
        - {name: b, command: "true", after: a}
        - {name: c, command: "[ -e $SCALEMS_SESSION_DIR/fix ] || exit 4"}
      """)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").exitCode == 0)
    let first = try await session.run("wait", "--latest", "--json")
    #expect(try first.exitCode == 1 && objects(first.stdout)[0]["event"] as? String == "summary", "\(first)")
    #expect(first.stderr.contains("failed: 1 × exit 3 (1 canceled"), "\(first)")
    #expect(try await session.run("wait", "--latest", "a").exitCode == 3)
    try session.place.write("", to: "s/fix")
    let unknown = try await session.run("rerun", "s", "x", "--wait")
    #expect(unknown.exitCode == 2 && unknown.stderr.contains("has no task 'x'"), "\(unknown)")
    let named = try await session.run("rerun", "s", "a", "--wait")
    #expect(named.exitCode == 1 && named.stdout.contains("1 FAILED, 2 DONE"), "\(named)")
    #expect(try await session.run("rerun", "s", "a", "--wait").stderr.contains("is FAILED or CANCELED"))
    let again = try await session.run("rerun", "s", "--wait")
    #expect(again.exitCode == 0 && again.stdout.contains("3 DONE"), "\(again)")
    let nothing = try await session.run("rerun", "s")
    #expect(nothing.exitCode == 2 && nothing.stderr.contains("none FAILED"), "\(nothing)")
  }

  @Test func `a host that was killed is no end, and status says as of when`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").exitCode == 0)
    #expect(try await session.run("wait", "prep").exitCode == 1)
    let waiting = try Program(
      scalemsTop, ["wait", "s", "gate"], in: session.place.path, environment: session.environment)
    kill(try session.host(), SIGKILL)
    let result = try await waiting.finish()
    #expect(result.exitCode == 5 && result.stderr.contains("run --resume"), "\(result)")
    let status = try await session.run("status", "s")
    #expect(status.exitCode == 5 && status.stdout.contains("\nas of "), "\(status)")
    let json = try objects(try await session.run("status", "s", "--json").stdout)
    #expect(json[0]["as_of"] is Double && json[0]["state"] as? String == "dead")
    // What ended before is known all the same.
    #expect(try await session.run("wait", "s", "prep.0").exitCode == 3)
    try await session.awaitNothingLeft()
  }

  @Test(arguments: ["stop", "drain", "continue"]) func `a failure does what the user says`(_ policy: String)
    async throws
  {
    let session = try TestSession(
      """
      pilot: {cores: 1}
      tasks:
        - {name: bad, command: "exit 3"}
        - {name: rest, command: "sleep 0.1", ensemble: 20}
      """)
    let result = try await session.run("run", "w.yaml", "--session-dir", "s", "--batch", "--on-failure", policy)
    let states = try #require(try session.snapshot().summary?.tasks)
    #expect(result.exitCode == 1 && states["FAILED"] == 1, "\(result)")
    #expect(policy == "stop" ? (states["NEW"] ?? 0) > 10 : states["DONE"] == 20, "\(states)")
    let command = try session.snapshot().commands.first
    #expect(command?.verb.rawValue == (policy == "continue" ? nil : policy), "\(result)")
    let wrong = try await session.run("run", "w.yaml", "--on-failure", "stopp")
    #expect(wrong.exitCode == 2 && wrong.stderr.contains("(did you mean 'stop'?)"), "\(wrong)")
  }

  @Test func `submitted tasks say how they ended`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open").exitCode == 0)
    let one = try await session.run("submit", "--wait", "--json", "--", "sh", "-c", "echo no >&2; exit 4")
    let objects = try objects(one.stdout)
    #expect(one.exitCode == 4 && objects.count == 2 && objects[0]["count"] as? Int == 1, "\(one)")
    #expect(objects[1]["exit_code"] as? Int == 4 && objects[1]["reason"] as? String == "exit 4: no")
    #expect(try await session.run("close", "--wait", "--now").exitCode == 0)
  }
}
