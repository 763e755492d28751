import Glibc
import SessionModel

/// Notices that the wall clock was set.
struct ClockWatch {
  private var last: (wall: Double, steady: Double)?
  /// Seconds that the clocks may differ by between two looks: they are read one after the other, and adjusted.
  static let tolerance = 2.0

  /// Seconds that the wall clock was set forward (or back, negative) since the last look; `nil` when it was not.
  mutating func jump() -> Double? {
    // Time goes on for this clock also while the machine sleeps.
    jump(wall: Timestamp.now.seconds, steady: Self.seconds(CLOCK_BOOTTIME))
  }

  mutating func jump(wall: Double, steady: Double) -> Double? {
    defer { last = (wall, steady) }
    guard let last else { return nil }
    let jump = (wall - last.wall) - (steady - last.steady)
    return abs(jump) > Self.tolerance ? jump : nil
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
