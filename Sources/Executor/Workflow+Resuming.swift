import SessionModel
import Work

extension Workflow {
  /// What is still to be done of a session whose host ended, by its journal.
  ///
  /// What came to its end stays as it is, so nothing that is DONE runs twice. Everything else waits to run: what had
  /// started runs again, as another attempt.
  ///
  /// - Parameter again: tasks that are FAILED or CANCELED and wait to run again, all the same.
  public init(resuming table: TaskTable, again: Set<TaskID> = []) {
    self.init()
    for batch in table.batches {
      let index = append(batch)
      if case .commands(let first, let list) = batch.members {
        commandCount = max(commandCount, first + list.count)
      } else {
        groupByName[batch.description.name] = index
      }
    }
    // Only now: an item may wait for one that stands after it.
    for (index, batch) in batches.enumerated() { connect(index, after: batch.description.after) }
    for index in batches.indices { release(index) }
    var lost: [(TaskID, reason: String)] = []
    for number in 0..<table.count {
      let id = TaskID(number)
      let state = table.state(of: id)
      if state == .failed, again.contains(id) {
        attempts[number] = UInt8(clamping: (table.details(of: id)?.attempt ?? 1) + 1)
      } else if state.isFinal, state == .done || !again.contains(id) {
        lost += finish(id, state)
      } else if state != .new, !state.isFinal {
        attempts[number] = UInt8(clamping: (table.details(of: id)?.attempt ?? 1) + (state >= .agentExecuting ? 1 : 0))
      } else if let attempt = table.details(of: id)?.attempt, attempt > 1 {
        attempts[number] = UInt8(clamping: attempt)
      }
    }
    // The host may have ended between a failure and what follows from it.
    canceledOnArrival = lost.filter { !table.state(of: $0.0).isFinal }
    // Which of them a person canceled is in the table alone.
    self.lost = IDSet()
    for (id, _) in canceledOnArrival { self.lost.insert(id) }
    for id in table.failedAndLost where state(of: id) == .canceled { self.lost.insert(id) }
  }
}
