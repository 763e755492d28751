import Glibc
import Platform
import SessionModel
import Staging
import Work

/// A task between its start and its final state.
final class RunningTask {
  enum Stage {
    case stagingInput
    /// Its processes run.
    case executing
    /// Its first processes ended; others of its tree are given the rest of the grace.
    case emptying
    case stagingOutput
  }

  /// Why the task was told to end, when it did not end by itself.
  enum EndReason: Equatable {
    case canceled
    case timedOut(Double)
    case pilotEnded(String)
    case rankFailed
    /// Not all of its ranks could be started.
    case notStarted(Shortage)
  }

  struct Rank {
    var pid: pid_t
    var number: Int
    /// Says how far its `pre_exec` has come.
    var marker: PreExecMarker?
    var isAlive = true
  }

  let item: ResolvedTask
  let directory: String
  let slots: TaskSlots
  var stage = Stage.stagingInput
  var ranks: [Rank] = []
  /// When it was taken up, staging included.
  let begun = ContinuousClock.now
  var started = ContinuousClock.now
  /// Brings its files, while that lasts.
  var staging: StagingJob?
  /// The sources of moved inputs, which go when it has come to a good end.
  var moved: [StagingRemoval] = []
  /// Whether its directory was made, and is empty but for its inputs.
  var hasDirectory = false
  /// Where an earlier attempt ran.
  var earlier: String?
  var endReason: EndReason?
  /// When its processes are killed, once it was told to end.
  var killTime: ContinuousClock.Instant?
  var timer: PollLoop.TimerID?
  var result: TaskResult
  /// For what MPI keeps beside its processes; `nil` when no launcher is used.
  var scratch: String?
  /// Shared memory of MPI that processes had which were killed.
  var segments: Set<String> = []
  /// Whether the interpreter of a function said how the call went; one that died did not.
  var isAnswered = false

  init(item: ResolvedTask, directory: String, slots: TaskSlots) {
    self.item = item
    self.directory = directory
    self.slots = slots
    result = TaskResult(attempt: item.attempt)
  }

  var aliveRanks: Bool { ranks.contains(where: \.isAlive) }

  /// Whether it was never wholly started, and is put back once nothing of it runs.
  var isOnItsWayBack: Bool { if case .notStarted = endReason { true } else { false } }

  var isFunction: Bool { item.description.function != nil }

  /// The entry of its `pre_exec` that a rank ended in, before the program.
  var unfinishedEntry: String? {
    for rank in ranks { if let entry = rank.marker?.entry { return entry } }
    return nil
  }

  var hasSucceeded: Bool { result.signal == nil && result.exitCode == 0 && (!isFunction || isAnswered) }

  /// Adds what one rank used.
  ///
  /// - Parameter memoryFloor: peaks up to here (KiB) are this process's own, see `OwnMemory`.
  func note(_ usage: rusage, memoryFloor: Int) {
    result.user = (result.user ?? 0) + usage.ru_utime.seconds
    result.system = (result.system ?? 0) + usage.ru_stime.seconds
    if usage.ru_maxrss > memoryFloor { result.peakMemory = max(result.peakMemory ?? 0, usage.ru_maxrss) }
  }

  /// Takes over what the interpreter of a function said of the call.
  func note(_ answer: TaskResult) {
    isAnswered = true
    ranks = []
    let attempt = result.attempt
    result = answer
    result.attempt = attempt
  }

  /// Takes over how one rank ended; the first bad end is the task's.
  func note(status: Int32) {
    let signal = status & 0x7f
    let code = (status >> 8) & 0xff
    guard result.signal == nil, result.exitCode ?? 0 == 0 else { return }
    if signal != 0 {
      result.signal = signal
      result.exitCode = nil
    } else {
      result.exitCode = code
    }
  }
}

extension timeval {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

/// How much memory this process has used at most.
///
/// Up to its exec a child shares its parent's memory, and Linux counts that as the child's, so a task's peak below its
/// agent's cannot be told.
struct OwnMemory {
  private var peak = 0
  private var nextReading = ContinuousClock.now

  /// KiB, with a margin for growth since the last reading; it is read at most once a second.
  mutating func floor() -> Int {
    let now = ContinuousClock.now
    guard now >= nextReading else { return peak }
    nextReading = now + .seconds(1)
    let lines = (try? readFile("/proc/self/status"))?.split(separator: 0x0a) ?? []
    for line in lines where line.starts(with: "VmHWM:".utf8) {
      let digits = line.filter { $0 >= 0x30 && $0 <= 0x39 }
      peak = (Int(String(decoding: digits, as: UTF8.self)) ?? 0) + 2048
    }
    return peak
  }
}
