import Words
import JSON
import PythonCall
import SessionModel
import Work

/// Makes of what RP says of tasks what happened to them; no I/O.
///
/// RP's own way of telling is not always what a user may be shown: a task over its time limit is CANCELED without a
/// word, a canceled one may get further final states, one that was taken back looks like one that was canceled.
struct TaskTracker {
  /// What to know of a task that RP has.
  struct Entry {
    var attempt: Int
    var submission: Int
    var timeout: Double?
    var isCall: Bool
    var isInRaptor: Bool
    var usesLauncher: Bool
    var executing: Timestamp?
    /// The agent said that it has ended the task's processes, or that they have ended.
    var isAgentDone = false
    var isCancelRequested = false
    var isWithdrawn = false
    /// What ends it, when that is neither itself nor someone who wants it canceled.
    var cause: String?
  }

  private(set) var entries: [TaskID: Entry] = [:]
  /// Of tasks that may be submitted again, the number that is next.
  private var nextSubmission: [TaskID: Int] = [:]
  /// The limit that was reached, in words; what is canceled then is so for that reason.
  var limitReached: String?

  /// - Returns: the number of the submission.
  @discardableResult
  mutating func add(
    _ id: TaskID, attempt: Int, timeout: Double?, isCall: Bool = false, isInRaptor: Bool = false,
    usesLauncher: Bool = false
  ) -> Int {
    let submission = nextSubmission[id] ?? 1
    entries[id] = Entry(
      attempt: attempt, submission: submission, timeout: timeout, isCall: isCall, isInRaptor: isInRaptor,
      usesLauncher: usesLauncher)
    return submission
  }

  /// The tasks that have not come to their end.
  var all: [TaskID] { entries.keys.sorted() }
  var inRaptor: [TaskID] { entries.filter(\.value.isInRaptor).map(\.key).sorted() }

  /// RP's ids of calls whose start it has not told; it does so only when they end.
  var waitingCalls: [String] { uids(of: entries.filter { $1.isCall && $1.executing == nil }.map(\.key)) }

  /// RP's ids of those of the tasks that it has.
  func uids(of ids: [TaskID]) -> [String] {
    ids.compactMap { id in entries[id].map { TaskMapping.uid(id, submission: $0.submission) } }
  }

  mutating func noteCancel(_ ids: [TaskID]) { for id in ids { entries[id]?.isCancelRequested = true } }

  /// Whether RP was told to give the task up, and has not said that it did.
  func awaitsCancel(_ id: TaskID) -> Bool {
    entries[id].map { $0.isCancelRequested || ($0.isWithdrawn && $0.executing == nil) } ?? false
  }

  /// Tasks to be taken back; those that have started are left alone.
  ///
  /// - Parameters:
  ///   - onlyRaptor: takes back what goes through the raptor only.
  ///   - hasStarted: of a call, by RP's id, which tells the start only when it ends.
  ///   - cause: why they are taken back, when it is not `withdraw` that does.
  mutating func withdraw(onlyRaptor: Bool = false, cause: String? = nil, hasStarted: (String) -> Bool) -> [TaskID] {
    let ids = entries.filter { id, entry in
      entry.executing == nil && !entry.isCancelRequested && (entry.isInRaptor || !onlyRaptor)
        && !(entry.isCall && hasStarted(TaskMapping.uid(id, submission: entry.submission)))
    }.map(\.key).sorted()
    for id in ids {
      entries[id]?.isWithdrawn = true
      entries[id]?.cause = cause
    }
    return ids
  }

  /// Notes what is about to end tasks.
  mutating func note(cause: String, of ids: [TaskID]) {
    for id in ids where entries[id]?.cause == nil { entries[id]?.cause = cause }
  }

  /// Whether a withdrawal still waits for RP's word.
  var isWithdrawing: Bool { entries.values.contains { $0.isWithdrawn && $0.executing == nil } }

  enum Outcome: Equatable {
    case event(SessionEvent)
    /// It never started, and RP has given it up; with the cause, when one was given.
    case withdrawn(TaskID, attempt: Int, cause: String?)
  }

