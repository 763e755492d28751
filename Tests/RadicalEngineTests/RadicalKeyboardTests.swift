import SessionModel
import TestSupport
import Testing
import Work

/// A person at the screen of a session on real RADICAL-Pilot.
extension RadicalTests {
  @Suite struct RadicalKeyboardTests {
    @Test func drainsTwentyTasksOfAllKinds() async throws {
      let run = try RadicalRun(
        """
        name: twenty
        tasks:
          - {name: good, command: "echo member {member}", ensemble: 17}
          - {name: bad, command: "echo this is why >&2; exit 3"}
          - {name: slow, argv: [sleep, "600"], timeout: 2s}
          - {name: unwanted, argv: [sleep, "600"]}
        """)
      let terminal = try await run.show()
      try await terminal.wait(for: "the pilot's cores") { $0.contains(" cores  ") && $0.contains(" left\n") }
      try await terminal.press("/")
      try await terminal.type("unwanted")
      try await terminal.press("Enter")
      try await run.awaitSnapshot("the task to run") { $0.tasks.state(of: TaskID(19)) == .agentExecuting }
      // What it uses, although RADICAL-Pilot names no process.
      try await terminal.press("Enter")
      try await terminal.wait(forText: "iB now")
      try await terminal.press("Escape")
      try await terminal.wait(for: "the list") { !$0.contains("iB now") }
      try await terminal.confirm("c")
      try await run.awaitSnapshot("the task to be canceled") { $0.tasks.state(of: TaskID(19)) == .canceled }
      try await terminal.confirm("D")
      try await terminal.wait(forText: "exit=1", seconds: 120)
      let snapshot = try run.snapshot()
      #expect(snapshot.summary?.tasks == ["DONE": 17, "FAILED": 2, "CANCELED": 1] && snapshot.summary?.leftovers == [])
      #expect(snapshot.tasks.details(of: TaskID(17))?.reason == "exit 3: this is why")
      #expect(snapshot.tasks.details(of: TaskID(18))?.reason == "its time limit of 2 s passed")
      #expect(run.place.text("s/tasks/task.000016/stdout") == "member 16\n")
      #expect(run.left == [])
    }

    @Test func stopKeepsTheRestAndResumeRunsIt() async throws {
      let run = try RadicalRun(
        """
        name: stopped
        tasks:
          - {name: waiter, command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.1; done", ensemble: 6}
        """)
      let terminal = try await run.show(columns: 50, rows: 15)
      try await run.awaitSnapshot("two that run") { $0.tasks.count(in: .running) == 2 }
      try await terminal.confirm("S")
      try await run.awaitSnapshot("the rest to be back") { $0.phase == .stopping && $0.tasks.count(in: .waiting) == 4 }
      // Back at work, a task has another id in RP.
      try await terminal.wait(forText: "STOPPING")
      try await terminal.press("r")
      try await run.awaitSnapshot("the rest to be queued") { $0.phase == .running && $0.tasks.count(in: .queued) == 4 }
      try await terminal.wait(forText: "RUNNING")
      try await terminal.confirm("S")
      try await run.awaitSnapshot("the rest to be back") { $0.phase == .stopping && $0.tasks.count(in: .waiting) == 4 }
      try run.place.write("", to: "s/go")
      try await terminal.wait(forText: "exit=1", seconds: 120)
      #expect(try run.snapshot().summary?.tasks == ["DONE": 2, "NEW": 4])
      #expect(run.left == [])
    }

    @Test func closeEndsWhatRuns() async throws {
      let run = try RadicalRun(sleepers)
      let terminal = try await run.show(columns: 200, rows: 60, options: "--task-grace 1")
      try await run.awaitSnapshot("two that run") { $0.tasks.count(in: .running) == 2 }
      try await terminal.confirm("X")
      try await terminal.wait(forText: "exit=1", seconds: 120)
      let snapshot = try run.snapshot()
      #expect(snapshot.summary?.tasks == ["CANCELED": 2, "NEW": 2] && snapshot.summary?.leftovers == [])
      #expect(snapshot.shutdown.map(\.phase) == ShutdownPhase.allCases)
      #expect(run.left == [])
    }
  }
}
