import Glibc

/// A time in the zone of whoever looks, by the calendar; the wall clock it comes from may show anything.
public struct LocalTime {
  private var parts = tm()

  /// - Parameter seconds: since the epoch. What no calendar has (a year beyond two thousand million) is shown as zeros.
  public init(_ seconds: time_t) {
    var seconds = seconds
    if localtime_r(&seconds, &parts) == nil { parts = tm() }
  }

  /// `2026-11-26`, with another separator.
  public func date(_ separator: String) -> String {
    let year = Format.padded(Int(parts.tm_year) + 1900, 4)
    return [year, two(parts.tm_mon + 1), two(parts.tm_mday)].joined(separator: separator)
  }

  /// `05:12:07`, with another separator.
  public func timeOfDay(_ separator: String) -> String {
    [two(parts.tm_hour), two(parts.tm_min), two(parts.tm_sec)].joined(separator: separator)
  }

  private func two(_ number: Int32) -> String { Format.padded(Int(number), 2) }
}
