import ArgumentParser
import SessionModel
import Work
import Words

/// The tasks that words of the command line stand for: uids (`task.000042`), names (`sim.3`), names of ensembles (`sim`,
/// all members), and those in one state.
struct TaskSelection {
  static let help = ArgumentHelp(
    "Tasks, by uid (task.000042) or name (sim.3); the name of an ensemble (sim) is all its members.", valueName: "task")

  var names: [String]
  var phase: TaskPhase? = nil

  /// The tasks, when each is named by its uid: nothing of the session has to be read for that.
  var uids: [TaskID]? {
    let ids = names.compactMap { TaskID(uid: $0) }
    return phase == nil && !ids.isEmpty && ids.count == names.count ? ids : nil
  }

  /// The tasks in their order, each once. Of an ensemble or a state those that have ended are left out.
  ///
  /// - Throws: `UsageError` when nothing has such a name, or all that is named has ended.
  func tasks(in session: SessionSnapshot, id: String) throws(UsageError) -> [TaskID] {
    let found = try select(in: session, id: id, withEnded: phase != nil)
    guard !found.isEmpty else {
      let what = names.isEmpty ? "no task" : "none of these tasks"
      throw UsageError(description: "\(what) of session \(id) is \(phase?.word ?? "left: they have ended")")
    }
    return found
  }

  /// All of the tasks, those that have ended, too; of the whole session when none is named.
  ///
  /// - Throws: `UsageError` when nothing has such a name.
  func all(in session: SessionSnapshot, id: String) throws(UsageError) -> [TaskID] {
    if names.isEmpty, phase == nil { return (0..<session.tasks.count).map { TaskID($0) } }
    return try select(in: session, id: id, withEnded: true)
  }

  private func select(in session: SessionSnapshot, id: String, withEnded: Bool) throws(UsageError) -> [TaskID] {
    let table = session.tasks
    var named: Set<UInt32> = []
    for name in names { named.formUnion(try numbers(of: name, in: table, id, withEnded: withEnded)) }
    if let phase {
      let wanted = table.ids(in: phase)
      if names.isEmpty {
        named = Set((0..<wanted.count).compactMap { wanted.select($0)?.number })
      } else {
        named = named.filter { wanted.contains(TaskID($0)) }
      }
    }
    return named.sorted().map { TaskID($0) }
  }

  private func numbers(of name: String, in table: TaskTable, _ session: String, withEnded: Bool) throws(UsageError)
    -> Set<UInt32>
  {
    // What the session says of a single one that has ended is more than could be said here.
    if let id = table.task(uid: name) ?? table.task(named: name) {
      return [id.number]
    }
    let batches = table.batches.filter { $0.description.name == name }
    guard !batches.isEmpty else {
      throw UsageError(
        description: "session \(session) has no task '\(name)'\(Self.hint(for: name, table))"
          + ": tasks are named by uid (task.000042), by name (sim.3), or all members by that of their ensemble (sim)")
    }
    return Set(batches.lazy.flatMap(\.ids).filter { withEnded || !table.state(of: TaskID($0)).isFinal })
  }

  /// Whether a word stands for tasks of a session.
  static func hasTask(_ word: String, _ table: TaskTable) -> Bool {
    (table.task(uid: word) ?? table.task(named: word)) != nil || table.batches.contains { $0.description.name == word }
  }

  /// The name that was probably meant, as the end of a sentence; empty when none is near.
  static func hint(for word: String, _ table: TaskTable) -> String {
    suggestion(for: word, among: Set(table.batches.prefix(10_000).map(\.description.name)))
  }
}
