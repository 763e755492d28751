import Glibc
import JSON
import Platform
import SessionLink
import SessionModel
import Wire
import Words
import Work

/// One command of the command line on its way to a session.
struct CommandCall {
  private let found: FoundSession
  private let options: CommandOptions
  private let link: HostLink
  private let watchdog: Watchdog
  private let deadline: ContinuousClock.Instant?
  /// What a host that has closed its session gets to end in.
  private static let lastWords = Duration.seconds(5)

  /// - Parameter watchdog: since before the session was looked for.
  init(_ found: FoundSession, _ options: CommandOptions, _ watchdog: Watchdog) {
    (self.found, self.options, self.watchdog) = (found, options, watchdog)
    link = HostLink(found.directory, origin: originWords(), isReadOnly: false)
    deadline = options.timeout.map { .now + .seconds($0) }
  }

  /// Sends the command, and waits until it is acknowledged or, with `--wait`, has come to its end.
  ///
  /// - Parameter waits: whether its end is waited for, whatever the options say.
  /// - Throws: `ExitStatus` when it did not get through, after saying why.
  func perform(_ command: OperatorCommand, waits: Bool? = nil) throws(ExitStatus) -> CommandReport {
    let waits = waits ?? options.wait
    let host = HostRecord(in: found.directory)
    do {
      if found.directory.isCommandable, link.look(until: deadline) == .alive, let problem = link.connectionProblem {
        complain("scalems-top: \(problem); the command goes through the session's files")
      }
      let report = try link.perform(
        command, reason: options.reason, waits: waits, until: deadline, patience: patience)
      if waits, command.verb == .close, report.stage.isFinished, let host { awaitEnd(of: host) }
      return report
    } catch {
      switch error {
      case .refused(let problem): throw refuse(problem.description, code: problem.code.rawValue)
      case .notFinished:
        throw refuse(
          "the session closed before the command came to its end", code: CommandFailure.Code.closed.rawValue)
      case .sessionClosed:
        throw refuse("session \(found.id) has closed", code: CommandFailure.Code.closed.rawValue)
      case .hostGone:
        options.putProblem("the host of session \(found.id) is gone", code: "host_gone")
        throw hostGone(found.id)
      case .timedOut:
        options.putProblem("no answer in time", code: "timeout")
        throw tooLong()
      case .unanswered(let words):
        options.putProblem(words, code: "timeout")
        throw unanswered(words)
      }
    }
  }

  private var patience: HostPatience {
    let limit = options.patience
    var patience = HostPatience(limit: limit) { words in
      complain("scalems-top: \(words); it is waited for, \(Format.plainSeconds(limit.seconds)) in all (--timeout)")
    }
    patience.onLook = { [watchdog] in watchdog.pet() }
    return patience
  }

  private func unanswered(_ words: String) -> ExitStatus {
    complain(
      "scalems-top: \(words); given up after \(Format.plainSeconds(patience.limit.seconds)): "
        + "what was asked for goes on when the host does")
    return ExitStatus(code: ExitStatus.timeout)
  }

  private func refuse(_ text: String, code: String? = nil) -> ExitStatus {
    if let code { options.putProblem(text, code: code) }
    complain("scalems-top: \(text)")
    return ExitStatus(code: ExitStatus.refused)
  }

  private func tooLong() -> ExitStatus {
    complain("scalems-top: no answer within \(options.timeout ?? 0) s; what was asked for goes on")
    return ExitStatus(code: ExitStatus.timeout)
  }

  /// A session that was closed has nothing more to do than to end its process.
  private func awaitEnd(of host: HostRecord) {
    guard host.isOnThisMachine else { return }
    let limit = ContinuousClock.now + Self.lastWords
    while host.isRunning, .now < min(limit, deadline ?? limit) { usleep(2000) }
  }

  // MARK: What came of it

  /// The journal from here on, to follow tasks in that are submitted next.
  func tail() throws(ExitStatus) -> JournalTail {
    do { return try JournalTail(found.directory.journal, from: .end) } catch { throw refuse("\(error)") }
  }

  /// Waits for the end of tasks.
  ///
  /// - Parameter tail: the journal from before they were submitted on.
  /// - Returns: the exit status: of one task its own, of several 0 when all are DONE and 1 otherwise.
  func follow(_ ids: Range<UInt32>, in tail: JournalTail) throws(ExitStatus) -> Int32 {
    var results = TaskResults(ids)
    let end: HostLink.End
    do {
      end = try link.follow(until: deadline, patience: patience) { () throws(SessionDirectory.DirectoryError) in
        while !results.areComplete, let events = try tail.events() { results.take(events) }
        return results.areComplete || results.hasSessionClosed
      }
    } catch { throw refuse("\(error)") }
    switch end {
    case .done: break
    case .hostGone: throw hostGone(found.id)
    case .timedOut: throw tooLong()
    case .unanswered: throw unanswered(link.silenceWords)
    }
    results.ends.complainOfFailures(over: "the session closed")
    if options.json {
      // Once more, for all there is of them.
      do { try found.load().putTasks(ids.map { TaskID($0) }, now: .now) } catch { throw refuse("\(error)") }
    }
    return results.ends.exitCode
  }
}

/// How tasks ended that someone waits for, as the journal says it.
private struct TaskResults {
  private let ids: Range<UInt32>
  private var ended: [TaskID: (state: TaskState, result: TaskResult?)] = [:]
  private(set) var hasSessionClosed = false

  init(_ ids: Range<UInt32>) { self.ids = ids }

  var areComplete: Bool { ended.count == ids.count }

  mutating func take(_ events: [SessionEvent]) {
    for event in events {
      switch event.kind {
      case .task(let id, let state, let result) where state.isFinal && ids.contains(id.number) && ended[id] == nil:
        ended[id] = (state, result)
      default: break
      }
    }
    // A session that was taken up again closes more than once.
    if case .sessionClosed? = events.last?.kind { hasSessionClosed = true }
  }

  var ends: TaskEnds {
    TaskEnds(
      ended.sorted { $0.key < $1.key }.map { id, end in
        TaskEnds.End(
          uid: id.uid, state: end.state, exitCode: end.result?.exitCode, signal: end.result?.signal,
          reason: end.result?.reason)
      }, open: ids.count - ended.count)
  }
}
