/// How long the work of a session will still take.
public struct WorkEstimate: Equatable, Sendable {
  /// Seconds from ``time`` on: it will hardly be less, likely this, hardly more.
  public var low: Double
  public var likely: Double
  public var high: Double
  /// When it was made.
  public var time: Timestamp
  /// Whether there is work of which nothing is known yet, or more may come: it takes at least so long.
  public var isLeast: Bool

  /// The same at a later time.
  public func at(_ now: Timestamp) -> WorkEstimate {
    let passed = max(0, now.seconds(since: time))
    var estimate = self
    estimate.low = max(0, low - passed)
    estimate.likely = max(0, likely - passed)
    estimate.high = max(0, high - passed)
    return estimate
  }
}
