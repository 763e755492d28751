import FoundationEssentials
import SessionModel

/// Makes of what RP says of tasks what happened to them; no I/O.
///
/// RP's own way of telling is not always what a user may be shown: a task over its time limit is CANCELED without a
/// word, a canceled one may get further final states, one that was taken back looks like one that was canceled.
struct TaskTracker {
  /// What to know of a task that RP has.
  struct Entry {
    var attempt: Int
    var timeout: Double?
    var isCall: Bool
    var isInRaptor: Bool
    var executing: Timestamp?
    /// The agent said that it has ended the task's processes, or that they have ended.
    var isAgentDone = false
    var isCancelRequested = false
    var isWithdrawn = false
  }

  private(set) var entries: [TaskID: Entry] = [:]
  /// The limit that was reached, in words; what is canceled then is so for that reason.
  var limitReached: String?

  mutating func add(
    _ id: TaskID, attempt: Int, timeout: Double?, isCall: Bool = false, isInRaptor: Bool = false
  ) {
    entries[id] = Entry(attempt: attempt, timeout: timeout, isCall: isCall, isInRaptor: isInRaptor)
  }

  /// The tasks that have not come to their end.
  var all: [TaskID] { entries.keys.sorted() }
  var inRaptor: [TaskID] { entries.filter(\.value.isInRaptor).map(\.key).sorted() }

  /// RP's ids of those of the tasks that it has.
  func uids(of ids: [TaskID]) -> [String] {
    ids.compactMap { id in entries[id].map { TaskMapping.uid(id, attempt: $0.attempt) } }
  }

  mutating func noteCancel(_ ids: [TaskID]) { for id in ids { entries[id]?.isCancelRequested = true } }

  /// Tasks to be taken back; those that have started are left alone.
  mutating func withdraw() -> [TaskID] {
    let ids = entries.filter { $0.value.executing == nil && !$0.value.isCancelRequested }.map(\.key).sorted()
    for id in ids { entries[id]?.isWithdrawn = true }
    return ids
  }

  /// Whether a withdrawal still waits for RP's word.
  var isWithdrawing: Bool { entries.values.contains { $0.isWithdrawn && $0.executing == nil } }

  enum Outcome: Equatable {
    case event(SessionEvent)
    /// It never started, and RP has given it up.
    case withdrawn(TaskID)
  }

  /// - Returns: what follows; nothing for a task that is not known, or had its end.
  mutating func receive(_ uid: String, _ stateName: String, at time: Timestamp, _ record: TaskRecord?) -> Outcome? {
    guard let (id, attempt) = TaskMapping.task(of: uid), var entry = entries[id], entry.attempt == attempt,
      let state = TaskState(name: stateName)
    else { return nil }
    guard state.isFinal else {
      if state == .agentExecuting { entry.executing = entry.executing ?? time }
      if state > .agentExecuting { entry.isAgentDone = true }
      entries[id] = entry
      return .event(event(id, state, attempt > 1 ? TaskResult(attempt: attempt) : nil, at: time))
    }
    // The first final state is how it went.
    entries[id] = nil
    if entry.isWithdrawn, state == .canceled, entry.executing == nil { return .withdrawn(id) }
    let (final, result) = end(of: entry, state, at: time, record ?? TaskRecord())
    return .event(event(id, final, result, at: time))
  }

  /// Every task that has not come to its end, as failed with the raptor or the pilot it was in.
  mutating func fail(_ ids: [TaskID], _ reason: String) -> [SessionEvent] {
    ids.compactMap { id in
      guard let entry = entries.removeValue(forKey: id) else { return nil }
      let state: TaskState = entry.isCancelRequested ? .canceled : .failed
      return event(id, state, TaskResult(attempt: entry.attempt, reason: reason), at: .now)
    }
  }

  private func event(_ id: TaskID, _ state: TaskState, _ result: TaskResult?, at time: Timestamp) -> SessionEvent {
    SessionEvent(time: time, source: .engine, .task(id, state, result))
  }

  private func end(of entry: Entry, _ state: TaskState, at time: Timestamp, _ record: TaskRecord) -> (
    TaskState, TaskResult
  ) {
    var result = TaskResult(exitCode: record.exitCode, attempt: entry.attempt)
    if entry.isCall, let answer = record.returnValue.flatMap(CallAnswer.init) {
      return answer.end(entry, state, &result)
    }
    switch state {
    case .failed: result.reason = Self.reason(record)
    case .canceled where entry.isCancelRequested: break
    case .canceled:
      // RP calls a time limit a cancel, and says no more.
      if let timeout = entry.timeout, let start = entry.executing, time.seconds(since: start) >= timeout - 0.5 {
        result.reason = "its time limit of \(number(timeout)) s passed"
        return (.failed, result)
      }
      result.reason = limitReached ?? (entry.isWithdrawn ? "it had just started when it was taken back" : "canceled by RADICAL-Pilot")
    default: break
    }
    return (state, result)
  }

  /// The last line of a task's standard error, else RP's exception, cut to a readable length.
  private static func reason(_ record: TaskRecord) -> String? {
    let lines = (record.stderr ?? "").split(separator: "\n").map { $0.trimmed }.filter { !$0.isEmpty }
    if let last = lines.last { return cut(last) }
    // "task failed" is what the state says already.
    guard let exception = record.exception, !exception.contains("task failed") else { return nil }
    return cut(exception)
  }

  static func cut(_ text: String, _ limit: Int = 300) -> String {
    text.count <= limit ? text : text.prefix(limit / 2) + " … " + text.suffix(limit / 2)
  }
}

/// What the helper's code in a worker says of a call.
struct CallAnswer: Decodable {
  var value: String?
  var reason: String?
  var exitCode: Int32?
  var signal: Int32?
  /// `timeout` or `canceled`.
  var ended: String?

  enum CodingKeys: String, CodingKey {
    case value, reason
    case exitCode = "exit_code"
    case signal, ended
  }

  init?(_ json: String) {
    guard let answer = try? JSONDecoder().decode(CallAnswer.self, from: Data(json.utf8)) else { return nil }
    self = answer
  }

  fileprivate func end(_ entry: TaskTracker.Entry, _ state: TaskState, _ result: inout TaskResult) -> (
    TaskState, TaskResult
  ) {
    result.exitCode = exitCode
    result.signal = signal
    result.reason = reason
    switch ended {
    case "canceled": return (.canceled, result)
    case "timeout":
      result.reason = "its time limit of \(number(entry.timeout ?? 0)) s passed"
      return (.failed, result)
    default: break
    }
    return (exitCode == 0 && signal == nil ? .done : .failed, result)
  }
}

/// A number of seconds without a needless fraction.
private func number(_ value: Double) -> String { value == value.rounded() ? String(Int(value)) : String(value) }

extension Substring {
  fileprivate var trimmed: String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
