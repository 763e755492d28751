import SessionModel
import Words

#if canImport(Glibc)
  import Glibc
#endif

/// Notices that the wall clock was set, by a clock that cannot be.
struct ClockWatch {
  /// A smaller difference may be the work of a time service, and of no consequence.
  static let tolerance = 2.0

  /// Wall clock less the other, at the last look; microseconds.
  private var difference: Int64

  /// - Parameters:
  ///   - wall: CLOCK_REALTIME in microseconds.
  ///   - boot: CLOCK_BOOTTIME in microseconds, which runs on while the machine sleeps.
  init(wall: Int64, boot: Int64) { difference = wall &- boot }

  /// - Returns: how many seconds the wall clock was set forward (or, negative, back) since the last look.
  mutating func jump(wall: Int64, boot: Int64) -> Double? {
    let now = wall &- boot
    defer { difference = now }
    let seconds = Double(now &- difference) / 1e6
    return abs(seconds) > Self.tolerance ? seconds : nil
  }

  /// What to say of a jump.
  static func words(_ seconds: Double) -> String {
    "the clock of this machine was set \(seconds < 0 ? "back" : "forward") by \(Format.tenths(abs(seconds))) s: "
      + "times before and after do not compare"
  }

  init() { self.init(wall: Self.microseconds(CLOCK_REALTIME), boot: Self.microseconds(CLOCK_BOOTTIME)) }

  mutating func jump() -> Double? {
    jump(wall: Self.microseconds(CLOCK_REALTIME), boot: Self.microseconds(CLOCK_BOOTTIME))
  }

  private static func microseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Timestamp(time).microseconds
  }
}
