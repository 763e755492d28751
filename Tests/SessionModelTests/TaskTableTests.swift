import TestSupport
import Testing
import Work

@testable import SessionModel

@Suite struct TaskTableTests {
  private func table(_ batches: TaskBatch...) -> TaskTable {
    var table = TaskTable()
    for batch in batches { table.add(batch, at: at(0)) }
    return table
  }

  private func ensemble(
    _ name: String = "e", first: Int = 0, count: Int, resources: TaskResources = TaskResources(), raptor: Bool = false
  ) -> TaskBatch {
    TaskBatch(
      first: TaskID(first),
      description: TaskDescription(name: name, argv: ["x", "{member}"], resources: resources, raptor: raptor),
      members: .ensemble(first: 0, count: count))
  }

  @Test func `counts and rows agree with a plain model over random moves`() {
    var numbers = SeededNumbers(11)
    var table = table(ensemble(count: 500, resources: TaskResources(ranks: 2, coresPerRank: 3, gpusPerRank: 1)))
    var model = [TaskState](repeating: .new, count: 500)
    for step in 0..<4000 {
      let id = TaskID(Int.random(in: 0..<510, using: &numbers))
      let weight = Int.random(in: 0..<20, using: &numbers)
      let next = TaskState.allCases[weight < 18 ? weight : 10]
      table.move(id, to: next, at: at(Double(step)), result: nil)
      // What is FAILED or CANCELED may be taken up again.
      if id.index < 500, !model[id.index].isFinal || (next == .new && model[id.index] != .done) {
        model[id.index] = next
      }
      guard step % 200 == 0 else { continue }
      for state in TaskState.allCases { #expect(table.count(inState: state) == model.count { $0 == state }) }
      for phase in TaskPhase.allCases { #expect(table.count(in: phase) == model.count { $0.phase == phase }) }
      #expect(table.finished == model.count { $0.isFinal })
      let running = model.count { $0.phase == .running }
      #expect(table.coresInUse == running * 6)
      #expect(table.gpusInUse == running * 2)
      let order = model.indices.sorted { (model[$0].phase.rawValue, $0) < (model[$1].phase.rawValue, $1) }
      #expect((0..<500).map { table.task(atRow: $0)?.index } == order)
      #expect(order.enumerated().allSatisfy { row, index in table.row(of: TaskID(index)) == row })
    }
    #expect(table.task(atRow: 500) == nil)
    #expect(table.row(of: TaskID(500)) == nil)
  }

  @Test func `the list shows running, queued, waiting, failed, canceled and done tasks, by id in each`() {
    var table = table(ensemble(count: 7))
    let states: [TaskState] = [.done, .canceled, .failed, .new, .agentScheduling, .agentExecuting, .agentExecuting]
    for (index, state) in states.enumerated() { table.move(TaskID(index), to: state, at: at(1), result: nil) }
    #expect((0..<7).map { table.task(atRow: $0)?.index } == [5, 6, 4, 3, 2, 1, 0])
  }

  @Test func `the first final state wins`() {
    var table = table(ensemble(count: 1))
    table.move(TaskID(0), to: .agentExecuting, at: at(1), result: nil)
    table.move(TaskID(0), to: .failed, at: at(2), result: TaskResult(exitCode: 3, reason: "boom"))
    table.move(TaskID(0), to: .done, at: at(3), result: TaskResult(exitCode: 0, reason: "fine"))
    table.move(TaskID(0), to: .agentExecuting, at: at(4), result: nil)
    let details = table.details(of: TaskID(0))
    #expect(details?.state == .failed)
    #expect(details?.exitCode == 3)
    #expect(details?.reason == "boom")
    #expect(details?.ended == at(2))
    #expect(table.count(in: .failed) == 1)
    #expect(table.coresInUse == 0)
  }

  @Test func `a task that runs again shows its attempt and its new times`() {
    var table = table(ensemble(count: 1))
    table.move(TaskID(0), to: .agentScheduling, at: at(1), result: nil)
    table.move(TaskID(0), to: .agentExecuting, at: at(2), result: TaskResult(pid: 10))
    #expect(table.details(of: TaskID(0))?.pid == 10)
    table.move(TaskID(0), to: .new, at: at(3), result: TaskResult(exitCode: 9, attempt: 2, reason: "runs again"))
    #expect(table.coresInUse == 0)
    #expect(table.details(of: TaskID(0))?.started == nil)
    table.move(TaskID(0), to: .agentExecuting, at: at(5), result: TaskResult(attempt: 2, pid: 11))
    var details = table.details(of: TaskID(0))
    #expect(details?.attempt == 2)
    #expect(details?.started == at(5))
    #expect(details?.exitCode == nil, "that of the attempt before")
    table.move(TaskID(0), to: .done, at: at(6), result: TaskResult(exitCode: 0, user: 0.5, system: 0.25, attempt: 2))
    details = table.details(of: TaskID(0))
    #expect(details?.exitCode == 0)
    #expect(details?.user == 0.5)
    #expect(details?.pid == nil)
    #expect(details?.ended == at(6))
  }

  @Test func `cores, gpus and the raptor's tasks are counted while they run`() {
    let plain = ensemble("a", count: 2, resources: TaskResources(ranks: 4, coresPerRank: 2, gpusPerRank: 1))
    var table = table(plain, ensemble("r", first: 2, count: 2, raptor: true))
    table.move(TaskID(0), to: .agentExecuting, at: at(1), result: nil)
    table.move(TaskID(2), to: .agentExecuting, at: at(1), result: nil)
    #expect(table.coresInUse == 9)
    #expect(table.gpusInUse == 4)
    #expect(table.raptorRunning == 1)
    table.move(TaskID(0), to: .agentStagingOutput, at: at(2), result: nil)
    #expect(table.coresInUse == 9, "staging its output it still holds them")
    table.move(TaskID(2), to: .done, at: at(2), result: nil)
    #expect(table.raptorRunning == 0)
    #expect(table.raptorFinished == 1)
    #expect(table.coresInUse == 8)
  }

  @Test func `a batch that does not follow the last one, and an empty one, are ignored`() {
    var table = table(ensemble(count: 3))
    table.add(ensemble("dup", count: 3), at: at(1))
    table.add(ensemble("gap", first: 5, count: 3), at: at(1))
    table.add(ensemble("none", first: 3, count: 0), at: at(1))
    #expect(table.count == 3)
    #expect(table.batches.count == 1)
    table.add(ensemble("next", first: 3, count: 1), at: at(1))
    #expect(table.label(of: TaskID(3)) == "next.0")
  }

  @Test func `unknown ids are ignored`() {
    var table = TaskTable()
    table.move(TaskID(0), to: .done, at: at(1), result: nil)
    table.noteCancelRequest([TaskID(9)])
    table.clearCancelRequest([TaskID(9)])
    #expect(table.count == 0)
    #expect(table.details(of: TaskID(0)) == nil)
    #expect(table.batch(of: TaskID(0)) == nil)
    #expect(table.commandLine(of: TaskID(3)) == "")
    #expect(table.label(of: TaskID(3)) == "task.000003")
  }

  @Test func `times are kept to the millisecond, also those before the first`() {
    var table = TaskTable()
    table.add(ensemble(count: 1), at: at(10))
    table.move(TaskID(0), to: .agentScheduling, at: at(10.1234), result: nil)
    table.move(TaskID(0), to: .agentExecuting, at: at(3), result: nil)
    let details = table.details(of: TaskID(0))
    #expect(details?.queued == at(10.123))
    #expect(details?.started == at(10), "a clock that was set back")
  }

  @Test func `numbers too large for a column are cut, not wrapped`() {
    var table = table(ensemble(count: 1))
    table.move(
      TaskID(0), to: .failed, at: at(1),
      result: TaskResult(
        exitCode: 70_000, signal: 999, user: 8e12, system: 0, peakMemory: 1 << 50, attempt: 1000))
    let details = table.details(of: TaskID(0))
    #expect(details?.exitCode == 32_767)
    #expect(details?.signal == 255)
    #expect(details?.attempt == 255)
    #expect(details?.peakMemory == Int(UInt32.max))
  }

  @Test func `many tasks with one reason hold one text`() {
    var table = table(ensemble(count: 1000))
    for index in 0..<1000 {
      table.move(TaskID(index), to: .canceled, at: at(1), result: TaskResult(reason: index < 999 ? "stop" : "other"))
    }
    #expect(table.details(of: TaskID(500))?.reason == "stop")
    #expect(table.details(of: TaskID(999))?.reason == "other")
    #expect(table.reasonCount == 2)
  }
}
