import SessionModel
import Work

/// The rows of the task list. What they are in order of is kept by the table, so that it costs no more than what is seen.
struct TaskOrder: Sendable {
  enum Base: Sendable {
    /// Every task of the table.
    case tasks
    /// Every item of the workflow, with the members of open ones below it.
    case items
    /// The tasks of these sets, one after the other; they have the order of the phases.
    case sets([IDSet])
    /// Tasks in an order of their own.
    case sortedTasks([TaskID])
    case sortedItems([TaskID])
  }

  private(set) var base: Base
  /// From the top.
  private(set) var openings: [Opening] = []

  init(_ base: Base = .tasks, openings: [Opening] = [], _ table: TaskTable = TaskTable()) {
    self.base = base
    let rows = openings.compactMap { opening in baseRow(of: opening.first, table).map { ($0, opening) } }
    var more = 0
    for (row, opening) in rows.sorted(by: { $0.0 < $1.0 }) {
      var opening = opening
      opening.row = row + more
      more += opening.count
      self.openings.append(opening)
    }
  }

  /// Whether ensembles are rows.
  var isGrouped: Bool {
    switch base {
    case .items, .sortedItems: true
    case .tasks, .sets, .sortedTasks: false
    }
  }

  // MARK: Without what is open

  private func baseCount(_ table: TaskTable) -> Int {
    switch base {
    case .tasks: table.count
    case .items: table.itemCount
    case .sets(let sets): sets.reduce(0) { $0 + $1.count }
    case .sortedTasks(let ids), .sortedItems(let ids): ids.count
    }
  }

  private func base(atRow row: Int, _ table: TaskTable) -> TaskID? {
    switch base {
    case .tasks: return table.task(atRow: row)
    case .items: return table.item(atRow: row)
    case .sets(let sets):
      var row = row
      for set in sets {
        if row < set.count { return set.select(row) }
        row -= set.count
      }
      return nil
    case .sortedTasks(let ids), .sortedItems(let ids): return ids.indices.contains(row) ? ids[row] : nil
    }
  }

  private func baseRow(of id: TaskID, _ table: TaskTable) -> Int? {
    guard table.contains(id) else { return nil }
    switch base {
    case .tasks: return table.row(of: id)
    case .items: return table.itemRow(of: id)
    case .sets(let sets):
      // A task that moved since they were made is found where it was.
      guard let phase = sets.firstIndex(where: { $0.contains(id) }) else { return nil }
      return sets[..<phase].reduce(0) { $0 + $1.count } + sets[phase].rank(id)
    case .sortedTasks(let ids), .sortedItems(let ids): return ids.firstIndex(of: id)
    }
  }

  // MARK: All rows

  func count(_ table: TaskTable) -> Int { openings.reduce(baseCount(table)) { $0 + $1.count } }

  func row(at number: Int, _ table: TaskTable) -> ListRow? {
    guard number >= 0 else { return nil }
    var row = number
    for opening in openings {
      if number <= opening.row { break }
      if number <= opening.row + opening.count { return opening.row(at: number - opening.row - 1, table) }
      row -= opening.count
    }
    guard let id = base(atRow: row, table) else { return nil }
    return isGrouped && table.ensemble(of: id) != nil ? .ensemble(id) : .task(id)
  }

  func number(of row: ListRow, _ table: TaskTable) -> Int? {
    switch row {
    case .ensemble(let first):
      // In a directory that was used again another session has other tasks of these numbers.
      guard isGrouped, table.ensemble(of: first) != nil, table.batch(of: first)?.first == first else { return nil }
      return baseRow(of: first, table).map { below($0) }
    case .more(let first):
      return openings.first { $0.first == first }.flatMap { opening in
        opening.moreIndex.map { opening.row + 1 + $0 }
      }
    case .task(let id):
      guard table.contains(id) else { return nil }
      guard isGrouped, let batch = table.batch(of: id), batch.count > 1 else {
        return baseRow(of: id, table).map { below($0) }
      }
      guard let opening = openings.first(where: { $0.first == batch.first }) else { return nil }
      return opening.index(of: id, table).map { opening.row + 1 + $0 }
    }
  }

  /// The row of the list of one of the base.
  private func below(_ row: Int) -> Int {
    var number = row
    for opening in openings {
      guard opening.row < number else { break }
      number += opening.count
    }
    return number
  }

  func opening(of first: TaskID) -> Opening? { openings.first { $0.first == first } }
}

// In lists without ensembles.
extension TaskOrder {
  func task(atRow row: Int, _ table: TaskTable) -> TaskID? { self.row(at: row, table)?.task }

  func row(of id: TaskID, _ table: TaskTable) -> Int? { number(of: .task(id), table) }
}
