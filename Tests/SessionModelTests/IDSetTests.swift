import SessionModel
import TestSupport
import Testing
import Work

/// `IDSet` against `Set`, which is slow and right.
@Suite struct IDSetTests {
  @Test(arguments: [1, 2, 3, 4])
  func `random operations give what a plain set gives`(_ seed: UInt64) {
    var numbers = SeededNumbers(seed)
    // Over the borders of words (64) and blocks (4096).
    let limit: UInt32 = 20_000
    var set = IDSet()
    var model: Set<UInt32> = []
    for step in 0..<3000 {
      let number = UInt32.random(in: 0..<limit, using: &numbers)
      switch Int.random(in: 0..<10, using: &numbers) {
      case 0...3:
        set.insert(TaskID(number))
        model.insert(number)
      case 4...7:
        let victim = model.randomElement(using: &numbers) ?? number
        set.remove(TaskID(victim))
        model.remove(victim)
      case 8:
        let range = number..<min(limit, number + UInt32.random(in: 0...300, using: &numbers))
        set.insert(range)
        model.formUnion(range)
      default:
        set.remove(TaskID(number))
        model.remove(number)
      }
      #expect(set.count == model.count)
      #expect(set.contains(TaskID(number)) == model.contains(number))
      if step % 300 == 299 { compare(set, model, &numbers) }
    }
  }

  private func compare(_ set: IDSet, _ model: Set<UInt32>, _ numbers: inout SeededNumbers) {
    let sorted = model.sorted()
    #expect(set.ids.map(\.number) == sorted)
    for k in stride(from: 0, to: sorted.count, by: 37) { #expect(set.select(k)?.number == sorted[k]) }
    #expect(set.select(sorted.count) == nil)
    #expect(set.select(-1) == nil)
    for _ in 0..<50 {
      let id = UInt32.random(in: 0..<30_000, using: &numbers)
      #expect(set.rank(TaskID(id)) == sorted.count { $0 < id })
    }
    var other = IDSet()
    let numbers = sorted.filter { $0 % 3 == 0 } + [25_000]
    for number in numbers { other.insert(TaskID(number)) }
    #expect(set.intersection(other).ids.map(\.number) == sorted.filter { $0 % 3 == 0 })
    #expect(other.intersection(set).ids == set.intersection(other).ids)
    #expect(set.intersection(other).count == sorted.count { $0 % 3 == 0 })
  }

  @Test func `ranges at the borders of words and blocks`() {
    for (low, high) in [(0, 1), (0, 64), (63, 65), (64, 128), (1, 4096), (4095, 4097), (4096, 8192), (100, 100)] {
      var set = IDSet()
      set.insert(UInt32(low)..<UInt32(high))
      #expect(set.ids.map(\.index) == Array(low..<high))
      #expect(set.count == high - low)
      set.insert(UInt32(low)..<UInt32(high))
      #expect(set.count == high - low, "twice is once")
    }
  }

  @Test func `select and rank are each other's inverse`() {
    var set = IDSet()
    set.insert(10..<5000)
    set.remove(TaskID(4096))
    for k in 0..<set.count {
      guard let id = set.select(k) else {
        Issue.record("no element \(k)")
        return
      }
      #expect(set.rank(id) == k)
    }
  }

  @Test func `an empty set has nothing`() {
    let set = IDSet()
    #expect(!set.contains(TaskID(5)))
    #expect(set.select(0) == nil)
    #expect(set.rank(TaskID(1_000_000)) == 0)
    #expect(set.ids.isEmpty)
    #expect(set.intersection(set).count == 0)
  }
}
