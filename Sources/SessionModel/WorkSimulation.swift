#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The rest of the work as it may go: tasks start in their order on the cores that are free, and each takes a time of its
/// kind.
///
/// Many tasks of an item go as blocks, so that it costs about the same whatever their number is.
struct WorkSimulation {
  private static let runs = 24
  /// Where there are more blocks than ``many``: they even each other out.
  private static let fewRuns = 8
  private static let many = 4000
  /// Blocks that run at a time, about, at most.
  private static let atOnce = 32

  private struct Block {
    var item: Int
    var number: Int
    /// Tasks that run in it beside each other, and how many of them one after the other.
    var width = 1
    var depth = 1
    /// Seconds that they have run, when they run.
    var elapsed: Double?
    /// Whether they may wait for others.
    var isWaiting = false
    /// Blocks and items that have to end before it.
    var missing = 0
  }

  private let items: [WorkItems.Item]
  private let times: [WorkItems.Item.Times?]
  private let cores: Int
  private let callCores: Int
  /// Core-seconds that a task costs beside its own time.
  private let overhead: Double
  private var blocks: [Block] = []
  /// Blocks of each item.
  private var ranges: [Range<Int>] = []
  /// Whom the end of a block, and that of the last of an item, lets go.
  private var afterBlock: [[Int]] = []
  private var afterItem: [[Int]] = []

  /// - Parameters:
  ///   - cores: of the pilot, for what needs cores of its own.
  ///   - callCores: those of workers, in which functions run.
  init(_ work: WorkItems, cores: Int, callCores: Int, overhead: Double) {
    items = work.items
    times = items.map(\.times)
    // A machine has no more, whatever a file says.
    self.cores = min(max(1, cores), 1 << 32)
    self.callCores = min(max(1, callCores), 1 << 32)
    self.overhead = overhead
    for number in items.indices {
      let start = blocks.count
      addBlocks(of: number)
      ranges.append(start..<blocks.count)
    }
    afterBlock = Array(repeating: [], count: blocks.count)
    afterItem = Array(repeating: [], count: items.count)
    for (number, item) in items.enumerated() where item.waiting > 0 { tie(number, to: work) }
  }

  private mutating func addBlocks(of number: Int) {
    let item = items[number]
    let parallel = max(1, (item.isCall ? callCores : cores) / max(1, item.cores))
    // Of very many cores, some are one.
    let width = max(1, parallel / Self.atOnce)
    var next = 0
    func add(width: Int, depth: Int = 1, elapsed: Double? = nil, isWaiting: Bool = false) {
      blocks.append(
        Block(item: number, number: next, width: width, depth: depth, elapsed: elapsed, isWaiting: isWaiting))
      next += 1
    }
    let running = item.running.sorted()
    // More may run than there are cores for, when others say how many run.
    let some = max(width, running.count / (2 * Self.atOnce))
    for start in stride(from: 0, to: running.count, by: some) {
      let some = running[start..<min(start + some, running.count)]
      add(width: some.count, elapsed: some[some.startIndex + some.count / 2])
    }
    for (tasks, isWaiting) in [(item.queued, false), (item.waiting, true)] {
      var left = tasks
      while left > 0 {
        // Large ones first and single ones last, so that the end is as uneven as it will be.
        let depth = max(1, left / (3 * max(parallel, width)))
        let some = min(width, left)
        add(width: some, depth: some < width ? 1 : depth, isWaiting: isWaiting)
        left -= some * depth
      }
    }
  }

  /// The blocks of an item that wait for others.
  private mutating func tie(_ number: Int, to work: WorkItems) {
    let waiting = ranges[number].filter { blocks[$0].isWaiting }
    for name in items[number].after {
      if let other = work.item(named: name) {
        guard !ranges[other].isEmpty, other != number else { continue }
        afterItem[other] += waiting
        for block in waiting { blocks[block].missing += 1 }
      } else if name.hasSuffix(".{member}"), let other = work.item(named: String(name.dropLast(9))), other != number {
        // The last ones of both belong together; those before them have nothing left to wait for.
        for (block, before) in zip(waiting.reversed(), ranges[other].reversed()) {
          afterBlock[before].append(block)
          blocks[block].missing += 1
        }
      }
    }
  }

  /// Whether there is a kind of task of which none is DONE.
  var hasUnknown: Bool { zip(items, times).contains { $0.open > 0 && $1 == nil } }

  /// Seconds until all has ended, of each of so many runs, in order.
  func seconds() -> [Double] {
    (0..<(blocks.count > Self.many ? Self.fewRuns : Self.runs)).map(seconds(ofRun:)).sorted()
  }

