import SessionModel
import Work

// Running again what failed.
extension InterfaceState {
  /// What failed or was canceled on a task's page, of the marked tasks, or in the row under the cursor; elsewhere all that
  /// failed.
  var rerunCandidates: IDSet {
    let table = snapshot.tasks
    let ended = table.ids(in: .failed).union(table.ids(in: .canceled))
    let chosen: IDSet =
      if let detail { [detail.task] } else if marks.intersects(ended) { marks } else if mainView == .failures {
        IDSet(failureTasks)
      } else {
        switch currentRow {
        case .task(let id)?: [id]
        case let row?: members(of: row, among: table.ids(in: .failed))
        case nil: IDSet()
        }
      }
    let found = chosen.intersection(ended)
    return found.isEmpty && detail == nil ? table.ids(in: .failed) : found
  }

  mutating func askToRerun() -> [Effect] {
    let tasks = rerunCandidates
    guard !tasks.isEmpty else {
      say("rerun: choose a task that was canceled, or one that failed", isWarning: true)
      return []
    }
    dialog = Dialog(verb: .rerun, targets: tasks)
    return []
  }
}
