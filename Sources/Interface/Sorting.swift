import SessionModel
import Work

/// What the task list is in order of.
struct TaskSort: Equatable, Sendable {
  /// By state is the list's own order: what runs first.
  var column = ListColumn.state
  var isDescending = false

  var isUsual: Bool { self == TaskSort() }
}

/// The orders that the list cannot have from the table, each made in steps: a step costs some milliseconds, and a million
/// tasks need a few.
///
/// What time or news change is put in order again once in a while, the longer apart the more there are.
struct Sorting: Sendable {
  enum Scope: Hashable, Sendable {
    case tasks, items
    case members(TaskID)
  }

  private struct Order {
    var sort: TaskSort
    var ids: [TaskID]?
    var madeAt: Timestamp?
    var stamp: Stamp?
    var job: SortJob?
    var isUsed = true
  }

  /// What an order was made of.
  private struct Stamp: Equatable {
    var last: Timestamp?
    var count: Int
    var finished: Int
  }

  private var orders: [Scope: Order] = [:]

  /// Whether the next frame will show more although nothing happens.
  private(set) var isBusy = false

  /// The ids in order; `nil` when that is the table's own, or the first is not made yet.
  mutating func ids(
    _ scope: Scope, _ sort: TaskSort, _ snapshot: SessionSnapshot, at now: Timestamp, of ids: () -> [TaskID]
  ) -> [TaskID]? {
    guard !sort.isUsual else { return nil }
    let table = snapshot.tasks
    let stamp = Stamp(last: snapshot.lastEvent, count: table.count, finished: table.finished)
    var order = orders[scope] ?? Order(sort: sort)
    order.isUsed = true
    if order.sort != sort { order = Order(sort: sort, ids: order.ids) }
    if order.job == nil, order.madeAt == nil || isOld(order, stamp, now) {
      order.job = SortJob(ids(), sort, table, areItems: scope == .items, now: now)
      order.stamp = stamp
    }
    if var job = order.job {
      if let made = job.step(table) {
        order.ids = made
        order.madeAt = now
        order.job = nil
      } else {
        order.job = job
      }
    }
    orders[scope] = order
    isBusy = orders.values.contains { $0.job != nil }
    return order.ids
  }

  private func isOld(_ order: Order, _ stamp: Stamp, _ now: Timestamp) -> Bool {
    guard let made = order.madeAt, order.stamp != stamp else { return false }
    let count = order.ids?.count ?? 0
    let interval = count <= 10_000 ? 0.9 : count <= 100_000 ? 3.0 : 15
    let age = now.seconds(since: made)
    return age >= interval || age < 0
  }

  /// Forgets what the frame did not need.
  mutating func finishFrame() {
    orders = orders.filter { $0.value.isUsed }
    for scope in orders.keys { orders[scope]?.isUsed = false }
    isBusy = orders.values.contains { $0.job != nil }
  }
}

/// Puts tasks or items in order: first the number of each is looked up, then a few passes over all of them follow.
struct SortJob: Sendable {
  /// The number in the upper half, the id in the lower.
  private var pairs: [UInt64] = []
  private var other: [UInt64] = []
  private let ids: [TaskID]
  private let keys: SortKeys
  private var pass = 0

  /// So many are done in one step.
  private static let atOnce = 30_000
  private static let digits = 11
  private static let passes = 3

  init(_ ids: [TaskID], _ sort: TaskSort, _ table: TaskTable, areItems: Bool, now: Timestamp) {
    self.ids = ids
    keys = SortKeys(sort, table, areItems: areItems, now: now)
    pairs.reserveCapacity(ids.count)
  }

  /// - Returns: the ids in order, when that was the last step.
  mutating func step(_ table: TaskTable) -> [TaskID]? {
    repeat {
      if pairs.count < ids.count {
        let end = min(ids.count, pairs.count + 2 * Self.atOnce)
        for index in pairs.count..<end {
          pairs.append(UInt64(keys.key(of: ids[index], table)) << 32 | UInt64(ids[index].number))
        }
      } else if pass < Self.passes {
        distribute(shift: UInt64(32 + pass * Self.digits))
        pass += 1
      } else {
        return pairs.map { TaskID(UInt32(truncatingIfNeeded: $0)) }
      }
    } while ids.count <= Self.atOnce
    return nil
  }

  /// One pass of a radix sort; what is equal keeps its order.
  private mutating func distribute(shift: UInt64) {
    let mask: UInt64 = 1 << UInt64(Self.digits) - 1
    var ends = [Int](repeating: 0, count: 1 << Self.digits)
    for pair in pairs { ends[Int(pair >> shift & mask)] += 1 }
    var sum = 0
    for index in ends.indices {
      sum += ends[index]
      ends[index] = sum - ends[index]
    }
    if other.count != pairs.count { other = [UInt64](repeating: 0, count: pairs.count) }
    for pair in pairs {
      let digit = Int(pair >> shift & mask)
      other[ends[digit]] = pair
      ends[digit] += 1
    }
    swap(&pairs, &other)
  }
}
