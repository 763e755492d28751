import SessionModel
import Terminal
import Work

extension Action {
  /// What the task list can do.
  static let listing = [
    Action(
      name: "open-ensemble", keys: [.right], keyName: "Right", title: "",
      help: "open the ensemble, or all members that are summed up",
      group: .look, page: .list, isAvailable: { $0.isGrouped }
    ) { $0.openEnsemble() },
    Action(
      name: "close-ensemble", keys: [.left], keyName: "Left", title: "", help: "close the ensemble", group: .look,
      page: .list,
      isAvailable: { $0.isGrouped }
    ) { $0.closeEnsemble() },
    Action(
      name: "flat", keys: [.character("t")], keyName: "t", title: "flat",
      help: "ensembles as rows, or every task by itself",
      group: .look, page: .list, weight: 24, isAvailable: { $0.hasEnsembles && $0.filter == nil }
    ) { $0.toggleFlat() },
    Action(
      name: "next-failed", keys: [.character("f")], keyName: "f", title: "next failed",
      help: "to the next task that failed", group: .move,
      page: .list, weight: 42, isAvailable: { $0.snapshot.tasks.count(in: .failed) > 0 }
    ) { $0.goToFailed() },
    Action(
      name: "sort", keys: [.character("s")], keyName: "s", title: "sort", help: "choose what the list is sorted by",
      group: .look,
      page: .list, weight: 28
    ) { $0.openMenu(.sort) },
    Action(
      name: "sort-before", keys: [.character("<")], keyName: "<", title: "", help: "sort by the column before",
      group: .look, page: .list
    ) { $0.sortByNeighbour(-1) },
    Action(
      name: "sort-next", keys: [.character(">")], keyName: ">", title: "", help: "sort by the next column",
      group: .look, page: .list
    ) { $0.sortByNeighbour(1) },
    Action(
      name: "invert", keys: [.character("I")], keyName: "I", title: "", help: "sort the other way round", group: .look,
      page: .list
    ) { $0.invertSort() },
    Action(
      name: "columns", keys: [.character(",")], keyName: ",", title: "columns", help: "choose the columns of the list",
      group: .look,
      page: .list, weight: 8
    ) { $0.openMenu(.columns) },
  ]
}

// Ensembles and marks.
extension InterfaceState {
  var hasEnsembles: Bool { snapshot.tasks.itemCount < snapshot.tasks.count }

  /// Whether ensembles are rows now: what a filter finds is shown task by task.
  var isGrouped: Bool { !isFlat && filter == nil && hasEnsembles }

  /// How much of an ensemble is shown: what a person said, and of the only item of a workflow something.
  func opened(_ first: TaskID) -> Opened {
    opened[first] ?? (snapshot.tasks.itemCount == 1 ? .brief : .closed)
  }

  /// The ensemble that a row belongs to.
  private func ensemble(of row: ListRow) -> TaskID? {
    switch row {
    case .ensemble(let first), .more(let first): first
    case .task(let id): snapshot.tasks.batch(of: id).flatMap { $0.count > 1 ? $0.first : nil }
    }
  }

  mutating func openRow() -> [Effect] {
    guard let row = currentRow else { return [] }
    cursor = row
    switch row {
    case .task(let id): return openDetail(of: id)
    case .ensemble(let first): opened[first] = opened(first) == .closed ? .brief : .closed
    case .more: return openEnsemble()
    }
    refreshOrder()
    return []
  }

  mutating func openEnsemble() -> [Effect] {
    guard let row = currentRow else { return [] }
    switch row {
    case .task: break
    case .ensemble(let first):
      if opened(first) == .closed { opened[first] = .brief }
      refreshOrder()
    case .more(let first):
      // Where it stood, the first of those is that had no row.
      let index = order.opening(of: first)?.moreIndex ?? 0
      opened[first] = .whole
      refreshOrder()
      cursor = (order.number(of: .ensemble(first), snapshot.tasks)).flatMap {
        order.row(at: $0 + 1 + index, snapshot.tasks)
      }
    }
    return []
  }

  mutating func closeEnsemble() -> [Effect] {
    guard let row = currentRow, let first = ensemble(of: row) else { return [] }
    opened[first] = .closed
    cursor = .ensemble(first)
    refreshOrder()
    return []
  }

