import TestSupport
import Testing
import Work

@testable import SessionModel

@Suite struct FailureCausesTests {
  private func table(_ ends: [(String, TaskState, TaskResult)]) -> TaskTable {
    var snapshot = SessionSnapshot()
    for (number, (name, state, result)) in ends.enumerated() {
      let id = TaskID(number)
      snapshot.apply([
        SessionEvent(
          source: .executor,
          .tasksAdded(
            TaskBatch(first: id, description: TaskDescription(name: name, argv: ["x"]), members: .single))),
        SessionEvent(source: .engine, .task(id, state, result)),
      ])
    }
    return snapshot.tasks
  }

  private func words(_ ends: [(String, TaskState, TaskResult)]) -> [String] {
    FailureCauses(table(ends)).all.map(\.words)
  }

  @Test func `what differs by numbers only is one cause, the most frequent first`() {
    let shot = TaskResult(signal: 9, reason: "ended by SIGKILL")
    let bad = (0..<4).map {
      ("bad\($0)", TaskState.failed, TaskResult(exitCode: 3, reason: "exit 3: no conf.\($0).gro"))
    }
    #expect(words([("shot", .failed, shot)] + bad) == ["4 × exit 3: no conf.#.gro", "1 × ended by SIGKILL"])
  }

  @Test func `another exit code is another cause, and one reason stays as it is`() {
    let ends: [(String, TaskState, TaskResult)] = [
      ("a", .failed, TaskResult(exitCode: 1, reason: "exit 1: at step 7")),
      ("b", .failed, TaskResult(exitCode: 2, reason: "exit 2: at step 7")),
      ("c", .failed, TaskResult(exitCode: 2, reason: "exit 2: at step 7")), ("d", .failed, TaskResult(exitCode: 5)),
      ("e", .failed, TaskResult()), ("f", .done, TaskResult(exitCode: 0)),
    ]
    #expect(
      words(ends) == ["2 × exit 2: at step 7", "1 × exit 1: at step 7", "1 × exit 5", "1 × no reason given"])
  }

  @Test func `what was canceled because of a failure is counted with it, through all that waited`() {
    let ends: [(String, TaskState, TaskResult)] = [
      ("is FAILED", .failed, TaskResult(exitCode: 1, reason: "exit 1")),
      ("second", .canceled, TaskResult(reason: "is FAILED is FAILED")),
      ("third", .canceled, TaskResult(reason: "second is CANCELED")),
      ("fourth", .canceled, TaskResult(reason: "canceled on request")),
      ("fifth", .canceled, TaskResult(reason: "fourth is CANCELED")),
      ("sixth", .canceled, TaskResult(reason: "nobody is FAILED")), ("seventh", .canceled, TaskResult()),
    ]
    #expect(words(ends) == ["1 × exit 1 (2 canceled because of that)"])
    // Whoever waits may stand before what it waits for.
    #expect(
      words(
        [("last", .canceled, TaskResult(reason: "next is CANCELED"))] + ends.prefix(1) + [
          ("next", .canceled, TaskResult(reason: "is FAILED is FAILED"))
        ]) == ["1 × exit 1 (2 canceled because of that)"])
    #expect(words([("a", .canceled, TaskResult(reason: "b is FAILED"))]) == [])
  }
}
