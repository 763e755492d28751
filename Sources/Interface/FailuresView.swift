import SessionModel
import Terminal
import Words
import Work

/// The list of causes, of which one may be open and show its tasks.
struct FailureList: Sendable {
  enum Row: Equatable, Sendable {
    case cause(FailureCauses.Cause.ID)
    case task(TaskID)
  }

  /// `nil` is the first row, whichever that is.
  var cursor: Row?
  var top = 0
  var opened: FailureCauses.Cause.ID?
  /// The tasks of the open cause.
  fileprivate(set) var tasks: [TaskID] = []
  private var seen = 0

  /// As many as a person looks through.
  fileprivate static let limit = 1000

  /// Looks for the tasks of the open cause again when more have failed.
  mutating func update(_ causes: SeenCauses, _ table: TaskTable) {
    guard let opened, let cause = causes.all.first(where: { $0.id == opened }) else {
      (self.opened, tasks, seen) = (nil, [], 0)
      return
    }
    guard cause.count != seen else { return }
    seen = cause.count
    tasks = FailureCauses.tasks(of: opened, in: table, limit: Self.limit)
  }

  mutating func toggle(_ cause: FailureCauses.Cause.ID) {
    opened = opened == cause ? nil : cause
    (tasks, seen) = ([], 0)
  }

  func rows(_ causes: SeenCauses) -> [Row] {
    causes.all.flatMap { cause in
      [.cause(cause.id)] + (cause.id == opened ? tasks.map { .task($0) } : [])
    }
  }
}

extension InterfaceState {
  private var failureRow: FailureList.Row? {
    let rows = failures.rows(causes)
    return failures.cursor.flatMap { rows.contains($0) ? $0 : nil } ?? rows.first
  }

  mutating func moveInFailures(by rows: Int) {
    let all = failures.rows(causes)
    guard !all.isEmpty else { return }
    let at = failureRow.flatMap { all.firstIndex(of: $0) } ?? 0
    failures.cursor = all[min(max(0, at + rows), all.count - 1)]
  }

  /// Opens a cause, or the page of a task.
  mutating func openFailure() -> [Effect] {
    switch failureRow {
    case .cause(let id):
      failures.cursor = .cause(id)
      failures.toggle(id)
      failures.update(causes, snapshot.tasks)
      return []
    case .task(let id): return openDetail(of: id)
    case nil: return []
    }
  }

  /// A click on a row: puts the cursor there, and opens it where that is already.
  mutating func clickFailure(line: Int) -> [Effect] {
    let rows = failures.rows(causes)
    let index = failures.top + line
    guard line >= 0, rows.indices.contains(index) else { return [] }
    if rows[index] == failureRow { return openFailure() }
    failures.cursor = rows[index]
    return []
  }

  /// The tasks of a cause, or the page of its only one.
  mutating func show(cause: FailureCauses.Cause) -> [Effect] {
    _ = show(.failures)
    failures.cursor = .cause(cause.id)
    if cause.count == 1 { return openDetail(of: cause.first) }
    if failures.opened != cause.id { failures.toggle(cause.id) }
    failures.update(causes, snapshot.tasks)
    return []
  }

  /// The tasks of the row under the cursor.
  var failureTasks: [TaskID] {
    switch failureRow {
    case .cause(let id): FailureCauses.tasks(of: id, in: snapshot.tasks, limit: .max)
    case .task(let id): [id]
    case nil: []
    }
  }

  mutating func settleFailures() {
    failures.update(causes, snapshot.tasks)
    guard let rect = layout.failureList, let row = failureRow else { return }
    let rows = failures.rows(causes)
    let at = rows.firstIndex(of: row) ?? 0
    let page = max(1, rect.inner.height)
    failures.top = min(max(failures.top, at - page + 1, 0), at, max(0, rows.count - page))
  }

  func drawFailureList(_ grid: inout CellGrid, _ rect: Rect) {
    let failed = snapshot.tasks.count(in: .failed)
    let title =
      failed == 0 ? "failures" : "\(Format.plural(causes.all.count, "cause")) of \(Format.plural(failed, "failure"))"
    grid.box(rect, title: [Span(title, .title)], glyphs: glyphs, isFocused: true, footer: footer)
    let inner = rect.inner
    let rows = failures.rows(causes)
    guard !rows.isEmpty else {
      grid.put("no task has failed", row: inner.row, column: inner.column + 1, width: inner.width - 2, style: .dim)
      return
    }
    let current = failureRow
    for (line, row) in rows.dropFirst(failures.top).prefix(inner.height).enumerated() {
      let at = inner.row + line
      switch row {
      case .cause(let id):
        guard let cause = causes.all.first(where: { $0.id == id }) else { continue }
        let mark = id == failures.opened ? glyphs.opened : glyphs.closed
        drawCause(cause, &grid, row: at, inner.column + 1, end: inner.endColumn - 1, label: mark + " ")
      case .task(let id): drawFailedTask(id, &grid, row: at, inner.column + 3, end: inner.endColumn - 1)
      }
      if row == current { grid.select(row: at, column: inner.column, count: inner.width) }
    }
  }

  private func drawFailedTask(_ id: TaskID, _ grid: inout CellGrid, row: Int, _ column: Int, end: Int) {
    guard let task = snapshot.tasks.details(of: id) else { return }
    let width = max(12, (end - column) / 4)
    let name = Columns.cutMiddle(task.label, to: width, mark: glyphs.cut)
    grid.put(
      [
        Span(Columns.padded(name, to: width)), Span("  "), Span(Columns.padded(time(of: task), to: 8, isRight: true)),
        Span("  "), Span(task.reason ?? "", .dim),
      ], row: row, column: column, end: end)
  }
}
