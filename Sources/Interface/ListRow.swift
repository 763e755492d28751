import SessionModel
import Work

/// A row of the task list, by what it shows: it is the same one wherever it stands.
enum ListRow: Hashable, Sendable {
  case task(TaskID)
  /// An item of the workflow with several tasks, by its first one.
  case ensemble(TaskID)
  /// What stands for the members of an open ensemble that have no row.
  case more(TaskID)

  var task: TaskID? { if case .task(let id) = self { id } else { nil } }
}

/// How much of an ensemble is shown below its row.
enum Opened: Equatable, Sendable {
  case closed
  /// What runs and what failed, and the rest in one line.
  case brief
  case whole
}

/// The rows below the row of an open ensemble.
struct Opening: Sendable {
  enum Part: Sendable {
    /// Members in a phase: so many of the phase's tasks from one on.
    case phase(TaskPhase, offset: Int, count: Int)
    case ids([TaskID])

    var count: Int {
      switch self {
      case .phase(_, _, let count): count
      case .ids(let ids): ids.count
      }
    }
  }

  let first: TaskID
  /// The row of the list in which the ensemble stands.
  var row = 0
  private(set) var parts: [Part] = []
  /// How many members have no row, by what they do.
  private(set) var rest: [(phase: TaskPhase, count: Int)] = []

  /// Members that have a row at least, whatever they do.
  static let least = 5

  /// - Parameters:
  ///   - room: how many members a brief one shows.
  ///   - kept: a task that keeps its row, as the one under the cursor; of any ensemble.
  ///   - sorted: the members that are looked at, in their order, when that is not the list's own.
  init?(_ batch: TaskBatch, _ table: TaskTable, isWhole: Bool, room: Int, kept: TaskID?, sorted: [TaskID]? = nil) {
    guard let tally = table.ensemble(of: batch.first) else { return nil }
    first = batch.first
    var left = TaskPhase.allCases.map { tally.count(in: $0) }
    defer { rest = TaskPhase.allCases.filter { left[Int($0.rawValue)] > 0 }.map { ($0, left[Int($0.rawValue)]) } }
    let isWhole = isWhole || tally.count <= room
    if let sorted {
      let shown = isWhole ? sorted : Array(sorted.prefix(room))
      for id in shown { left[Int(table.state(of: id).phase.rawValue)] -= 1 }
      parts = [.ids(shown)]
    } else {
      let wanted = isWhole ? left : Self.brief(left, room)
      for phase in TaskPhase.allCases where wanted[Int(phase.rawValue)] > 0 {
        let index = Int(phase.rawValue)
        parts.append(.phase(phase, offset: table.ids(in: phase).rank(batch.first), count: wanted[index]))
        left[index] -= wanted[index]
      }
    }
    if let kept, batch.ids.contains(kept.number), index(of: kept, table) == nil {
      parts.append(.ids([kept]))
      left[Int(table.state(of: kept).phase.rawValue)] -= 1
    }
  }

  /// How many of each phase have a row: of those that failed a third at least, then what runs; when these are few, what
  /// comes next.
  private static func brief(_ counts: [Int], _ room: Int) -> [Int] {
    var wanted = [Int](repeating: 0, count: counts.count)
    let (running, failed) = (Int(TaskPhase.running.rawValue), Int(TaskPhase.failed.rawValue))
    wanted[running] = min(counts[running], room - min(counts[failed], room / 3))
    wanted[failed] = min(counts[failed], room - wanted[running])
    for phase in TaskPhase.allCases {
      let index = Int(phase.rawValue)
      let missing = min(least, room) - wanted.reduce(0, +)
      guard missing > 0 else { break }
      wanted[index] += min(missing, counts[index] - wanted[index])
    }
    return wanted
  }

  /// Rows of members, and the one for the rest.
  var count: Int { memberCount + (rest.isEmpty ? 0 : 1) }

  private var memberCount: Int { parts.reduce(0) { $0 + $1.count } }

  /// The row `index` below that of the ensemble.
  func row(at index: Int, _ table: TaskTable) -> ListRow? {
    var index = index
    for part in parts {
      if index < part.count {
        switch part {
        case .phase(let phase, let offset, _): return table.ids(in: phase).select(offset + index).map { .task($0) }
        case .ids(let ids): return .task(ids[index])
        }
      }
      index -= part.count
    }
    return index == 0 && !rest.isEmpty ? .more(first) : nil
  }

  /// How many rows below that of the ensemble a member stands.
  func index(of id: TaskID, _ table: TaskTable) -> Int? {
    var before = 0
    for part in parts {
      switch part {
      case .phase(let phase, let offset, let count):
        let index = table.ids(in: phase).rank(id) - offset
        if table.state(of: id).phase == phase, 0..<count ~= index { return before + index }
      case .ids(let ids): if let index = ids.firstIndex(of: id) { return before + index }
      }
      before += part.count
    }
    return nil
  }

  /// The members that have a row.
  func shown(_ table: TaskTable) -> IDSet { IDSet((0..<memberCount).compactMap { row(at: $0, table)?.task }) }

  /// The index of the row for the rest.
  var moreIndex: Int? { rest.isEmpty ? nil : memberCount }
}
