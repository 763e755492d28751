import JSON
import Platform
import SessionModel
import Words
import Work

/// How tasks ended that someone waited for, and what that makes of the exit status: the same for `wait` and for
/// `submit --wait`.
struct TaskEnds {
  struct End {
    var uid: String
    var state: TaskState
    var exitCode: Int32?
    var signal: Int32?
    var reason: String?
  }

  private var ends: [End] = []
  /// Tasks that came to no end.
  private var open = 0

  init(_ ends: [End], open: Int) { (self.ends, self.open) = (ends, open) }

  init(_ ids: [TaskID], of table: TaskTable) {
    for id in ids {
      guard let task = table.details(of: id), task.state.isFinal else {
        open += 1
        continue
      }
      ends.append(
        End(
          uid: table.uid(of: id), state: task.state, exitCode: task.exitCode, signal: task.signal, reason: task.reason))
    }
  }

  /// Says which were not DONE, and why.
  ///
  /// - Parameter over: what has ended, so that nothing more comes: `the session closed`.
  func complainOfFailures(over: TerminalText) {
    if open > 0 { complain("scalems-top: \(open) of the tasks were not run: \(over) before") }
    for end in ends where end.state != .done {
      let reason: TerminalText = end.reason.map { ": \($0)" } ?? ""
      complain("scalems-top: \(end.uid) is \(end.state.name)" + reason)
    }
  }

  /// Of one task its own, as a shell has it; of several 0 when all are DONE, and 1 otherwise.
  var exitCode: Int32 {
    if ends.count == 1, open == 0, let end = ends.first {
      if let signal = end.signal { return 128 + signal }
      return end.state == .done ? 0 : max(1, end.exitCode ?? 1)
    }
    return open == 0 && ends.allSatisfy { $0.state == .done } ? 0 : 1
  }
}
