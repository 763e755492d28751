import SessionModel
import Words

/// Makes of what RP says of a raptor and its workers what may be shown; no I/O.
struct RaptorTracker {
  private(set) var uid = ""
  private var count = 0
  private(set) var status: RaptorStatus?
  private var workers: [String: Worker] = [:]
  /// The agent said that the master's process has ended.
  private var isAgentDone = false
  private var isStopping = false
  /// Waits for an active pilot.
  private(set) var isWanted = false

  private struct Worker {
    var state = TaskState.new
    /// Of the pilot, from its place on a node to the end of its process.
    var cores: Int
    var holdsCores: Bool { state >= .agentExecutingPending && state <= .agentExecuting }
  }

  var isAlive: Bool { status.map { !$0.state.isFinal } ?? false }
  /// Whether tasks may be given to it.
  var takesWork: Bool { isAlive && !isStopping }

  mutating func begin(workers slots: Int) -> RaptorStatus {
    let number = String(count)
    uid = "raptor." + String(repeating: "0", count: max(0, 4 - number.count)) + number
    count += 1
    (workers, isAgentDone, isStopping, isWanted) = ([:], false, false, true)
    let new = RaptorStatus(uid: uid, state: .new, workers: slots, workerCores: 0)
    status = new
    return new
  }

  /// - Parameter workers: the cores of each, by RP's id.
  mutating func submitted(workers cores: [String: Int] = [:]) {
    isWanted = false
    workers = cores.mapValues { Worker(cores: $0) }
  }
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
    guard let current = status else { return nil }
    if uid != self.uid {
      // They may outlive their master.
      guard let worker = workers[uid], !worker.state.isFinal else { return nil }
      workers[uid]?.state = state
      return ofWorkers(current).map(Change.status)
    }
    guard !current.state.isFinal else { return nil }
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

  /// It was not submitted, because it cannot be.
  mutating func refused(_ why: String) -> RaptorStatus? {
    guard isWanted, isAlive else { return nil }
    isWanted = false
    status?.state = .failed
    status?.detail = why
    return status
  }

  /// A raptor ends with its pilot.
  mutating func pilotEnded() -> RaptorStatus? {
    isWanted = false
    guard isAlive else { return nil }
    workers = [:]
    status?.pilotEnded()
    return status
  }

  /// A raptor that was never submitted is ended by forgetting it.
  mutating func forget() -> RaptorStatus? {
    guard isWanted, isAlive else { return nil }
    isWanted = false
    status?.state = .canceled
    return status
  }

  var hasDeadWorker: Bool { workers.values.contains { $0.state == .failed } }

  /// The status with what its workers do now; `nil` when that is no news.
  private mutating func ofWorkers(_ current: RaptorStatus) -> RaptorStatus? {
    var new = current
    new.workerCores = workers.values.reduce(0) { $0 + ($1.holdsCores ? $1.cores : 0) }
    // Why a raptor has failed is worth more.
    if current.state != .failed { new.detail = workersText }
    guard new != current else { return nil }
    status = new
    return new
  }

  /// Those that are there, or failed: they start with the first function.
  private var workersText: String? {
    let phases = workers.values.map(\.state).filter { $0 != .new && $0 != .done && $0 != .canceled }.map(\.phase)
    // For people, one that waits for its place on a node is queued, whatever RP calls it.
    let counts = [TaskPhase.running, .queued, .failed].compactMap { phase -> String? in
      let count = phases.count { $0 == phase || ($0 == .waiting && phase == .queued) }
      return count > 0 ? "\(count) \(phase.word)" : nil
    }
    return counts.isEmpty ? nil : "workers: " + counts.joined(separator: ", ")
  }

  private static func reason(_ record: TaskRecord) -> String? {
    let last = PrintedText.lastLine(of: record.stderr ?? "")
    return last.isEmpty ? record.exception.map(PrintedText.shortened) : last
  }
}
