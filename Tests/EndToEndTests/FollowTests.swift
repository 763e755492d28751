import Foundation
import Glibc
import SessionModel
import TestSupport
import Testing

/// Verbs that follow a session which goes on meanwhile.
@Suite struct FollowTests {
  /// A session that is kept open, with two tasks that wait for a file.
  private func start(_ workflow: String = AttachTests.gated) async throws -> TestSession {
    let session = try TestSession(workflow)
    let started = try await session.run(
      "run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open", "--task-grace", "0")
    #expect(started.exitCode == 0, "\(started)")
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    return session
  }

  private func program(_ session: TestSession, _ arguments: String...) throws -> Program {
    try Program(scalemsTop, arguments, in: session.place.path, environment: session.environment)
  }

  private func close(_ session: TestSession) async throws {
    let closed = try await session.run("close", "s", "--wait", "--timeout", "20")
    #expect(closed.exitCode == 0, "\(closed)")
  }

  @Test func eventsAreFollowedIntoTheJournalThatReplacesOne() async throws {
    let session = try await start()
    let follower = try program(session, "events", "s", "--follow")
    try await wait(for: "what there is") { follower.stdout.contains("workflow.complete") || !follower.stdout.isEmpty }
    // A copy in its place, as a file system that was restored has it; the host makes its own again.
    let journal = "\(session.place.path)/s/journal.jsonl"
    try session.place.write(try #require(session.place.text("s/journal.jsonl")), to: "s/copy")
    rename("\(session.place.path)/s/copy", journal)
    try await wait(for: "the host to notice") { follower.stdout.contains("the journal was removed or replaced") }
    try session.place.write("", to: "s/go")
    try await close(session)
    let result = try await follower.finish()
    #expect(result.exitCode == 0 && result.stdout.contains("session.closed"), "\(result)")
    let lines = session.place.text("s/journal.jsonl")?.split(separator: "\n").dropFirst() ?? []
    #expect(Array(lines) == result.stdout.split(separator: "\n"), "each line once")
  }

  @Test func theLogIsFollowedToTheEnd() async throws {
    let session = try await start()
    let log = try program(session, "log", "s", "--follow")
    let output = try program(session, "log", "s", "gate.0", "--follow")
    try await wait(for: "what the task printed") { output.stdout == "began\n" }
    unlink("\(session.place.path)/s/journal.jsonl")
    try await wait(for: "a warning that comes while it is followed") {
      log.stdout.contains("warning: the journal was removed")
    }
    try session.place.write("", to: "s/go")
    #expect(try await output.finish().exitCode == 0)
    try await close(session)
    let result = try await log.finish()
    #expect(result.exitCode == 0, "\(result)")
  }

  @Test func `the output of a task is followed through its attempts`() async throws {
    let session = try TestSession(
      """
      tasks:
        - name: a
          retries: 2
          command: |
            n=$(ls -d ../task.000000.attempt* 2>/dev/null | wc -l)
            echo "attempt $n"
            until [ -e "$SCALEMS_CLIENT_DIR/go$n" ]; do sleep 0.05; done
            echo "end $n"
            [ $n = 2 ]
      """)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").exitCode == 0)
    let output = try program(session, "log", "s", "a", "--follow")
    var expected = ""
    for number in 0...2 {
      expected += "attempt \(number)\n"
      try await wait(for: "attempt \(number)") { output.stdout == expected }
      try session.place.write("", to: "go\(number)")
      expected += "end \(number)\n"
    }
    let result = try await output.finish()
    let again = "scalems-top: task.000000 begins again\n"
    #expect(result.exitCode == 0 && result.stdout == expected && result.stderr == again + again, "\(result)")
  }

  @Test func whatWasSubmittedIsFollowedAmongManyOthers() async throws {
    let session = try await start()
    try session.place.write(String(repeating: "true\n", count: 2000), to: "many")
    #expect(try await session.run("submit", "s", "--commands", "many").exitCode == 0)
    let three = try program(session, "submit", "s", "--wait", "--", "sh", "-c", "exit 3")
    try await wait(for: "the task to be taken") { three.stdout == "task.002004\n" }
    try session.place.write("", to: "s/go")
    let result = try await three.finish()
    #expect(result.exitCode == 3 && result.stderr.contains("task.002004 is FAILED"), "\(result)")
    // Tasks that the session closes on.
    try session.place.write("sleep \(session.mark)\nsleep \(session.mark)\nsleep \(session.mark)\n", to: "sleepers")
    let sleepers = try program(session, "submit", "s", "--wait", "--commands", "sleepers")
    try await wait(for: "two of them to run") { session.sleepers.count == 2 }
    try await close(session)
    let closed = try await sleepers.finish()
    #expect(closed.exitCode == 1 && closed.stderr.contains("CANCELED"), "\(closed)")
  }

  @Test func aHostThatStandsStillIsWaitedForNoLongerThanAsked() async throws {
    let session = try await start()
    let host = try session.host()
    // One that waits already, and two that come.
    let waiting = try program(session, "drain", "s", "--wait", "--timeout", "3")
    try await wait(for: "the drain") { try session.snapshot().phase == .draining }
    kill(host, SIGSTOP)
    defer { kill(host, SIGCONT) }
    let begin = ContinuousClock.now
    let late = try await session.run("resume", "s", "--timeout", "0.5")
    #expect(late.exitCode == 6 && late.stderr.contains("what was asked for goes on"), "\(late)")
    #expect(.now - begin < .seconds(5), "no longer than it was told to wait")
    let submit = try await session.run("submit", "s", "--wait", "--timeout", "0.5", "--", "true")
    #expect(submit.exitCode == 6 && submit.stdout.isEmpty, "\(submit)")
    let drain = try await waiting.finish()
    #expect(drain.exitCode == 6, "\(drain)")
    kill(host, SIGCONT)
    try await wait(for: "what was left in its inbox to be done") { try session.snapshot().commands.count == 3 }
    try session.place.write("", to: "s/go")
    try await close(session)
  }

  @Test func aHostThatIsKilledIsSaidAtOnce() async throws {
    let session = try await start()
    let programs = [
      try program(session, "events", "s", "--follow"), try program(session, "log", "s", "--follow"),
      try program(session, "drain", "s", "--wait"),
    ]
    try await wait(for: "the drain") { try session.snapshot().phase == .draining }
    try await wait(for: "the events") { programs[0].stdout.contains("draining") }
    kill(try session.host(), SIGKILL)
    for program in programs {
      let result = try await program.finish()
      #expect(result.exitCode == 5 && result.stderr.contains("is gone"), "\(result)")
    }
    try session.place.write("", to: "s/go")
  }

  /// A machine of another name that sees the same files.
  @Test(.enabled(if: getuid() == 0, "a second machine name needs root")) func anotherMachineFollows() async throws {
    let session = try await start()
    func remote(_ line: String) throws -> Program {
      try Program(
        "/usr/bin/unshare", ["--uts", "sh", "-c", "hostname login2; exec \(scalemsTop) \(line)"],
        in: session.place.path, environment: session.environment)
    }
    let events = try remote("events s --follow")
    let submit = try remote("submit s --wait -- sh -c 'exit 4'")
    try await wait(for: "the task to be taken through the inbox") { submit.stdout == "task.000004\n" }
    try session.place.write("", to: "s/go")
    let result = try await submit.finish()
    #expect(result.exitCode == 4, "\(result)")
    let close = try remote("close s --wait")
    #expect(try await close.finish().exitCode == 0)
    #expect(try await events.finish().exitCode == 0)
  }
}
