import SessionModel
import Work

/// A number for each task, or item, that puts them in order. What has none comes last, whichever way round.
struct SortKeys: Sendable {
  private let sort: TaskSort
  private let now: Timestamp
  /// Whether a first task stands for its ensemble.
  private let areItems: Bool
  /// Of the batches, in the order of the table: the place of each name among all.
  private let ranks: [UInt32]

  private static let none = UInt32.max

  init(_ sort: TaskSort, _ table: TaskTable, areItems: Bool, now: Timestamp) {
    self.sort = sort
    self.areItems = areItems
    self.now = now
    ranks = sort.column == .name ? Self.ranks(table) : []
  }

  func key(of id: TaskID, _ table: TaskTable) -> UInt32 {
    guard let key = plainKey(of: id, table) else { return Self.none }
    return sort.isDescending ? Self.none - 1 - min(key, Self.none - 1) : min(key, Self.none - 1)
  }

  private func plainKey(of id: TaskID, _ table: TaskTable) -> UInt32? {
    if areItems, let tally = table.ensemble(of: id) {
      switch sort.column {
      case .state: return UInt32(tally.phase.rawValue)
      case .time: return tally.meanSeconds.map { UInt32(clamping: Int(min($0 * 1000, 4e9))) }
      case .started, .cpu, .memory:
        let measure: TaskMeasure = sort.column == .started ? .started : sort.column == .cpu ? .cpu : .memory
        return table.batch(of: id).flatMap { table.measure(measure, ofAll: $0) }
      case .uid, .name, .cores: break
      default: return nil
      }
    }
    return switch sort.column {
    case .uid: id.number
    case .name: table.batchNumber(of: id).flatMap { ranks.indices.contains($0) ? ranks[$0] : nil }
    case .state: table.measure(.phase, of: id, now: now)
    case .cores: table.measure(.cores, of: id, now: now)
    case .started: table.measure(.started, of: id, now: now)
    case .wait: table.measure(.wait, of: id, now: now)
    case .time: table.measure(.time, of: id, now: now)
    case .cpu: table.measure(.cpu, of: id, now: now)
    case .memory: table.measure(.memory, of: id, now: now)
    case .exit: table.measure(.exit, of: id, now: now)
    case .attempt: table.measure(.attempt, of: id, now: now)
    case .after, .command, .load, .node: nil
    }
  }

  /// By the first sixteen bytes: to compare whole texts, a hundred thousand of them, takes too long.
  private static func ranks(_ table: TaskTable) -> [UInt32] {
    struct Name {
      var high: UInt64 = 0
      var low: UInt64 = 0
      var number: Int
    }
    var names = table.batches.enumerated().map { number, batch in
      var name = Name(number: number)
      for (index, byte) in batch.description.name.utf8.prefix(16).enumerated() {
        if index < 8 {
          name.high |= UInt64(byte) << UInt64(56 - 8 * index)
        } else {
          name.low |= UInt64(byte) << UInt64(120 - 8 * index)
        }
      }
      return name
    }
    names.sort { ($0.high, $0.low, $0.number) < ($1.high, $1.low, $1.number) }
    var ranks = [UInt32](repeating: 0, count: names.count)
    for (rank, name) in names.enumerated() { ranks[name.number] = UInt32(truncatingIfNeeded: rank) }
    return ranks
  }
}
