import Testing
import Words

@Suite struct FormatTests {
  /// What a file, a peer or a clock may come up with.
  private static let hostile: [Double] = [
    0, -0.0, 1, -1, 0.05, 9.999, 59.99, 60, 3599.9, 86_400, 1e9, 1e15, 1e18, 9.3e18, 1e300, -1e300, .infinity,
    -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
  ]

  @Test(arguments: hostile) func `every number has an answer in every form`(_ number: Double) {
    let forms: [(Double) -> String] = [
      Format.plain, Format.tenths, Format.factor, Format.rate, Format.clock, Format.measured, Format.estimate,
      Format.seconds, Format.plainSeconds, Format.planned, Format.age, Format.span,
    ]
    for form in forms { #expect(!form(number).isEmpty) }
    _ = Int(saturating: number)
    _ = UInt8(saturating: number)
    // It can be added to a time.
    #expect(ContinuousClock.now + Duration(saturating: number) >= .now - .seconds(60))
    #expect(!Duration(saturating: number).text.isEmpty)
  }

  @Test(arguments: [0, 1, -1, 1023, 1024, 1 << 20, 1 << 40, Int.max, Int.min, Int.min + 1])
  func `every size has an answer`(_ size: Int) {
    #expect(!Format.bytes(size).isEmpty)
    #expect(!Format.room(size).isEmpty)
    #expect(!Format.count(size).isEmpty)
    #expect(!Format.padded(size, 3).isEmpty)
  }

  @Test func `whole numbers stay within their type`() {
    #expect(Int(saturating: 3.99) == 3)
    #expect(Int(saturating: -3.99) == -3)
    #expect(Int(saturating: .nan) == 0)
    #expect(Int(saturating: 1e300) == .max)
    #expect(Int32(saturating: -.infinity) == .min)
    #expect(UInt8(saturating: 255.9) == 255 && UInt8(saturating: 256) == 255 && UInt8(saturating: -1) == 0)
  }

  @Test func `whatever a time span is, it fits its column`() {
    var seconds = 0.001
    while seconds < 1e12 {
      #expect(Format.clock(seconds).count <= 9 && Format.measured(seconds).count <= 9, "\(seconds)")
      #expect(Format.estimate(seconds).count <= 7 && Format.age(seconds).count <= 9, "\(seconds)")
      seconds *= 1.001
    }
    #expect(
      [0, 59, 86399, 86400, 8_639_999, 8_640_000, 86_399_999, 86_400_000, 999_999_999].map(Format.clock) == [
        "0:00", "0:59", "23:59:59", "1d 00:00", "99d 23:59", "100d 00h", "999d 23h", "1000d", "11574d",
      ])
    #expect(Format.estimate(8_639_999) == "99d 23h" && Format.estimate(8_640_000) == "100d")
  }

  @Test func `times of another day show the day, with the offset that was in force then`() {
    func time(_ seconds: Int64, _ zone: TimeZone = .fixed(0)) -> LocalTime {
      LocalTime(microseconds: seconds * 1_000_000, in: zone)
    }
    // 2026-11-22 18:30:00 UTC.
    let now = time(1_795_372_200)
    #expect(Format.dateTime(now) == "2026-11-22 18:30:00")
    #expect(Format.time(time(1_795_372_199), readAt: now) == "18:29:59")
    #expect(Format.time(time(1_795_372_200 - 86_400), readAt: now) == "Nov 21 18:30:00")
    #expect(Format.time(time(1_795_372_200 + 86_400), readAt: now) == "Nov 23 18:30:00")
    #expect(Format.time(time(1_795_372_200 - 400 * 86_400), readAt: now) == "2025-10-18 18:30:00")
    // Midnight is where the clock hangs.
    #expect(Format.dateTime(time(1_795_372_200, .fixed(6 * 3600))) == "2026-11-23 00:30:00")
    #expect(Format.dateTime(LocalTime(microseconds: -1, in: .fixed(0))) == "1969-12-31 23:59:59")
    for extreme in [Int64.min, .max, 0, -62_135_596_800_000_001] {
      for zone in [TimeZone.local, .fixed(.max), .fixed(.min)] {
        #expect((18...20).contains(Format.dateTime(LocalTime(microseconds: extreme, in: zone)).count), "\(extreme)")
      }
    }
  }

  @Test func `durations and sizes in words`() {
    #expect(Duration.seconds(60).text == "60 s")
    #expect(Duration.milliseconds(250).text == "0.25 s")
    #expect(Format.plainSeconds(1e300) == "1e+300 s")
    #expect(Format.tenths(3) == "3.0" && Format.tenths(0.449) == "0.4")
    #expect(
      ["90", "1.5", "300", "5400", "3661", "0"].map { Format.planned(Double($0) ?? 0) } == [
        "1m30s", "1.5s", "5m", "1h30m", "1h1m1s", "0s",
      ])
    #expect(Format.span(42) == "42 s" && Format.span(420) == "7 min" && Format.span(1e6) == "11 d")
    #expect(Format.age(59.9) == "59s" && Format.age(-5) == "0s")
    #expect(Format.bytes(1536) == "1.5 KiB" && Format.bytes(20 << 20) == "20.0 MiB" && Format.bytes(1023) == "1023 B")
    #expect(Format.bytes(3 << 40) == "3072.0 GiB")
    #expect(Format.room(3 << 29) == "1.5 GiB" && Format.room(20 << 20) == "20 MiB" && Format.room(2048) == "2 KiB")
    #expect(signalName(9) == "SIGKILL" && signalName(40) == "signal 40")
    #expect(Format.signal(9) == "KILL" && Format.signal(40) == "SIG40")
  }
}
