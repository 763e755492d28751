#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How many tasks of a batch are in each phase, and how long those took that ended.
public struct BatchTally: Equatable, Sendable {
  private var counts = SIMD8<Int32>()
  /// Seconds of all that are DONE, together.
  public private(set) var doneSeconds = 0.0
  /// Of the logarithms of the seconds of each that is DONE: their sum, and that of their squares.
  private(set) var logs = 0.0
  private(set) var squaredLogs = 0.0
  /// Seconds of all that FAILED after they had started, together.
  private(set) var failedSeconds = 0.0

  init(waiting: Int = 0) { counts[Int(TaskPhase.waiting.rawValue)] = Int32(clamping: waiting) }

  public func count(in phase: TaskPhase) -> Int { Int(counts[Int(phase.rawValue)]) }
  public var finished: Int { count(in: .done) + count(in: .failed) + count(in: .canceled) }

  /// Seconds that one which is DONE took in the mean; `nil` when none is.
  public var meanSeconds: Double? {
    let done = count(in: .done)
    return done > 0 ? doneSeconds / Double(done) : nil
  }

  mutating func add(_ phase: TaskPhase, seconds: Double?) { change(phase, by: 1, seconds) }
  mutating func remove(_ phase: TaskPhase, seconds: Double?) { change(phase, by: -1, seconds) }

  private mutating func change(_ phase: TaskPhase, by sign: Int32, _ seconds: Double?) {
    counts[Int(phase.rawValue)] &+= sign
    guard let seconds else { return }
    switch phase {
    case .done:
      let log = log(max(seconds, Self.shortest))
      doneSeconds += Double(sign) * seconds
      logs += Double(sign) * log
      squaredLogs += Double(sign) * log * log
    case .failed: failedSeconds += Double(sign) * seconds
    default: break
    }
  }

  /// Seconds below which a task is as short as any.
  static let shortest = 0.02
}
