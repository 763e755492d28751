import SessionModel
import Work

/// A command as it comes to the executor.
struct CommandRequest {
  var id: Int
  var command: OperatorCommand
  var sender: CommandSender
  var reason: String?
}

/// The commands that were given and have not come to their end.
struct CommandLedger {
  private struct Entry {
    var record: CommandRecord
    /// Tasks of a `cancel` whose end is not confirmed.
    var open: Set<TaskID> = []
    var canceled = 0
    /// Commands that asked for the same later, and end with this one.
    var followers: [Int] = []
  }

  private var entries: [Int: Entry] = [:]
  /// The cancels that wait for a task.
  private var cancels: [TaskID: [Int]] = [:]
  /// Cancels all of whose tasks have ended.
  private var finishedCancels: [Int] = []

  /// The commands under way, in the order in which they came.
  var ids: [Int] { entries.keys.sorted() }

  func record(_ id: Int) -> CommandRecord? { entries[id]?.record }

  func isCancelRequested(_ task: TaskID) -> Bool { cancels[task] != nil }

  mutating func add(_ record: CommandRecord) { entries[record.id] = Entry(record: record) }

  mutating func acknowledge(_ id: Int) -> CommandRecord? {
    entries[id]?.record.stage = .acknowledged
    return entries[id]?.record
  }

  mutating func note(added: Range<UInt32>, by id: Int) { entries[id]?.record.added = added }

  /// Makes a command end with another one that is under way.
  mutating func join(_ id: Int, _ other: Int) { entries[other]?.followers.append(id) }

  /// A `cancel` waits for these tasks.
  mutating func await(_ tasks: Set<TaskID>, by id: Int) {
    entries[id]?.open = tasks
    for task in tasks { cancels[task, default: []].append(id) }
  }

  mutating func taskEnded(_ task: TaskID, _ state: TaskState) {
    guard let ids = cancels.removeValue(forKey: task) else { return }
    for id in ids {
      entries[id]?.open.remove(task)
      if state == .canceled { entries[id]?.canceled += 1 }
      if entries[id]?.open.isEmpty ?? false { finishedCancels.append(id) }
    }
  }

  /// Ends the cancels whose tasks have all come to an end.
  mutating func takeFinishedCancels() -> [CommandRecord] {
    guard !finishedCancels.isEmpty else { return [] }
    defer { finishedCancels = [] }
    return finishedCancels.flatMap { id -> [CommandRecord] in
      guard let entry = entries[id] else { return [] }
      let others = entry.record.tasks.count - entry.canceled
      let words = "\(entry.canceled) canceled" + (others > 0 ? ", \(others) had ended by themselves" : "")
      return finish(id, entry.canceled > 0 ? .done(words) : .failed(.taskEnded, words))
    }
  }

  /// Ends a command, and those that joined it.
  ///
  /// - Returns: their records; none when it had ended before.
  mutating func finish(_ id: Int, _ outcome: CommandOutcome) -> [CommandRecord] {
    guard var entry = entries.removeValue(forKey: id) else { return [] }
    for task in entry.open {
      cancels[task]?.removeAll { $0 == id }
      if cancels[task]?.isEmpty ?? false { cancels[task] = nil }
    }
    entry.record.stage = .finished(outcome)
    return [entry.record] + entry.followers.flatMap { finish($0, outcome) }
  }
}
