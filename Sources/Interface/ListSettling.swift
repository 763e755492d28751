import SessionModel
import Terminal
import Words
import Work

// The rows of the task list, brought up to date once before each frame.
extension InterfaceState {
  /// Members of an open ensemble that have a row of their own: the others are to be seen, too.
  private var openRoom: Int { max(Opening.least, listPage * 2 / 3) }

  mutating func makeOrder() -> TaskOrder {
    let table = snapshot.tasks
    defer { sorting.finishFrame() }
    if let filter {
      let sets = filter.sets(table)
      let ids = sorting.ids(.tasks, sort, snapshot, at: clock) { sets.flatMap(\.ids) }
      return TaskOrder(ids.map { .sortedTasks($0) } ?? .sets(sets), table)
    }
    guard isGrouped else {
      let ids = sorting.ids(.tasks, sort, snapshot, at: clock) { (0..<table.count).map { TaskID($0) } }
      return TaskOrder(ids.map { .sortedTasks($0) } ?? .tasks, table)
    }
    let items = sorting.ids(.items, sort, snapshot, at: clock) { table.batches.map(\.first) }
    var openings: [Opening] = []
    let known = table.itemCount == 1 ? table.batches.map(\.first) : Array(opened.keys)
    for first in known where opened(first) != .closed {
      guard let batch = table.batch(of: first), batch.first == first else { continue }
      let isWhole = opened(first) == .whole
      let sorted = sorting.ids(.members(first), sort, snapshot, at: clock) {
        isWhole ? batch.ids.map { TaskID($0) } : table.worthARow(batch)
      }
      let opening = Opening(
        batch, table, isWhole: isWhole, room: openRoom, kept: cursor?.task, sorted: sorted)
      if let opening { openings.append(opening) }
    }
    return TaskOrder(items.map { .sortedItems($0) } ?? .items, openings: openings, table)
  }

  /// Moves the window of the list so that the cursor's row stays where it was on the screen, as far as that goes.
  mutating func settleList() {
    let count = order.count(snapshot.tasks)
    let page = listPage
    if let cursor, order.number(of: cursor, snapshot.tasks) == nil { self.cursor = standIn(for: cursor) }
    if let cursor, let row = order.number(of: cursor, snapshot.tasks) {
      listTop += row - cursorRow
      cursorRow = row
    } else {
      // No row chosen, or the filter hides it: the cursor stays where it is.
      cursor = nil
      cursorRow = min(cursorRow, max(0, count - 1))
    }
    listTop = min(max(listTop, cursorRow - page + 1, 0), cursorRow, max(0, count - page))
  }

  /// What is shown instead of a row that is not there any more.
  func standIn(for row: ListRow) -> ListRow? {
    switch row {
    case .task(let id): return order.isGrouped ? snapshot.tasks.batch(of: id).map { .ensemble($0.first) } : nil
    case .more(let first): return .ensemble(first)
    case .ensemble(let first): return order.isGrouped ? nil : .task(first)
    }
  }

  private static let commandLimit = 400

  mutating func settleRows() {
    let page = listPage
    defer { ensembles.update(visible, snapshot.tasks, at: now) }
    visible.removeAll(keepingCapacity: true)
    guard layout.tasks != nil else { return }
    let isStale = describedAs != snapshot.tasks.descriptionChanges
    describedAs = snapshot.tasks.descriptionChanges
    if isStale || rowTexts.count > 4 * page + 64 { rowTexts.removeAll(keepingCapacity: true) }
    for line in 0..<page {
      guard let row = order.row(at: listTop + line, snapshot.tasks) else { return }
      visible.append(row)
      if rowTexts[row] == nil {
        let text = rowText(of: row)
        rowTexts[row] = text
        nameWidth = max(nameWidth, CellWidth.columns(of: text.label))
      }
    }
  }

  private func rowText(of row: ListRow) -> RowText {
    switch row {
    case .more: return RowText()
    case .ensemble(let first):
      guard let batch = snapshot.tasks.batch(of: first) else { return RowText() }
      return RowText(
        uid: snapshot.tasks.uid(of: first), label: batch.description.name,
        cores: "\(glyphs.times)\(Format.count(batch.count))", after: batch.description.after.joined(separator: " "),
        command: batch.description.commandLine)
    case .task(let id):
      guard let batch = snapshot.tasks.batch(of: id) else { return RowText() }
      return RowText(
        uid: snapshot.tasks.uid(of: id), label: batch.label(of: id),
        cores: String(batch.description.resources.cores), after: batch.description.after.joined(separator: " "),
        command: String(batch.commandLine(of: id).prefix(Self.commandLimit)))
    }
  }

  /// Whether a task stands below the row of its ensemble.
  func isMember(_ id: TaskID) -> Bool { order.isGrouped && snapshot.tasks.ensemble(of: id) != nil }
}

extension TaskTable {
  /// The members of an ensemble that run or failed, not more than can be looked at for each frame.
  func worthARow(_ batch: TaskBatch) -> [TaskID] {
    [TaskPhase.running, .failed].flatMap { phase in
      let set = ids(in: phase)
      let before = set.rank(batch.first)
      return (0..<min(1000, set.count(in: batch.ids))).compactMap { set.select(before + $0) }
    }
  }
}
