import SessionModel

/// What the time stamp of a host's record says about the host, seen from another machine.
///
/// Only its changes count, by the clock of whoever looks: the clocks of machines and file servers differ.
struct SignsOfLife {
  private var last: Timestamp?
  private var seen: ContinuousClock.Instant?

  /// - Parameters:
  ///   - lastSign: the time stamp as it is now; `nil` when there is none.
  ///   - wall: the time of day, for people and for the first look.
  ///   - now: a clock that nobody sets, for how long it is.
  mutating func life(lastSign: Timestamp?, wall: Timestamp, now: ContinuousClock.Instant) -> LinkStatus.Host {
    if lastSign != last || seen == nil {
      // At the first look its age is all there is to go by.
      let age = seen == nil ? lastSign.map { wall.seconds(since: $0) } ?? 0 : 0
      last = lastSign
      seen = now - .seconds(max(0, min(age, 1e9)))
    }
    guard let seen, (now - seen) / .seconds(1) >= HostRecord.silence else { return .alive }
    return .silent(since: Timestamp(seconds: wall.seconds - (now - seen) / .seconds(1)))
  }
}
