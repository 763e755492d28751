/// Numbers, times and sizes for people: every form there is, once. Whatever the number is, there is an answer.
///
/// Without Foundation: `String(format:)` alone would cost 6 ms at start.
public enum Format {
  // MARK: Numbers

  public static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// `1,234,567`.
  public static func count(_ number: Int) -> String {
    let digits = String(number.magnitude)
    guard digits.count > 3 else { return String(number) }
    var result = number < 0 ? "-" : ""
    for (offset, digit) in digits.enumerated() {
      if offset > 0, (digits.count - offset) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// `1 task`, `2 tasks`.
  public static func plural(_ number: Int, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// Without a needless fraction: `60`, `0.25`.
  public static func plain(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? String(value) }

  /// To one digit behind the point, which is always there: `3.0`, `0.4`.
  public static func tenths(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    let tenths = Int((min(max(0, value), 1e15) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// A factor to three digits behind the point: `4`, `0.5`, `0.125`.
  public static func factor(_ factor: Double) -> String {
    let thousandths = Int(saturating: (min(max(0, factor), 1e9) * 1000).rounded())
    var fraction = padded(thousandths % 1000, 3)
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(thousandths / 1000)" : "\(thousandths / 1000).\(fraction)"
  }

  /// Tasks a second: `0.4/s`, `12/s`.
  public static func rate(_ perSecond: Double) -> String {
    guard perSecond.isFinite else { return "?/s" }
    let tenths = Int((min(max(0, perSecond), 1e9) * 10).rounded())
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10)/s" : "\(count((tenths + 5) / 10))/s"
  }

  /// A number where there is little room: `99999`, `278k`, `12M`.
  public static func short(_ number: Int) -> String {
    number < 100_000 ? String(number) : number < 10_000_000 ? "\(number / 1000)k" : "\(number / 1_000_000)M"
  }

  // MARK: Sizes

  /// Bytes: `812 B`, `1.5 KiB`, `20.0 MiB`.
  public static func bytes(_ number: Int) -> String {
    if number < 1024 { return "\(number) B" }
    let (unit, size) = number < 1 << 20 ? ("KiB", 1 << 10) : number < 1 << 30 ? ("MiB", 1 << 20) : ("GiB", 1 << 30)
    return "\(number / size).\(number % size * 10 / size) \(unit)"
  }

  /// Bytes of a disk or of memory, where a digit more says nothing: `1.5 GiB`, `20 MiB`, `812 KiB`.
  public static func room(_ bytes: Int) -> String {
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20)] where bytes >= 1 << shift {
      let tenths = bytes / ((1 << shift) / 10)
      return tenths < 100 ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(tenths / 10) \(unit)"
    }
    return "\(bytes >> 10) KiB"
  }

  // MARK: Spans of time

  /// A time that runs: `0:07`, `1:02:03`, `2d 03:04`, `120d 03h`, `1200d`; at most nine columns.
  public static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let total = Int(max(0, seconds))
    let (minutes, hours) = (total / 60 % 60, total / 3600)
    if hours >= 24_000 { return "\(hours / 24)d" }
    if hours >= 2400 { return "\(hours / 24)d \(padded(hours % 24, 2))h" }
    if hours >= 24 { return "\(hours / 24)d \(padded(hours % 24, 2)):\(padded(minutes, 2))" }
    if hours > 0 { return "\(hours):\(padded(minutes, 2)):\(padded(total % 60, 2))" }
    return "\(minutes):\(padded(total % 60, 2))"
  }

  /// A time that was measured: to the hundredth below ten seconds.
  public static func measured(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 10 {
      let hundredths = Int((seconds * 100).rounded())
      return "\(hundredths / 100).\(padded(hundredths % 100, 2))s"
    }
    return seconds < 60 ? tenths(seconds) + "s" : clock(seconds)
  }

  /// An estimate, to one or two units: `40s`, `7m`, `2h 10m`, `3d 4h`, `120d`; at most seven columns.
  public static func estimate(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let total = Int(max(0, seconds))
    if total < 60 { return "\(max(1, total))s" }
    if total < 600 { return "\(total / 60)m \(padded(total % 60 / 10 * 10, 2))s" }
    if total < 3600 { return "\(total / 60)m" }
    if total < 86400 { return "\(total / 3600)h \(padded(total / 60 % 60, 2))m" }
    if total >= 8_640_000 { return "\(total / 86400)d" }
    return "\(total / 86400)d \(total / 3600 % 24)h"
  }

  /// Seconds that were set, not measured: `1 s`, `0.5 s`.
  public static func seconds(_ seconds: Double) -> String {
    let tenths = Int(saturating: (min(max(0, seconds), 1e9) * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }

  /// Seconds as they were set, in full: `60 s`, `0.0125 s`.
  public static func plainSeconds(_ seconds: Double) -> String { "\(plain(seconds)) s" }

  /// As a workflow has it, for a plan: `90s` is `1m30s`, `5m`, `1h30m`; whole seconds are enough from ten on.
  public static func planned(_ seconds: Double) -> String {
    if !(seconds >= 10), seconds != seconds.rounded() { return "\(seconds)s" }
    let whole = Int(saturating: seconds.rounded())
    var text = ""
    if whole >= 3600 { text += "\(whole / 3600)h" }
    if whole % 3600 >= 60 { text += "\(whole % 3600 / 60)m" }
    if whole % 60 > 0 || text.isEmpty { text += "\(whole % 60)s" }
    return text
  }

  /// How old something is, where there is little room: `0s`, `59s`, `12m`, `3h`, `2d`.
  public static func age(_ seconds: Double) -> String {
    let (number, unit) = largestUnit(seconds)
    return "\(number)\(unit.short)"
  }

  /// A time span in its largest unit: `42 s`, `7 min`, `3 h`, `12 d`.
  public static func span(_ seconds: Double) -> String {
    let (number, unit) = largestUnit(seconds)
    return "\(number) \(unit.long)"
  }

  private static func largestUnit(_ seconds: Double) -> (Int, (short: String, long: String)) {
    let total = Int(saturating: min(max(0, seconds), 1e12))
    return switch total {
    case ..<60: (total, ("s", "s"))
    case ..<3600: (total / 60, ("m", "min"))
    case ..<86400: (total / 3600, ("h", "h"))
    default: (total / 86400, ("d", "d"))
    }
  }
}
