import SessionModel

/// How fast tasks finish.
///
/// Samples cover the whole time seen: when there are too many, every second one goes and the step doubles.
struct Progress: Sendable {
  private var samples: [(time: Timestamp, finished: Int)] = []
  private var step = 1.0
  private static let limit = 64

  mutating func note(finished: Int, at time: Timestamp) {
    if let last = samples.last {
      if time < last.time || finished < last.finished {
        // The clock was set, or another session took the place of this one.
        samples = []
      } else if time.seconds(since: last.time) < step {
        return
      }
    }
    samples.append((time, finished))
    if samples.count > Self.limit {
      samples = samples.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
      step *= 2
    }
  }

  /// Tasks a second lately; `nil` when nothing sensible can be said.
  func rate(finished: Int, now: Timestamp) -> Double? {
    guard let last = samples.last(where: { now.seconds(since: $0.time) >= 5 }) ?? samples.first else { return nil }
    let seconds = now.seconds(since: last.time)
    guard seconds >= 1, finished > last.finished else { return nil }
    return Double(finished - last.finished) / seconds
  }
}
