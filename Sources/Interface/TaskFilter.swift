import SessionModel

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
      // What all members share is looked at once: the name, and the command when it names no member.
      let shared = needles.filter { !Self.contains($0, in: Array(batch.description.name.utf8)) }
      if shared.isEmpty {
        matches.insert(UInt32(scanned)..<UInt32(batchEnd))
      } else {
        for number in scanned..<batchEnd where matchesAll(shared, TaskID(number), batch) {
          matches.insert(TaskID(number))
        }
      }
      scanned = batchEnd
    }
  }

  private func matchesAll(_ needles: [[UInt8]], _ id: TaskID, _ batch: TaskBatch) -> Bool {
    let label = Array(batch.label(of: id).utf8)
    let uid = Array(id.uid.utf8)
    var command: [UInt8]?
    for needle in needles where !Self.contains(needle, in: label) && !Self.contains(needle, in: uid) {
      let line = command ?? Array(batch.commandLine(of: id).utf8)
      command = line
      if !Self.contains(needle, in: line) { return false }
    }
    return true
  }

  /// Whether the lower-case needle occurs, upper and lower case of ASCII being the same.
  private static func contains(_ needle: [UInt8], in text: [UInt8]) -> Bool {
    guard let first = needle.first else { return true }
    guard text.count >= needle.count else { return false }
    return text.withUnsafeBufferPointer { text in
      needle.withUnsafeBufferPointer { needle in
        for start in 0...(text.count - needle.count) where lower(text[start]) == first {
          var index = 1
          while index < needle.count, lower(text[start + index]) == needle[index] { index += 1 }
          if index == needle.count { return true }
        }
        return false
      }
    }
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

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
