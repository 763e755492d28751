import SessionModel
import Work

/// Which tasks the list shows: words like `failed` select a group, other words must occur in uid, name or command.
///
/// Matching a million texts takes seconds, so it is done in steps; the tasks found so far are shown meanwhile.
struct TaskFilter: Sendable {
  let text: String
  let phases: Set<TaskPhase>
  private let needles: [[UInt8]]
  private var matches = IDSet()
  /// Tasks looked at so far, from the first.
  private(set) var scanned = 0

  init?(_ text: String) {
    let words = text.split(separator: " ").map { $0.lowercased() }
    guard !words.isEmpty else { return nil }
    self.text = text
    var phases: Set<TaskPhase> = []
    var needles: [[UInt8]] = []
    for word in words {
      if let phase = TaskPhase.allCases.first(where: { $0.word == word }) {
        phases.insert(phase)
      } else {
        needles.append(Array(word.utf8))
      }
    }
    self.phases = phases.isEmpty ? Set(TaskPhase.allCases) : phases
    self.needles = needles
  }

  func isComplete(for table: TaskTable) -> Bool { needles.isEmpty || scanned >= table.count }

  /// Looks at the next `limit` tasks.
  mutating func scan(_ table: TaskTable, limit: Int) {
    guard !isComplete(for: table) else { return }
    let end = min(table.count, scanned + limit)
    while scanned < end, let batch = table.batch(of: TaskID(scanned)) {
      let batchEnd = min(end, Int(batch.ids.upperBound))
      // What all members share is looked at once.
      let name = SearchText.lower(batch.description.name)
      let rest = needles.filter { !SearchText.contains($0, in: name) }
      if rest.isEmpty {
        matches.insert(UInt32(scanned)..<UInt32(batchEnd))
      } else {
        var text = SearchText(batch)
        for number in scanned..<batchEnd where text.holds(rest, TaskID(number)) { matches.insert(TaskID(number)) }
      }
      scanned = batchEnd
    }
  }

  /// The tasks shown, group by group in the order of the list.
  func order(_ table: TaskTable) -> [IDSet] {
    TaskPhase.allCases.map { phase in
      guard phases.contains(phase) else { return IDSet() }
      return needles.isEmpty ? table.ids(in: phase) : table.ids(in: phase).intersection(matches)
    }
  }
}

/// The rows of the task list: of the whole table, or of a filter's result.
struct TaskOrder: Sendable {
  /// `nil` is the whole table.
  var sets: [IDSet]?

  func count(_ table: TaskTable) -> Int { sets?.reduce(0) { $0 + $1.count } ?? table.count }

  func task(atRow row: Int, _ table: TaskTable) -> TaskID? {
    guard let sets else { return table.task(atRow: row) }
    var row = row
    for set in sets {
      if row < set.count { return set.select(row) }
      row -= set.count
    }
    return nil
  }

  func row(of id: TaskID, _ table: TaskTable) -> Int? {
    guard let sets else { return table.row(of: id) }
    guard table.contains(id) else { return nil }
    let phase = Int(table.state(of: id).phase.rawValue)
    guard sets[phase].contains(id) else { return nil }
    return sets[..<phase].reduce(0) { $0 + $1.count } + sets[phase].rank(id)
  }
}
