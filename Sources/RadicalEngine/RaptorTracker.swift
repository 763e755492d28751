import SessionModel
import Words

/// Makes of what RP says of a raptor and its workers what may be shown; no I/O.
struct RaptorTracker {
  private(set) var uid = ""
  private var count = 0
  private(set) var status: RaptorStatus?
  private var workers: [String: TaskState] = [:]
  /// The agent said that the master's process has ended.
  private var isAgentDone = false
  private var isStopping = false
  /// Waits for an active pilot.
  private(set) var isWanted = false

  var isAlive: Bool { status.map { !$0.state.isFinal } ?? false }
  /// Whether tasks may be given to it.
  var takesWork: Bool { isAlive && !isStopping }

  mutating func begin(workers slots: Int) -> RaptorStatus {
    let number = String(count)
    uid = "raptor." + String(repeating: "0", count: max(0, 4 - number.count)) + number
    count += 1
    (workers, isAgentDone, isStopping, isWanted) = ([:], false, false, true)
    let new = RaptorStatus(uid: uid, state: .new, workers: slots)
    status = new
    return new
  }

  mutating func submitted() { isWanted = false }
  mutating func stopping() { isStopping = true }

  /// What the raptor answered to CPI `hello`.
  mutating func greeted(_ words: String) -> RaptorStatus? {
    guard isAlive else { return nil }
    status?.hello = words
    return status
  }

  enum Change: Equatable {
    case status(RaptorStatus)
    /// RP called it CANCELED, and the agent has not said that its process ended.
    case unconfirmed(RaptorStatus)
  }

  mutating func receive(_ uid: String, _ state: TaskState, _ record: TaskRecord?) -> Change? {
    guard let current = status, !current.state.isFinal else { return nil }
    if uid != self.uid {
      guard uid.hasPrefix(self.uid + ".") else { return nil }
      workers[uid] = state
      var new = current
      new.detail = workersText
      status = new
      return .status(new)
    }
    if state > .agentExecuting, !state.isFinal {
      // For people it runs until it has ended.
      isAgentDone = true
      return nil
    }
    if state == .canceled, current.state >= .agentExecuting, !isAgentDone {
      status?.detail = "cancel requested; RADICAL-Pilot's CANCELED is not confirmed by its agent"
      return status.map(Change.unconfirmed)
    }
    var new = current
    new.state = state
    new.detail = state == .failed ? record.flatMap(Self.reason) ?? "the master failed" : workersText
    status = new
    return .status(new)
  }

  /// A raptor ends with its pilot.
  mutating func pilotEnded() -> RaptorStatus? {
    isWanted = false
    guard isAlive else { return nil }
    status?.state = .failed
    status?.detail = "the pilot ended"
    return status
  }

  /// A raptor that was never submitted is ended by forgetting it.
  mutating func forget() -> RaptorStatus? {
    guard isWanted, isAlive else { return nil }
    isWanted = false
    status?.state = .canceled
    return status
  }

  var hasDeadWorker: Bool { workers.values.contains { $0 == .failed } }

  private var workersText: String? {
    guard !workers.isEmpty else { return nil }
    let states = Dictionary(grouping: workers.values, by: \.name).map { "\($1.count) \($0)" }.sorted()
    return "workers: " + states.joined(separator: ", ")
  }

  private static func reason(_ record: TaskRecord) -> String? {
    let last = PrintedText.lastLine(of: record.stderr ?? "")
    return last.isEmpty ? record.exception.map(PrintedText.shortened) : last
  }
}
