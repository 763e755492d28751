import Executor
import Leftovers
import SessionModel
import Words
import Work

/// Makes of what RP says of a pilot what may be shown of it; no I/O.
struct PilotTracker {
  /// RP asks for a limit, and its own default of ten minutes surprises.
  static let defaultRuntime = 3600.0

  /// RP counts in whole minutes, of which a pilot has one at least; the configuration has bounded them.
  static func minutes(_ seconds: Double) -> Int { Int(max(1, min(seconds, NumberRules.longest) / 60).rounded(.up)) }

  private(set) var uid = "pilot.0000"
  private var count = 0
  private(set) var status: PilotStatus?
  private(set) var cores = 0
  private var gpus = 0
  private(set) var coresPerNode = 0
  private var activeSince: Timestamp?
  /// Its nodes, once it has some.
  private(set) var nodes: Int?
  /// Whether the log was told that Slurm does not answer, and not yet that it does.
  var hasSaidSilence = false
  /// Seconds.
  var runtime = Self.defaultRuntime
  var isSubmitted = false
  var isCancelRequested = false
  var limitReached: String?

  /// Another pilot is about to be submitted.
  mutating func begin(_ configuration: RuntimeConfiguration) {
    let number = String(count)
    uid = "pilot." + String(repeating: "0", count: max(0, 4 - number.count)) + number
    count += 1
    cores = configuration.cores ?? 0
    gpus = configuration.gpus
    runtime = configuration.runtime ?? Self.defaultRuntime
    (status, activeSince, nodes, limitReached, hasSaidSilence) = (nil, nil, nil, nil, false)
    (isSubmitted, isCancelRequested) = (true, false)
  }

  var isActive: Bool { status?.state == .active }
  /// Whether its agent has been at work.
  var wasActive: Bool { activeSince != nil }
  var isFinal: Bool { status?.state.isFinal ?? false }

  /// - Returns: the status to show, or `nil` when nothing is new.
  mutating func receive(_ uid: String, _ state: PilotState, at time: Timestamp, _ record: PilotRecord) -> PilotStatus? {
    // RP tells the first state and the last one twice; the first final state is how it went.
    guard uid == self.uid, !isFinal, status?.state != state else { return nil }
    var detail: String?
    switch state {
    case .active:
      activeSince = time
      cores = record.cores ?? cores
      gpus = record.gpus ?? gpus
      coresPerNode = record.coresPerNode ?? cores
      nodes = record.nodes
    case .failed: detail = limitReached ?? record.reason
    case .done, .canceled:
      detail = limitReached ?? endedByLimit(time) ?? (isCancelRequested ? nil : "ended from outside")
    default: break
    }
    return set(state, detail)
  }

  static func limitReached(_ runtime: Double) -> String {
    "the pilot's runtime limit of \(Format.plainSeconds(runtime)) is reached"
  }

  /// RP says DONE, and no more, when a pilot comes to its limit.
  func endedByLimit(_ time: Timestamp) -> String? {
    guard !isCancelRequested, let activeSince, time.seconds(since: activeSince) >= runtime * 0.9 else { return nil }
    return Self.limitReached(runtime)
  }

  /// The helper is gone, and with it whoever could say more.
  mutating func lost(_ why: String) -> PilotStatus? { isFinal || !isSubmitted ? nil : set(.failed, why) }

  mutating func set(_ state: PilotState, _ detail: String?) -> PilotStatus {
    let new = PilotStatus(
      uid: uid, state: state, cores: cores, gpus: gpus, nodes: nodes, runtime: runtime, detail: detail)
    status = new
    return new
  }
}
