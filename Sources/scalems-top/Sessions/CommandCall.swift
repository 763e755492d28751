import Dispatch
import Glibc
import Platform
import SessionLink
import SessionModel
import Synchronization
import Wire
import Work

/// One command of the command line on its way to a session.
struct CommandCall {
  private let found: FoundSession
  private let options: CommandOptions
  private let deadline: DispatchTime
  /// Seconds between two looks at files.
  private static let pause = 0.2

  init(_ found: FoundSession, _ options: CommandOptions) {
    self.found = found
    self.options = options
    deadline = options.timeout.map { .now() + $0 } ?? .distantFuture
  }

  /// Sends the command, and waits until it is acknowledged or, with `--wait`, has come to its end.
  ///
  /// - Parameter waits: whether its end is waited for, whatever the options say.
  /// - Throws: `ExitStatus` when it did not get through, after saying why.
  func perform(_ command: OperatorCommand, waits: Bool? = nil) throws(ExitStatus) -> CommandReport {
    guard let host = found.host else {
      if case .sessionClosed? = JournalEdges.lastEvent(of: found.directory.journal)?.kind {
        throw refuse("session \(found.id) has closed")
      }
      throw hostGone(found.id)
    }
    let waits = waits ?? options.wait
    if host.isOnThisMachine, let path = host.socket {
      do {
        let report = try send(command, over: path, waits)
        if waits, command.verb == .close, report.stage.isFinished { awaitEnd(of: host) }
        return report
      } catch let problem as ControlProblem {
        // The inbox is looked at all the same.
        complain("scalems-top: \(problem); the command goes through the session's files")
      } catch let status as ExitStatus { throw status } catch { throw refuse("\(error)") }
    }
    return try leave(command, waits)
  }

  private func refuse(_ text: String) -> ExitStatus {
    complain("scalems-top: \(text)")
    return ExitStatus(code: ExitStatus.refused)
  }

  private func tooLong() -> ExitStatus {
    complain("scalems-top: no answer within \(options.timeout ?? 0) s; what was asked for goes on")
    return ExitStatus(code: ExitStatus.timeout)
  }

  // MARK: Over the socket

  private func send(_ command: OperatorCommand, over path: String, _ waits: Bool) throws -> CommandReport {
    let client = try ControlClient(path, session: found.id, origin: originWords(), isReadOnly: false)
    defer { client.close() }
    let outcome = Mutex<Result<CommandReport, ControlProblem>?>(nil)
    let done = DispatchSemaphore(value: 0)
    client.send(command, reason: options.reason) { result in
      let isEnd: Bool
      switch result {
      case .success(let report): isEnd = report.stage.isFinished || !waits
      case .failure: isEnd = true
      }
      let isFirst = outcome.withLock { outcome in
        guard isEnd, outcome == nil else { return false }
        outcome = result
        return true
      }
      if isFirst { done.signal() }
    }
    guard done.wait(timeout: deadline) == .success else { throw tooLong() }
    switch outcome.withLock({ $0 }) {
    case .success(let report)?: return report
    case .failure(let problem)?:
      // Its last words may be in the journal.
      if found.host == nil {
        if case .sessionClosed? = JournalEdges.lastEvent(of: found.directory.journal)?.kind {
          throw refuse("the session closed before the command came to its end")
        }
        throw hostGone(found.id)
      }
      throw refuse("\(problem)")
    case nil: throw tooLong()
    }
  }

  /// A session that was closed has nothing more to do than to end its process.
  private func awaitEnd(of host: HostRecord) {
    let limit = DispatchTime.now() + 5
    while host.isRunning, .now() < min(limit, deadline) { usleep(2000) }
  }

  // MARK: Through the files

  private func leave(_ command: OperatorCommand, _ waits: Bool) throws(ExitStatus) -> CommandReport {
    let token = CommandRoute.newToken()
    var report: CommandReport?
    try follow(
      from: .end,
      onStart: { () throws(ExitStatus) in
        do {
          try Inbox(found.directory).put(command, reason: options.reason, origin: originWords(), token: token)
        } catch {
          throw refuse("\(error)")
        }
      }
    ) { event in
      guard case .command(let record) = event.kind, record.sender.request == token, record.stage != .requested else {
        return false
      }
      report = CommandReport(record)
      return record.stage.isFinished || !waits
    }
    guard let report else { throw refuse("the session closed before the command came to its end") }
    return report
  }

  private enum Start { case end, beginning }

  /// Reads what the journal says until `body` is content or the session has closed.
  private func follow(
    from start: Start, onStart: () throws(ExitStatus) -> Void, _ body: (SessionEvent) -> Bool
  ) throws(ExitStatus) {
    do {
      var reader = try JournalReader(found.directory.journal)
      // A line that is being written now is no event to this reader, and none of ours.
      if start == .end { reader = try JournalReader(found.directory.journal, from: reader.size) }
      try onStart()
      var host = HostWatch(found)
      while true {
        let isGone = host.isGone()
        var (isDone, hasClosed) = (false, false)
        while !isDone, let portion = try reader.next() {
          for event in portion.events where !isDone {
            // A session that was taken up again closes more than once.
            if case .sessionClosed = event.kind { hasClosed = true } else { hasClosed = false }
            isDone = body(event)
          }
        }
        if isDone || hasClosed { return }
        if isGone { throw hostGone(found.id) }
        guard DispatchTime.now() < deadline else { throw tooLong() }
        usleep(UInt32(Self.pause * 1e6))
      }
    } catch let status as ExitStatus { throw status } catch { throw refuse("\(error)") }
  }

  // MARK: What came of it

  /// Says how a command went.
  ///
  /// - Returns: the exit status.
  func say(_ report: CommandReport, _ verb: OperatorCommand.Verb) -> Int32 {
    switch report.stage {
    case .requested, .acknowledged:
      put("\(verb.rawValue): acknowledged\n")
      return 0
    case .finished(true, let outcome):
      put("\(verb.rawValue): \(outcome)\n")
      return 0
    case .finished(false, let outcome):
      complain("scalems-top: \(verb.rawValue): \(outcome)")
      return ExitStatus.refused
    }
  }

  /// Waits for the end of tasks.
  ///
  /// - Returns: the exit status: of one task its own, of several 0 when all are DONE and 1 otherwise.
  func follow(_ ids: Range<UInt32>) throws(ExitStatus) -> Int32 {
    var open = ids.count
    var results: [TaskID: (TaskState, TaskResult?)] = [:]
    try follow(from: .beginning, onStart: {}) { event in
      guard case .task(let id, let state, let result) = event.kind, ids.contains(id.number), state.isFinal,
        results[id] == nil
      else { return false }
      results[id] = (state, result)
      open -= 1
      return open == 0
    }
    if open > 0 { complain("scalems-top: \(open) of the tasks were not run: the session closed before") }
    for (id, (state, result)) in results.sorted(by: { $0.key < $1.key }) where state != .done {
      complain("scalems-top: \(id.uid) is \(state.name)" + (result?.reason.map { ": \($0)" } ?? ""))
    }
    if ids.count == 1, let (state, result) = results.first?.value {
      if let signal = result?.signal { return 128 + signal }
      return state == .done ? 0 : max(1, result?.exitCode ?? 1)
    }
    return open == 0 && results.values.allSatisfy { $0.0 == .done } ? 0 : 1
  }
}