  mutating func toggleFlat() -> [Effect] {
    isFlat.toggle()
    refreshOrder()
    return []
  }

  /// Puts the cursor on a task, whatever hides it.
  mutating func go(to task: TaskID) {
    guard let batch = snapshot.tasks.batch(of: task) else { return }
    focus = .tasks
    cursor = .task(task)
    if order.number(of: .task(task), snapshot.tasks) != nil { return }
    filter = nil
    if batch.count > 1, opened(batch.first) == .closed { opened[batch.first] = .brief }
    refreshOrder()
  }

  /// Keys that come in one read act on the rows that the ones before them made.
  mutating func refreshOrder() {
    order = makeOrder()
    if let cursor, order.number(of: cursor, snapshot.tasks) == nil { self.cursor = standIn(for: cursor) }
  }

  /// To the next one that failed, after the task under the cursor or the ensemble's members.
  mutating func goToFailed() -> [Effect] {
    let failed = snapshot.tasks.ids(in: .failed)
    let start: TaskID? =
      switch currentRow {
      case .task(let id): TaskID(id.number &+ 1)
      case .ensemble(let first), .more(let first): first
      case nil: nil
      }
    guard let next = start.flatMap({ failed.first(from: $0) }) ?? failed.select(0) else { return [] }
    go(to: next)
    return []
  }

  /// Whether a key could act on something of the row.
  func hasOpenTasks(_ row: ListRow) -> Bool {
    switch row {
    case .task(let id): snapshot.tasks.contains(id) && !snapshot.tasks.state(of: id).isFinal
    case .ensemble(let first): snapshot.tasks.ensemble(of: first).map { $0.finished < $0.count } ?? false
    case .more: !openTasks(of: row).isEmpty
    }
  }

  /// Those tasks of a row that have not ended.
  private func openTasks(of row: ListRow) -> IDSet { members(of: row, among: snapshot.tasks.openTasks) }

  /// Those of some tasks that a row stands for: that for the rest of an ensemble not for members that have a row.
  func members(of row: ListRow, among tasks: IDSet) -> IDSet {
    let table = snapshot.tasks
    switch row {
    case .task(let id): return tasks.contains(id) ? [id] : []
    case .ensemble(let first): return table.batch(of: first).map { tasks.intersection($0.ids) } ?? []
    case .more(let first):
      let shown = order.opening(of: first)?.shown(table) ?? []
      return table.batch(of: first).map { tasks.intersection($0.ids).subtracting(shown) } ?? []
    }
  }

  /// What a mark could be for: the tasks that can be canceled, or else those that can run again.
  ///
  /// - Parameter part: which of some tasks are meant.
  private func markable(_ part: (IDSet) -> IDSet) -> IDSet {
    let table = snapshot.tasks
    let open = part(table.openTasks)
    return open.isEmpty ? part(table.ids(in: .failed).union(table.ids(in: .canceled))) : open
  }

  mutating func toggleMark() -> [Effect] {
    guard let row = currentRow else { return [] }
    let tasks = markable { members(of: row, among: $0) }
    if case .task(let id) = row, marks.contains(id) {
      marks.remove(id)
    } else if tasks.isEmpty {
      say("mark: it has ended well, so there is nothing to cancel or to rerun", isWarning: true)
    } else {
      marks = tasks.subtracting(marks).isEmpty ? marks.subtracting(tasks) : marks.union(tasks)
    }
    moveCursor(by: 1)
    return []
  }

  mutating func markShown() -> [Effect] {
    let all = filter.map { $0.sets(snapshot.tasks).reduce(IDSet()) { $0.union($1) } }
    let shown = markable { part in all.map { part.intersection($0) } ?? part }
    guard !shown.isEmpty else {
      say("mark: all that is shown has ended well", isWarning: true)
      return []
    }
    if isFiltering { say("the search goes on: only what it has found is marked", isWarning: true) }
    marks = marks.union(shown)
    return []
  }

  mutating func unmarkAll() -> [Effect] {
    marks = IDSet()
    return []
  }

  /// On a task's page that task; else the marked ones, else those of the row under the cursor.
  var cancelCandidates: IDSet {
    if let detail { return [detail.task] }
    if !marks.isEmpty { return marks }
    guard let row = currentRow else { return [] }
    if case .task(let id) = row { return [id] }
    return openTasks(of: row)
  }
}