  private func seconds(ofRun run: Int) -> Double {
    var blocks = blocks
    var left = ranges.map(\.count)
    var (free, freeCalls) = (cores, callCores)
    var ready = Line()
    var ends = Heap()
    var now = 0.0
    func takes(_ block: Block) -> Int {
      let item = items[block.item]
      let (needed, overflows) = item.cores.multipliedReportingOverflow(by: block.width)
      return min(overflows ? Int.max : needed, item.isCall ? callCores : cores)
    }
    for (number, block) in blocks.enumerated() where block.missing == 0 {
      guard block.elapsed != nil else {
        ready.append(number)
        continue
      }
      if items[block.item].isCall { freeCalls -= takes(block) } else { free -= takes(block) }
      ends.insert((duration(of: block, run), number))
    }
    while true {
      var index = 0
      while index < ready.count, free > 0 || freeCalls > 0 {
        let block = blocks[ready[index]]
        let item = items[block.item]
        let needed = takes(block)
        guard needed <= (item.isCall ? freeCalls : free) else {
          index += 1
          continue
        }
        if item.isCall { freeCalls -= needed } else { free -= needed }
        ends.insert((now + duration(of: block, run), ready.remove(at: index)))
      }
      guard let (time, ended) = ends.removeFirst() else { return now }
      now = time
      let number = blocks[ended].item
      if items[number].isCall { freeCalls += takes(blocks[ended]) } else { free += takes(blocks[ended]) }
      left[number] -= 1
      for next in afterBlock[ended] + (left[number] == 0 ? afterItem[number] : []) {
        blocks[next].missing -= 1
        if blocks[next].missing == 0 { ready.append(next) }
      }
    }
  }

  /// Seconds that a block takes, or takes still.
  private func duration(of block: Block, _ run: Int) -> Double {
    let extra = overhead / Double(max(1, items[block.item].cores))
    let depth = Double(block.depth)
    guard let times = times[block.item] else { return depth * extra }
    // What is believed of the kind is another thing in each run.
    let doubt = Chance.deviations(ofUpperTail: Chance.uniform(run, block.item, -1))
    let spread = Chance.deviations(ofUpperTail: Chance.uniform(run, block.item, -2))
    let mean = times.mean + 1.5 * times.error * doubt
    let deviation = times.deviation * exp(spread * times.error / times.deviation / 2.0.squareRoot())
    let chance = Chance.uniform(run, block.item, block.number)
    if let elapsed = block.elapsed {
      let above = Chance.upperTail((log(max(elapsed, 1e-6)) - mean) / deviation)
      return max(0, exp(mean + deviation * Chance.deviations(ofUpperTail: chance * above)) - elapsed) + extra
    }
    // Whether as many fail as did before, or fewer, nobody knows.
    let failing = times.failing * Chance.uniform(run, block.item, -3)
    if block.width == 1, block.depth == 1 {
      if Chance.uniform(run, block.item, -4 - block.number) < failing { return times.failingSeconds + extra }
      return exp(mean + deviation * Chance.deviations(ofUpperTail: chance)) + extra
    }
    // The mean of many is far less spread than one is.
    let spreadOfMean = ((exp(deviation * deviation) - 1) / (depth * Double(block.width))).squareRoot()
    let usual = exp(mean + deviation * deviation / 2)
    let one = usual * max(0.1, 1 + spreadOfMean * Chance.deviations(ofUpperTail: chance))
    return depth * ((1 - failing) * one + failing * times.failingSeconds + extra)
  }
}

/// What can start, in its order; of it only what stands in front is looked at, so that a long one costs no more.
private struct Line {
  private var entries: [Int] = []
  private var head = 0
  private static let sight = 64

  /// How many are looked at.
  var count: Int { min(entries.count - head, Self.sight) }

  subscript(index: Int) -> Int { entries[head + index] }

  mutating func append(_ entry: Int) { entries.append(entry) }

  mutating func remove(at index: Int) -> Int {
    let entry = self[index]
    for place in stride(from: head + index, to: head, by: -1) { entries[place] = entries[place - 1] }
    head += 1
    return entry
  }
}

/// Times and what ends then, the earliest first.
private struct Heap {
  private var entries: [(Double, Int)] = []

  mutating func insert(_ entry: (Double, Int)) {
    entries.append(entry)
    var child = entries.count - 1
    while child > 0, entries[child].0 < entries[(child - 1) / 2].0 {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() -> (Double, Int)? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return first }
    entries[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count && entries[child].0 < entries[least].0 {
        least = child
      }
      guard least != parent else { return first }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
