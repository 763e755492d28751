import TestSupport
import Testing
import Work

@testable import SessionModel

@Suite struct ItemTests {
  private func batch(_ name: String, first: Int, count: Int) -> TaskBatch {
    TaskBatch(
      first: TaskID(first), description: TaskDescription(name: name, argv: ["x"]),
      members: count == 1 ? .single : .ensemble(first: 0, count: count))
  }

  private func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: 1000 + seconds) }

  @Test
  func `the rows of items and their counts agree with a plain model over random moves, and after they were restored`()
    throws
  {
    var numbers = SeededNumbers(5)
    var table = TaskTable()
    let counts = [1, 40, 1, 3, 100, 1, 1, 2, 60]
    for (number, count) in counts.enumerated() {
      table.add(batch("b\(number)", first: table.count, count: count), at: at(0))
    }
    var model = [TaskState](repeating: .new, count: table.count)
    var starts = [Double?](repeating: nil, count: table.count)
    var times = [Double?](repeating: nil, count: table.count)
    for step in 0..<6000 {
      let id = TaskID(Int.random(in: 0..<table.count, using: &numbers))
      let next = TaskState.allCases[Int.random(in: 0..<18, using: &numbers)]
      if table.move(id, to: next, at: at(Double(step)), result: nil) {
        model[id.index] = next
        switch next.phase {
        case .running: starts[id.index] = starts[id.index] ?? Double(step)
        case .waiting: starts[id.index] = nil
        case .done: times[id.index] = starts[id.index].map { Double(step) - $0 }
        default: break
        }
      }
      if step % 500 == 0 { check(table, model, times, counts) }
    }
    check(table, model, times, counts)
    check(try #require(TaskTable(batches: table.batches, columns: table.columns)), model, times, counts)
  }

  private func check(_ table: TaskTable, _ model: [TaskState], _ times: [Double?], _ counts: [Int]) {
    var first = 0
    var expected: [(phase: Int, first: Int)] = []
    for count in counts {
      let members = first..<(first + count)
      let phases = members.map { model[$0].phase }
      expected.append((phases.map { Int($0.rawValue) }.min() ?? 0, first))
      let tally = table.ensemble(of: TaskID(first + count - 1))
      #expect((tally == nil) == (count == 1))
      if let tally {
        for phase in TaskPhase.allCases { #expect(tally.count(in: phase) == phases.count { $0 == phase }) }
        let done = members.filter { model[$0] == .done }.compactMap { times[$0] }
        if let mean = tally.meanSeconds, phases.contains(.done) {
          let all = phases.count { $0 == .done }
          #expect(abs(mean - done.reduce(0, +) / Double(all)) < 0.01)
        }
      }
      first += count
    }
    expected.sort { ($0.phase, $0.first) < ($1.phase, $1.first) }
    #expect((0..<counts.count).map { table.item(atRow: $0)?.index } == expected.map { $0.first })
    #expect(expected.enumerated().allSatisfy { table.itemRow(of: TaskID($0.element.first)) == $0.offset })
    #expect(table.item(atRow: counts.count) == nil)
    #expect(table.itemRow(of: TaskID(2)) == nil, "no first task")
  }
}

@Suite struct IDSetOperationTests {
  @Test(arguments: [1, 2, 3])
  func `union, difference, ranges and counts are those of a plain set`(_ seed: UInt64) {
    var numbers = SeededNumbers(seed)
    func some(_ limit: UInt32) -> Set<UInt32> {
      var set: Set<UInt32> = []
      for _ in 0..<30 {
        let start = UInt32.random(in: 0..<limit, using: &numbers)
        set.formUnion(start..<min(limit, start + UInt32.random(in: 1...200, using: &numbers)))
      }
      return set
    }
    for _ in 0..<50 {
      let (one, other) = (some(12_000), some(5_000))
      let (a, b) = (IDSet(one.map { TaskID($0) }), IDSet(other.map { TaskID($0) }))
      #expect(a.union(b).ids.map(\.number) == one.union(other).sorted())
      #expect(a.subtracting(b).ids.map(\.number) == one.subtracting(other).sorted())
      #expect(b.subtracting(a).count == other.subtracting(one).count)
      #expect(a.intersects(b) == !one.isDisjoint(with: other))
      #expect(a.subtracting(b).intersects(b) == false)
      #expect(a.ranges.flatMap { Array($0) } == one.sorted())
      #expect(zip(a.ranges, a.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      let start = UInt32.random(in: 0..<13_000, using: &numbers)
      let range = start..<(start + UInt32.random(in: 0...3000, using: &numbers))
      #expect(a.count(in: range) == one.count { range.contains($0) })
      #expect(a.intersection(range).count == a.count(in: range))
      #expect(a.first(from: TaskID(start))?.number == one.filter { $0 >= start }.min())
      #expect(a.union(b).subtracting(b) == a.subtracting(b), "the same whatever it was made of")
    }
  }
}
