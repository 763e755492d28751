import Testing
import Work

/// Which of many batches a task is of.
@Suite struct BatchOfTaskTests {
  private func batch(_ first: Int, _ count: Int?) -> TaskBatch {
    TaskBatch(
      first: TaskID(first), description: TaskDescription(name: "of \(first)", argv: ["true"]),
      members: count.map { .ensemble(first: 0, count: $0) } ?? .single)
  }

  @Test func `a task is found in its batch, and in none between or beside them`() {
    // An earlier host was given the first five, and two in between.
    let batches = [batch(5, nil), batch(6, 3), batch(11, nil), batch(12, 100_000)]
    let expected = [
      0: nil, 4: nil, 5: "of 5", 6: "of 6.0", 8: "of 6.2", 9: nil, 10: nil, 11: "of 11", 12: "of 12.0",
      100_011: "of 12.99999", 100_012: nil,
    ]
    for (number, label) in expected {
      #expect(batches.batch(of: TaskID(number))?.label(of: TaskID(number)) == label, "\(number)")
    }
    #expect([TaskBatch]().batch(of: TaskID(0)) == nil)
  }
}