  /// - Returns: what follows; nothing for a task that is not known, or had its end.
  mutating func receive(_ uid: String, _ stateName: String, at time: Timestamp, _ record: TaskRecord?) -> Outcome? {
    guard let (id, submission) = TaskMapping.task(of: uid), var entry = entries[id], entry.submission == submission,
      let state = TaskState(name: stateName)
    else { return nil }
    guard state.isFinal else {
      // Of a call, RP says that it runs when it has ended; the helper knows before.
      guard entry.executing == nil || state > .agentExecuting else { return nil }
      if state == .agentExecuting { entry.executing = time }
      if state > .agentExecuting { entry.isAgentDone = true }
      entries[id] = entry
      let result = entry.attempt > 1 ? TaskResult(attempt: entry.attempt) : nil
      return .event(event(id, entry, state, result, at: time))
    }
    // The first final state is how it went.
    entries[id] = nil
    if state != .done || entry.isCall { nextSubmission[id] = submission + 1 }
    let isCallUnstarted = record?.returnValue.flatMap(CallAnswer.init)?.started == false
    if entry.isWithdrawn, isCallUnstarted || (state == .canceled && entry.executing == nil) {
      return .withdrawn(id, attempt: entry.attempt, cause: entry.cause)
    }
    let (final, result) = end(of: id, entry, state, at: time, record ?? TaskRecord())
    let ended = record?.returnValue.flatMap(CallAnswer.init)?.time
    return .event(event(id, entry, final, result, at: ended.map { min($0, time) } ?? time))
  }

  /// Every task that has not come to its end, as failed with the raptor or the pilot it was in.
  mutating func fail(_ ids: [TaskID], _ reason: String) -> [SessionEvent] {
    ids.compactMap { id in
      guard let entry = entries.removeValue(forKey: id) else { return nil }
      // RP may have it still: it does not take the id again, and what it says of it is late.
      nextSubmission[id] = entry.submission + 1
      // What was taken back before it began goes on elsewhere.
      let isBack = entry.isWithdrawn && entry.executing == nil
      let state: TaskState = entry.isCancelRequested ? .canceled : isBack ? .new : .failed
      let why = entry.isCancelRequested ? "canceled on request" : isBack ? entry.cause ?? reason : reason
      return event(id, entry, state, TaskResult(attempt: entry.attempt, reason: why), at: .now)
    }
  }

  private func event(
    _ id: TaskID, _ entry: Entry, _ state: TaskState, _ result: TaskResult?, at time: Timestamp
  ) -> SessionEvent {
    SessionEvent(time: time, source: entry.isInRaptor ? .raptor : .engine, .task(id, state, result))
  }

  private func end(
    of id: TaskID, _ entry: Entry, _ state: TaskState, at time: Timestamp, _ record: TaskRecord
  ) -> (TaskState, TaskResult) {
    if entry.isCall, let answer = record.returnValue.flatMap(CallAnswer.init) {
      return answer.end(of: id, attempt: entry.attempt, timeout: entry.timeout)
    }
    var result = Self.result(of: record, entry)
    switch state {
    case .failed: result.reason = Self.reason(record, result, entry)
    case .done where entry.isCall:
      result.reason = "RADICAL-Pilot's worker gave no answer to its call"
      return (.failed, result)
    case .canceled where entry.isCancelRequested: result.reason = "canceled on request"
    case .canceled:
      // RP calls a time limit a cancel, and says no more.
      if let timeout = entry.timeout, let start = entry.executing, time.seconds(since: start) >= timeout - 0.5 {
        result.reason = timeLimitPassed(timeout)
        return (.failed, result)
      }
      if let cause = entry.cause, !entry.isWithdrawn {
        result.reason = cause
        return (.failed, result)
      }
      if let limitReached, !entry.isWithdrawn {
        result.reason = limitReached
        return (.failed, result)
      }
      result.reason =
        entry.isWithdrawn ? "it had just started when it was taken back" : "canceled by RADICAL-Pilot"
    default: break
    }
    return (state, result)
  }

  /// What is known of a program: more than RP says when it was the only one, of several ranks what their launcher says.
  private static func result(of record: TaskRecord, _ entry: Entry) -> TaskResult {
    guard let end = record.end, !entry.usesLauncher else {
      // RP's shell says 1 when files could not be brought.
      return TaskResult(exitCode: record.problem == nil ? record.exitCode : nil, attempt: entry.attempt)
    }
    var result = TaskResult(exitCode: end.exitCode, signal: end.signal, attempt: entry.attempt)
    result.user = end.user
    result.system = end.system
    result.peakMemory = end.peak
    result.wall = end.wall
    return result
  }

  /// Why a program failed, in the words of every engine; RP's own where there was none.
  private static func reason(_ record: TaskRecord, _ result: TaskResult, _ entry: Entry) -> String? {
    if let problem = record.problem { return problem }
    if let reason = record.end?.reason, !entry.usesLauncher { return reason }
    // "task failed" is what the state says already.
    if let exception = record.exception, !exception.contains("task failed") { return PrintedText.shortened(exception) }
    let lastLine = PrintedText.lastLine(of: record.stderr ?? "")
    if result.exitCode == nil, result.signal == nil, record.end?.reason == nil {
      return lastLine.isEmpty ? "RADICAL-Pilot gives no reason" : lastLine
    }
    return ProgramEnd.reason(
      exitCode: result.exitCode, signal: result.signal, problem: record.end?.reason, entry: record.end?.entry,
      lastLine: lastLine)
  }
}
