#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where a clock hangs.
public enum TimeZone: Equatable, Sendable {
  /// That of this process (`TZ`); each time has the offset of its own date.
  case local
  /// So many seconds east of UTC, always.
  case fixed(Int)
}

/// A date and a time of day, as a clock and a calendar show them somewhere.
public struct LocalTime: Equatable, Sendable {
  public var year = 1970
  /// From 1 on.
  public var month = 1
  public var day = 1
  public var hour = 0
  public var minute = 0
  public var second = 0

  /// - Parameter microseconds: since the Unix epoch; beyond the years 1 to 9999 the nearest time within them.
  public init(microseconds: Int64, in zone: TimeZone) {
    let whole = microseconds / 1_000_000 - (microseconds % 1_000_000 < 0 ? 1 : 0)
    var seconds = time_t(min(max(whole, -62_135_596_800 + 86_400), 253_402_300_799 - 86_400))
    var parts = tm()
    switch zone {
    case .local: localtime_r(&seconds, &parts)
    case .fixed(let offset):
      seconds += min(max(offset, -86_400), 86_400)
      gmtime_r(&seconds, &parts)
    }
    (year, month, day) = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
    (hour, minute, second) = (Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
  }

  public func isSameDay(as other: LocalTime) -> Bool { (year, month, day) == (other.year, other.month, other.day) }
}

extension Format {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `18:30:00`.
  public static func timeOfDay(_ time: LocalTime) -> String {
    "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
  }

  /// `2026-11-22`.
  public static func date(_ time: LocalTime) -> String {
    "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
  }

  /// `2026-11-22 18:30:00`.
  public static func dateTime(_ time: LocalTime) -> String { "\(date(time)) \(timeOfDay(time))" }

  /// A time where there is little room: `18:30:00` of the same day, `Nov 22 18:30:00` of another one, and the whole date of
  /// another year.
  ///
  /// - Parameter now: the time at which it is read.
  public static func time(_ time: LocalTime, readAt now: LocalTime) -> String {
    if time.isSameDay(as: now) { return timeOfDay(time) }
    guard time.year == now.year, months.indices.contains(time.month - 1) else { return dateTime(time) }
    return "\(months[time.month - 1]) \(padded(time.day, 2)) \(timeOfDay(time))"
  }
}
