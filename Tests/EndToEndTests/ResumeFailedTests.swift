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
}
