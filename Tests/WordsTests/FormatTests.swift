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
