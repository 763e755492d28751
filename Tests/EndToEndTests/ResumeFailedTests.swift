import Glibc
import SessionModel
import TestSupport
import Testing
import Work

/// `run --resume --failed`, with the real binary.
@Suite struct ResumeFailedTests {
  private static let workflow = """
    tasks:
      - {name: first, command: "echo $SCALEMS_TASK_NAME >> ../../../ran"}
      - {name: flaky, command: "echo $SCALEMS_TASK_NAME $SCALEMS_ATTEMPT >> ../../../ran; test -e ../../../there"}
      - {name: then, after: [flaky], command: "echo $SCALEMS_TASK_NAME >> ../../../ran"}
    """

  @Test func `what FAILED runs once more, and what waited for it`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 1)
    let nothing = try await session.run("run", "--resume", "s", "--batch")
    #expect(nothing.exitCode == 2 && nothing.stderr.contains("with --failed, those that FAILED run again (1)"))
    #expect(try await session.run("run", "--resume", "s", "--failed", "--json").exitCode == 1, "it FAILED again")
    try session.place.write("", to: "there")
    let last = try await session.run("run", "--resume", "s", "--failed", "--batch")
    #expect(last.exitCode == 0 && last.stdout.contains("3 DONE"), "\(last)")
    let ran = (session.place.text("ran") ?? "").split(separator: "\n").sorted()
    #expect(ran == ["first", "flaky 1", "flaky 2", "flaky 3", "then"])
    let snapshot = try session.snapshot()
    #expect(snapshot.tasks.count(inState: .done) == 3 && snapshot.tasks.finished == 3)
    let again = try await session.run("run", "--resume", "s", "--failed", "--batch")
    #expect(again.exitCode == 2 && again.stderr.contains("nothing is left to run, none FAILED"))
  }

  @Test func `in the background, too, and only with --resume`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 1)
    let wrong = try await session.run("run", "w.yaml", "--failed", "--batch")
    #expect(wrong.exitCode == 2 && wrong.stderr.contains("--failed"))
    try session.place.write("", to: "there")
    #expect(try await session.run("run", "--resume", "s", "--failed", "--detach").exitCode == 0)
    try await wait(for: "the end") { (try? session.snapshot().tasks.count(inState: .done) == 3) ?? false }
  }

  @Test func `under a screen`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 1)
    let terminal = try await session.terminal()
    // The first time it FAILED again, and the screen stays to say so.
    try await terminal.run("$SCALEMS_TOP run --resume s --failed; echo \"exit=$?\"")
    try await terminal.wait(for: "the summary") { $0.contains("CLOSED") && $0.contains("flaky") }
    _ = try await terminal.press("q", untilText: "exit=1")
    try session.place.write("", to: "there")
    try await terminal.run("clear; $SCALEMS_TOP run --resume s --failed --exit-when-done; echo \"exit=$?\"")
    let end = try await terminal.wait(forText: "exit=0")
    #expect(end.contains("3 DONE"))
    let ran = (session.place.text("ran") ?? "").split(separator: "\n").sorted()
    #expect(ran == ["first", "flaky 1", "flaky 2", "flaky 3", "then"])
    // Nothing is left: that is said before a screen is opened.
    try await terminal.run("clear; $SCALEMS_TOP run --resume s --failed; echo \"exit=$?\"")
    #expect(try await terminal.wait(forText: "exit=2").contains("none FAILED"))
  }

  /// A session that 0.1.0 ran: `flaky` failed twice, `members.1` once; `then` and `last` waited for `flaky`.
  @Test func `a session of 0.1.0`() async throws {
    let session = try TestSession("")
    let recorded = contents("\(packageRoot)/Tests/EndToEndTests/Recorded/journal-0.1.0.jsonl") ?? ""
    let place = session.place.path
    mkdir("\(place)/s", 0o700)
    for number in 0..<5 {
      for name in ["tasks", "tasks/task.00000\(number)"] { mkdir("\(place)/s/\(name)", 0o700) }
      try session.place.write("", to: "s/tasks/task.00000\(number)/stdout")
    }
    // 0.1.0 kept outputs of earlier attempts there.
    try session.place.write("", to: "s/tasks/task.000001/stdout.attempt1")
    try session.place.write(recorded.replacing("{place}", with: place), to: "s/journal.jsonl")
    try session.place.write("no checkpoint of this version", to: "s/checkpoint")
    try session.place.write(
      #"{"clientDirectory":"\#(place)","cores":2,"enableRaptor":false,"engine":"local","isKeptOpen":false,"name":"old","#
        + #""pilotOptions":{}}"#, to: "s/run.json")
    #expect(try await session.run("status", "s").stdout.contains("2 failed, 2 canceled, 3 done"))
    let nothing = try await session.run("run", "--resume", "s", "--batch")
    #expect(nothing.exitCode == 2 && nothing.stderr.contains("with --failed, those that FAILED run again (2)"))
    try session.place.write("", to: "there")
    let result = try await session.run("run", "--resume", "s", "--failed", "--batch")
    #expect(result.exitCode == 0 && result.stdout.contains("7 DONE"), "\(result)")
    let ran = (session.place.text("ran") ?? "").split(separator: "\n").sorted()
    #expect(ran == ["flaky 3", "last", "members.1", "then"])
    let again = try await session.run("run", "--resume", "s", "--failed", "--batch")
    #expect(again.exitCode == 2 && again.stderr.contains("none FAILED"), "\(again)")
  }
}
