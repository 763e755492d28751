import SessionModel
import TestSupport
import Testing
import Work

/// `cancel` of what people call their tasks.
@Suite struct CancelByNameTests {
  private static let workflow = """
    name: named
    pilot: {cores: 2}
    tasks:
      - {name: gate, command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done", ensemble: 4}
      - {name: one, argv: ["true"]}
      - {name: after, argv: ["true"], ensemble: 3, after: [gate]}
    """

  @Test func `names, ensembles and states are canceled, and nothing else`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open").exitCode == 0)
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    func cancel(_ arguments: String...) async throws -> Program.Result {
      try await session.run(["cancel", "s", "--wait"] + arguments)
    }
    for (arguments, words) in [
      (["gat"], "has no task 'gat' (did you mean 'gate'?)"), (["gate.4"], "has no task 'gate.4'"),
      (["--state", "done"], "--state is running, queued or waiting, not 'done'"), ([], "cancel needs tasks"),
    ] {
      let result = try await session.run(["cancel", "s"] + arguments)
      #expect(result.exitCode == 2 && result.stderr.contains(words), "\(arguments): \(result)")
    }
    #expect(try session.snapshot().commands.isEmpty)
    #expect(try await cancel("after", "--state", "waiting").stdout == "cancel: 3 canceled\n")
    #expect(try await cancel("--state", "waiting").stderr.contains("no task of session"))
    #expect(try await cancel("gate.3").stdout == "cancel: 1 canceled\n")
    // Of an ensemble, those that have ended are left out.
    #expect(try await cancel("gate").stdout == "cancel: 3 canceled\n")
    #expect(try await cancel("gate").stderr.contains("none of these tasks"))
    try await wait(for: "the others") { try session.snapshot().tasks.count(in: .done) == 1 }
    let tasks = try session.snapshot().tasks
    #expect(tasks.count(in: .canceled) == 7 && tasks.state(of: TaskID(4)) == .done)
    #expect(try await session.run("close", "s", "--wait").exitCode == 0)
  }
}
