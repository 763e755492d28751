/// Ids of tasks, ascending and each once, as ranges: those of a million members take no more room than those of one.
///
/// Of a stranger's there may be thousands of millions: `below` bounds them.
public struct TaskIDs: Equatable, Sendable, Sequence, ExpressibleByArrayLiteral {
  /// Ascending, with room between them.
  public private(set) var ranges: [Range<UInt32>] = []

  public init(_ ids: some Sequence<TaskID>) {
    self.init(ranges: ids.lazy.filter { $0.number < .max }.map { $0.number..<$0.number + 1 })
  }

  public init(arrayLiteral ids: TaskID...) { self.init(ids) }

  /// - Parameter ranges: in any order; they may overlap, and those that are empty do not count.
  public init(ranges: [Range<UInt32>]) {
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = self.ranges.last, range.lowerBound <= last.upperBound {
        self.ranges[self.ranges.count - 1] = last.lowerBound..<Swift.max(last.upperBound, range.upperBound)
      } else {
        self.ranges.append(range)
      }
    }
  }

  public var count: Int { ranges.reduce(0) { $0 + $1.count } }
  public var isEmpty: Bool { ranges.isEmpty }

  public var underestimatedCount: Int { 0 }

  public struct Iterator: IteratorProtocol {
    fileprivate var rest: ArraySlice<Range<UInt32>>
    fileprivate var current: Range<UInt32>

    public mutating func next() -> TaskID? {
      while current.isEmpty {
        guard let range = rest.popFirst() else { return nil }
        current = range
      }
      defer { current = (current.lowerBound + 1)..<current.upperBound }
      return TaskID(current.lowerBound)
    }
  }

  public func makeIterator() -> Iterator { Iterator(rest: ranges[...], current: 0..<0) }

  /// Those of the first `count` tasks.
  public func below(_ count: Int) -> TaskIDs {
    let limit = UInt32(clamping: count)
    return TaskIDs(ranges: ranges.map { $0.clamped(to: 0..<limit) })
  }

  /// Those that are not of the first `count` tasks.
  public func from(_ count: Int) -> TaskIDs {
    let limit = UInt32(clamping: count)
    return TaskIDs(ranges: ranges.map { $0.clamped(to: limit..<UInt32.max) })
  }
}
