import TestSupport
import Testing
import Work

@testable import SessionModel

/// Times that contradict each other, from a clock that was set or a damaged journal.
@Suite struct DamagedTimeTests {
  private func table(at time: Timestamp) -> TaskTable {
    var table = TaskTable()
    let batch = TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "t", argv: ["x"]), members: .ensemble(first: 0, count: 2))
    table.add(batch, at: time)
    return table
  }

  @Test func `the furthest times there are do not trap`() {
    let ends = [Int64.min, -9_000_000_000_000_000_000, 0, 9_000_000_000_000_000_000, Int64.max]
    for first in ends.dropFirst().dropLast() {
      for second in ends {
        var table = table(at: Timestamp(microseconds: first))
        table.move(TaskID(0), to: .agentExecuting, at: Timestamp(microseconds: second), result: nil)
        let details = table.details(of: TaskID(0))
        #expect(details?.started != nil)
        #expect(Timestamp(microseconds: second).seconds(since: Timestamp(microseconds: first)).isFinite)
      }
    }
  }

  @Test func `a clock that was set back makes no task end before it started`() throws {
    var table = table(at: at(0))
    table.move(TaskID(0), to: .agentExecuting, at: at(100), result: nil)
    table.move(TaskID(0), to: .done, at: at(-3600), result: nil)
    table.move(TaskID(1), to: .agentScheduling, at: at(-50), result: nil)
    table.move(TaskID(1), to: .canceled, at: at(-60), result: nil)
    let first = try #require(table.details(of: TaskID(0)))
    #expect(first.started == at(100))
    #expect(first.ended == at(100))
    let second = try #require(table.details(of: TaskID(1)))
    #expect(second.queued == at(0), "before the first task, as far as that can be told")
    #expect(second.ended == at(0))
  }

  @Test func `a description that asks for more than there is does not overflow`() {
    for (ranks, cores) in [(Int.max, Int.max), (Int.max, 1), (-5, 3), (Int.min, -1)] {
      let resources = TaskResources(ranks: ranks, coresPerRank: cores, gpusPerRank: cores)
      var table = TaskTable()
      let many = TaskBatch(
        first: TaskID(0), description: TaskDescription(name: "t", resources: resources),
        members: .ensemble(first: 0, count: 3))
      table.add(many, at: at(0))
      for id in 0..<3 { table.move(TaskID(id), to: .agentExecuting, at: at(1), result: nil) }
      #expect(table.coresInUse >= 0)
      for id in 0..<3 { table.move(TaskID(id), to: .done, at: at(1), result: nil) }
      #expect(table.coresInUse == 0)
    }
  }

  @Test func `seconds of a time stamp`() {
    let time = Timestamp(seconds: 12.25)
    #expect(time.microseconds == 12_250_000)
    #expect(time.seconds == 12.25)
    #expect(time.seconds(since: Timestamp(seconds: 13)) == -0.75)
    #expect(Timestamp.now > time)
  }
}
