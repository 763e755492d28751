import Words

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A point in time: whole microseconds since the Unix epoch, UTC.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// A time that is no number, or none that can be, is the nearest that is.
  public init(seconds: Double) { microseconds = Int64(saturating: (seconds * 1e6).rounded()) }

  /// The time by this machine's wall clock.
  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(time)
  }

  /// A time of the system; one that is too far away is the nearest that can be said.
  public init(_ time: timespec) {
    let (whole, overflows) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000)
    let (sum, isTooMuch) = whole.addingReportingOverflow(Int64(time.tv_nsec) / 1000)
    microseconds = overflows || isTooMuch ? (time.tv_sec < 0 ? .min : .max) : sum
  }

  public var seconds: Double { Double(microseconds) / 1e6 }

  /// Seconds from `earlier` to this time; negative when the clock was set back in between.
  public func seconds(since earlier: Timestamp) -> Double {
    let (distance, overflows) = microseconds.subtractingReportingOverflow(earlier.microseconds)
    return overflows ? seconds - earlier.seconds : Double(distance) / 1e6
  }

  /// Date and time of day, with the offset that was in force then.
  public func local(in zone: TimeZone = .local) -> LocalTime { LocalTime(microseconds: microseconds, in: zone) }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
}
