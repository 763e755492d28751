import SessionModel
import TestSupport
import Testing
import Work

@testable import Executor

/// Running again, in a session that lives, what FAILED and what was canceled because of that.
@Suite(.timeLimit(.minutes(1))) struct RerunTests {
  private func numbers(_ ids: [TaskID]) -> [Int] { ids.map(\.index) }

  /// Runs what is ready until nothing is.
  private func runAll(_ workflow: inout Workflow, failing: Set<Int> = []) {
    while case let ready = workflow.takeReady(limit: .max), !ready.isEmpty {
      for task in ready {
        _ = workflow.finish(task.id, failing.contains(task.id.index) ? .failed : .done)
      }
    }
  }

  private func workflow(_ items: [WorkItem], failing: Set<Int>) throws -> Workflow {
    var workflow = Workflow()
    _ = try workflow.add(items)
    runAll(&workflow, failing: failing)
    return workflow
  }

  @Test func `what FAILED and what was canceled because of it runs again, each as it should`() throws {
    let items = [
      item("a", count: 3), item("b", count: 3, after: ["a.{member}"]), item("c", after: ["b"]),
      item("d", after: ["a.1"]),
      item("e"),
    ]
    var workflow = try workflow(items, failing: [1, 2])
    #expect(workflow.counts == ["DONE": 3, "FAILED": 2, "CANCELED": 4] && workflow.isFinished)
    // a.1 alone: its b and d; c waits for b.2, which stays lost.
    #expect(numbers(try workflow.rerun([TaskID(1)])) == [1, 4, 7])
    #expect(workflow.attempt(of: TaskID(1)) == 2 && workflow.attempt(of: TaskID(4)) == 1)
    #expect(numbers(workflow.takeReady(limit: .max).map(\.id)) == [1])
    _ = workflow.finish(TaskID(1), .done)
    runAll(&workflow)
    #expect(workflow.isFinished && workflow.counts == ["DONE": 6, "FAILED": 1, "CANCELED": 2])
    // All that is FAILED, and now c, too.
    #expect(numbers(try workflow.rerun([])) == [2, 5, 6])
    runAll(&workflow)
    #expect(workflow.counts == ["DONE": 9])
  }

  @Test func `it may fail again, and what waits for it is lost again`() throws {
    var workflow = try workflow([item("a"), item("b", after: ["a"]), item("c", after: ["b"])], failing: [0])
    #expect(numbers(try workflow.rerun([])) == [0, 1, 2])
    runAll(&workflow, failing: [0])
    #expect(workflow.isFinished && workflow.counts == ["FAILED": 1, "CANCELED": 2])
    #expect(workflow.attempt(of: TaskID(0)) == 2)
    #expect(numbers(try workflow.rerun([])) == [0, 1, 2])
    runAll(&workflow, failing: [1])
    #expect(workflow.counts == ["DONE": 1, "FAILED": 1, "CANCELED": 1])
  }

  @Test func `what a person canceled runs again when it is named, and not before`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("a", count: 2), item("b", after: ["a"])])
    _ = workflow.takeReady(limit: 1)
    _ = workflow.finish(TaskID(0), .failed)
    _ = workflow.finish(TaskID(1), .canceled)
    // b waits for both.
    #expect(numbers(try workflow.rerun([])) == [0])
    _ = workflow.takeReady(limit: .max)
    _ = workflow.finish(TaskID(0), .done)
    #expect(numbers(try workflow.rerun([TaskID(1)])) == [1, 2])
    runAll(&workflow)
    #expect(workflow.counts == ["DONE": 3])
  }

  @Test func `what cannot run again is refused with a code`() throws {
    var workflow = try workflow([item("a"), item("b", after: ["a"]), item("c")], failing: [0])
    func code(_ ids: TaskIDs) -> CommandFailure.Code? {
      do { _ = try workflow.rerun(ids) } catch { return error.failure.code }
      return nil
    }
    #expect(code([TaskID(7)]) == .unknownTask && code([TaskID(2)]) == .taskEnded)
    #expect(code([TaskID(1)]) == .taskEnded, "it waits for what is FAILED")
    #expect(code([TaskID(0)]) == nil && code([TaskID(0)]) == .taskActive && code([]) == .taskEnded)
  }

  @Test func `a resumed workflow knows why its tasks were canceled`() throws {
    let items = [item("a"), item("b", after: ["a"]), item("c", after: ["a"])]
    var table = TaskTable()
    var first = Workflow()
    for batch in try first.add(items) { table.add(batch, at: .now) }
    table.move(TaskID(0), to: .failed, at: .now, result: nil)
    table.move(TaskID(1), to: .canceled, at: .now, result: TaskResult(reason: "a is FAILED"))
    table.move(TaskID(2), to: .canceled, at: .now, result: TaskResult(reason: "canceled by ann"))
    var workflow = Workflow(resuming: table)
    #expect(numbers(try workflow.rerun([])) == [0, 1])
    runAll(&workflow)
    #expect(workflow.counts == ["DONE": 2, "CANCELED": 1])
  }

  @Test func `two that write one file do not run at a time`() throws {
    func writer(_ name: String, _ file: String, after: [String] = []) -> WorkItem {
      WorkItem(
        TaskDescription(
          name: name, argv: ["x"], outputs: [StagingDirective(source: "o", target: "client:///\(file)")], after: after))
    }
    var workflow = Workflow()
    workflow.clientDirectory = "/w"
    _ = try workflow.add([writer("a", "x"), writer("b", "y"), writer("c", "y", after: ["b"])])
    runAll(&workflow, failing: [0, 1])
    // While a is over, another may write there.
    _ = try workflow.add([writer("d", "x")])
    func refusal(_ ids: TaskIDs) -> String? {
      do { _ = try workflow.rerun(ids) } catch { return error.failure.description }
      return nil
    }
    #expect(refusal([TaskID(0)])?.contains("'a' and 'd' have the same target") ?? false)
    #expect(workflow.state(of: TaskID(0)) == .failed && workflow.takeReady(limit: 9).map(\.id) == [TaskID(3)])
    // Those that wait for each other may have one.
    #expect(refusal([TaskID(1)]) == nil)
    _ = workflow.finish(TaskID(3), .failed)
    #expect(refusal([TaskID(0)]) == nil)
    // Now a writes there.
    #expect(refusal([TaskID(3)])?.contains("'d' and 'a' have the same target") ?? false)
    #expect(throws: ValueError.self) { try workflow.add([writer("e", "x")]) }
    runAll(&workflow)
    #expect(refusal([TaskID(3)]) == nil)
  }

  /// Against the plain meaning: what runs again is what is FAILED, and all that was lost and waits for nothing any more
  /// that cannot be DONE; then everything comes to an end, in the order of the dependencies.
  @Test(arguments: 0..<60) func `any workflow comes to its end again`(_ seed: UInt64) throws {
    var random = SeededNumbers(seed)
    var items: [WorkItem] = []
    var sizes: [Int?] = []
    for number in 0..<Int.random(in: 2...10, using: &random) {
      let size = Bool.random(using: &random) ? Int.random(in: 1...4, using: &random) : nil
      var after: [String] = []
      for other in 0..<number where Int.random(in: 0..<3, using: &random) == 0 {
        switch (sizes[other], size) {
        case (let n?, let m?) where n == m && Bool.random(using: &random): after.append("i\(other).{member}")
        case (let n?, _) where Bool.random(using: &random):
          after.append("i\(other).\(Int.random(in: 0..<n, using: &random))")
        default: after.append("i\(other)")
        }
      }
      sizes.append(size)
      items.append(item("i\(number)", count: size, after: after))
    }
    var workflow = Workflow()
    _ = try workflow.add(items)
    let failing = Set((0..<workflow.count).filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
    runAll(&workflow, failing: failing)
    #expect(workflow.isFinished)
    for _ in 0..<4 {
      let failed = (0..<workflow.count).filter { workflow.state(of: TaskID($0)) == .failed }
      guard !failed.isEmpty else { break }
      let chosen = failed.filter { _ in Bool.random(using: &random) }
      let done = Set((0..<workflow.count).filter { workflow.state(of: TaskID($0)) == .done })
      let again = Set(numbers(try workflow.rerun(TaskIDs((chosen.isEmpty ? failed : chosen).map { TaskID($0) }))))
      #expect(again.isDisjoint(with: done) && again.isSuperset(of: chosen))
      // All that was chosen is DONE this time, and so is all that it kept from running.
      runAll(&workflow, failing: [])
      #expect(workflow.isFinished, "nothing waits for ever")
      for number in again { #expect(workflow.state(of: TaskID(number)) == .done) }
    }
    // In the end as if nothing had failed.
    if (try? workflow.rerun([])) != nil { runAll(&workflow) }
    #expect(workflow.counts == ["DONE": workflow.count])
  }

  @Test func `a session runs again what failed, and says who wanted it`() async throws {
    let session = try await Harness.started(FakeEngine())
    try await session.executor.submit([item("a"), item("b", after: ["a"]), item("c")])
    await session.engine.untilHolding(2)
    session.engine.start(0)
    session.engine.end(0, .failed)
    await session.recording.untilState(1, .canceled)
    let record = await session.executor.perform(.rerun([]), sender: "ann")
    #expect(record.stage == .finished(.done("2 tasks run again")))
    #expect(session.recording.reason(of: 1) == "run again by ann")
    await session.engine.untilHolding(2)
    #expect(session.engine.attempt(of: TaskID(0)) == 2)
    session.engine.start(0)
    session.engine.end(0)
    await session.engine.until { $0.held[TaskID(1)] != nil }
    session.engine.end(1)
    session.engine.end(2)
    let summary = try await session.executor.shutdown()
    #expect(summary.tasks == ["DONE": 3] && summary.exitCode == 0)
    await session.closed()
  }

  @Test(arguments: [FailurePolicy.stop, .drain]) func `a failure stops or drains the session`(_ policy: FailurePolicy)
    async throws
  {
    let session = try Harness(FakeEngine(), onFailure: policy)
    try await session.executor.startup()
    try await session.executor.submit([item("a", retries: 1), item("b"), item("c")])
    await session.engine.untilHolding(3)
    session.engine.start(0, 2)
    // The first attempt is no failure.
    session.engine.end(0, .failed, TaskResult(exitCode: 3))
    await session.engine.until { $0.held[TaskID(0)]?.attempt == 2 }
    #expect(session.recording.commands.isEmpty)
    session.engine.start(0)
    session.engine.end(0, .failed, TaskResult(exitCode: 3))
    await session.recording.untilAcknowledged(policy == .stop ? .stop : .drain)
    if policy == .drain { session.engine.end(1) } else { await session.engine.untilHolding(1) }
    session.engine.end(2)
    let summary = await session.executor.waitUntilClosed()
    let command = try #require(session.recording.commands.first)
    #expect(command.verb == policy.command?.verb && command.sender.user == "ann")
    #expect(command.reason == "a FAILED (exit 3), and --on-failure is \(policy.rawValue)")
    #expect(summary.tasks == (policy == .stop ? ["DONE": 1, "FAILED": 1, "NEW": 1] : ["DONE": 2, "FAILED": 1]))
    #expect(summary.exitCode == 1)
    await session.closed()
  }
}
