import SessionModel

/// What the time stamp of a host's record says about the host, seen from another machine.
///
/// Only its changes count, by the clock of whoever looks: the clocks of machines and file servers differ.
struct SignsOfLife {
  private var last: Timestamp?
  private var seen: Timestamp?

  /// - Parameter lastSign: the time stamp as it is now; `nil` when there is none.
  mutating func life(lastSign: Timestamp?, now: Timestamp) -> LinkStatus.Host {
    if lastSign != last || seen == nil {
      // At the first look its age is all there is to go by.
      let age = seen == nil ? lastSign.map { now.seconds(since: $0) } ?? 0 : 0
      last = lastSign
      seen = Timestamp(microseconds: now.microseconds - Int64(max(0, min(age, 1e9)) * 1e6))
    }
    guard let seen, now.seconds(since: seen) >= HostRecord.silence else { return .alive }
    return .silent(since: seen)
  }
}
