import Work

/// A set of task ids that can say which is its k-th, fast: a bit a task and a count every 4096 tasks.
public struct IDSet: Equatable, Sendable, ExpressibleByArrayLiteral {
  private static let wordsPerBlock = 64
  private var words: [UInt64] = []
  private var blocks: [UInt32] = []
  public private(set) var count = 0

  public init() {}

  public init(_ ids: some Sequence<TaskID>) { for id in ids { insert(id) } }

  public init(arrayLiteral ids: TaskID...) { self.init(ids) }

  public static func == (a: IDSet, b: IDSet) -> Bool {
    let shared = min(a.words.count, b.words.count)
    return a.count == b.count && a.words[..<shared] == b.words[..<shared]
      && a.words[shared...].allSatisfy { $0 == 0 } && b.words[shared...].allSatisfy { $0 == 0 }
  }

  /// The set of the bits that are 1: bit `i` of word `w` is the id `64 w + i`.
  package init(words: [UInt64]) {
    guard !words.isEmpty else { return }
    grow(toWord: words.count - 1)
    for (index, word) in words.enumerated() where word != 0 {
      self.words[index] = word
      blocks[index / Self.wordsPerBlock] += UInt32(word.nonzeroBitCount)
      count += word.nonzeroBitCount
    }
  }

  public func contains(_ id: TaskID) -> Bool {
    let word = id.index >> 6
    return word < words.count && words[word] & (1 << UInt64(id.index & 63)) != 0
  }

  public mutating func insert(_ id: TaskID) {
    let word = id.index >> 6
    grow(toWord: word)
    let bit: UInt64 = 1 << UInt64(id.index & 63)
    guard words[word] & bit == 0 else { return }
    words[word] |= bit
    blocks[word / Self.wordsPerBlock] += 1
    count += 1
  }

  public mutating func remove(_ id: TaskID) {
    let word = id.index >> 6
    guard word < words.count else { return }
    let bit: UInt64 = 1 << UInt64(id.index & 63)
    guard words[word] & bit != 0 else { return }
    words[word] &= ~bit
    blocks[word / Self.wordsPerBlock] -= 1
    count -= 1
  }

  /// Adds all ids of a range; whole words at a time.
  public mutating func insert(_ range: Range<UInt32>) {
    guard !range.isEmpty else { return }
    grow(toWord: Int(range.upperBound - 1) >> 6)
    var number = range.lowerBound
    while number < range.upperBound {
      let word = Int(number) >> 6
      let low = number & 63
      let high = min(63, low + (range.upperBound - number) - 1)
      let mask = (UInt64.max >> UInt64(63 - high)) & (UInt64.max << UInt64(low))
      let added = (mask & ~words[word]).nonzeroBitCount
      words[word] |= mask
      blocks[word / Self.wordsPerBlock] += UInt32(added)
      count += added
      number += high - low + 1
    }
  }

  private mutating func grow(toWord word: Int) {
    guard word >= words.count else { return }
    let blockCount = word / Self.wordsPerBlock + 1
    words.append(contentsOf: repeatElement(0, count: blockCount * Self.wordsPerBlock - words.count))
    blocks.append(contentsOf: repeatElement(0, count: blockCount - blocks.count))
  }

  /// The k-th smallest id, from 0.
  public func select(_ k: Int) -> TaskID? {
    guard k >= 0, k < count else { return nil }
    var remaining = k
    for (block, blockCount) in blocks.enumerated() {
      if remaining >= Int(blockCount) {
        remaining -= Int(blockCount)
        continue
      }
      for index in (block * Self.wordsPerBlock)..<((block + 1) * Self.wordsPerBlock) {
        let ones = words[index].nonzeroBitCount
        if remaining >= ones {
          remaining -= ones
          continue
        }
        var word = words[index]
        for _ in 0..<remaining { word &= word - 1 }
        return TaskID(index << 6 + word.trailingZeroBitCount)
      }
    }
    return nil
  }

  /// How many ids of the set are smaller than `id`.
  public func rank(_ id: TaskID) -> Int {
    let word = min(id.index >> 6, words.count)
    var total = 0
    for block in 0..<(word / Self.wordsPerBlock) { total += Int(blocks[block]) }
    for index in (word / Self.wordsPerBlock * Self.wordsPerBlock)..<word { total += words[index].nonzeroBitCount }
    if word < words.count { total += (words[word] & ((1 << UInt64(id.index & 63)) - 1)).nonzeroBitCount }
    return total
  }

  public var isEmpty: Bool { count == 0 }

  public func intersects(_ other: IDSet) -> Bool {
    (0..<min(words.count, other.words.count)).contains { words[$0] & other.words[$0] != 0 }
  }

  /// How many ids of a range are in the set.
  public func count(in range: Range<UInt32>) -> Int {
    range.isEmpty ? 0 : rank(TaskID(range.upperBound)) - rank(TaskID(range.lowerBound))
  }

  /// The smallest id of the set that is not smaller than this one.
  public func first(from id: TaskID) -> TaskID? { select(rank(id)) }

  /// The ids of the set that are in a range.
  public func intersection(_ range: Range<UInt32>) -> IDSet {
    var other = IDSet()
    other.insert(range)
    return intersection(other)
  }

  public func union(_ other: IDSet) -> IDSet { combined(other, upTo: max(words.count, other.words.count), |) }

  public func subtracting(_ other: IDSet) -> IDSet { combined(other, upTo: words.count) { $0 & ~$1 } }

  private func combined(_ other: IDSet, upTo count: Int, _ combine: (UInt64, UInt64) -> UInt64) -> IDSet {
    IDSet(
      words: (0..<count).map { index in
        combine(index < words.count ? words[index] : 0, index < other.words.count ? other.words[index] : 0)
      })
  }

  public func intersection(_ other: IDSet) -> IDSet {
    var result = IDSet()
    let shared = min(words.count, other.words.count)
    guard shared > 0 else { return result }
    result.grow(toWord: shared - 1)
    for index in 0..<shared {
      let word = words[index] & other.words[index]
      result.words[index] = word
      result.blocks[index / Self.wordsPerBlock] += UInt32(word.nonzeroBitCount)
      result.count += word.nonzeroBitCount
    }
    return result
  }

  public func filter(_ isIncluded: (TaskID) -> Bool) -> IDSet {
    var result = IDSet()
    for id in ids where isIncluded(id) { result.insert(id) }
    return result
  }

  /// The ids as ranges, in ascending order.
  public var ranges: [Range<UInt32>] {
    var ranges: [Range<UInt32>] = []
    for (index, bits) in words.enumerated() where bits != 0 {
      var low = 0
      while low < 64, bits >> UInt64(low) != 0 {
        low += (bits >> UInt64(low)).trailingZeroBitCount
        let length = min(64 - low, (~(bits >> UInt64(low))).trailingZeroBitCount)
        let start = UInt32(index << 6 + low)
        if let last = ranges.last, last.upperBound == start {
          ranges[ranges.count - 1] = last.lowerBound..<(start + UInt32(length))
        } else {
          ranges.append(start..<(start + UInt32(length)))
        }
        low += length
      }
    }
    return ranges
  }

  /// The ids in ascending order.
  public var ids: [TaskID] {
    var result: [TaskID] = []
    result.reserveCapacity(count)
    for (index, bits) in words.enumerated() where bits != 0 {
      var word = bits
      while word != 0 {
        result.append(TaskID(index << 6 + word.trailingZeroBitCount))
        word &= word - 1
      }
    }
    return result
  }
}
