import Executor
import Platform
import SessionLink
import SessionModel

/// Takes the commands of others to the executor, and says how they go once the journal has it.
struct CommandReceiver: CommandTaker {
  let executor: DispatchingExecutor
  let journal: Journal

  func take(
    _ command: OperatorCommand, sender: CommandSender, reason: String?,
    report: @escaping @Sendable (CommandRecord) -> Void
  ) {
    // Acknowledged work is in the journal, and so on the disk: that cannot be promised now.
    if case .submit = command, let problem = journal.problem {
      report(
        CommandRecord(
          id: 0, verb: .submit, sender: sender, reason: reason,
          stage: .finished(.failed(.notRecorded, "no work is taken: \(problem)"))))
      return
    }
    executor.send(command, sender: sender, reason: reason) { [journal] record in
      // In the order of these calls.
      if record.verb == .submit {
        journal.whenInFile { report(record) }
      } else {
        journal.whenWritten { report(record) }
      }
    }
  }

  /// What came through the inbox; how it goes stands in the journal.
  func take(_ item: Inbox.Item) {
    switch item.command {
    case .success(let (command, reason)):
      take(command, sender: item.sender, reason: reason) { record in
        if record.id == 0, case .finished(let outcome) = record.stage {
          warn("\(record.verb.rawValue) of \(record.sender.words): \(outcome.words)")
        }
      }
    case .failure(let problem): warn("\(problem) (from \(item.sender.words))")
    }
  }

  /// Ends the session at once, and its tasks: whatever is done from here on might not be this user's doing.
  func endSession(because reason: String) {
    journal.record([SessionEvent(source: .executor, .log(.error, reason))])
    executor.send(.close(.none), sender: CommandSender(user: userName()), reason: reason)
  }

  func warn(_ text: String) { journal.record([SessionEvent(source: .executor, .log(.warning, text))]) }
}
