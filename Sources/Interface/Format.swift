import SessionModel

/// Numbers and times for people. Without Foundation: `String(format:)` alone would cost 6 ms at start.
enum Format {
  static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Text at the right end of a field.
  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func right(_ number: Int, _ width: Int) -> String { right(count(number), width) }

  /// A time that runs: `0:07`, `1:02:03`, `2d 03:04`.
  static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let total = Int(max(0, seconds))
    let (minutes, hours) = (total / 60 % 60, total / 3600)
    if hours >= 24 { return "\(hours / 24)d \(padded(hours % 24, 2)):\(padded(minutes, 2))" }
    if hours > 0 { return "\(hours):\(padded(minutes, 2)):\(padded(total % 60, 2))" }
    return "\(minutes):\(padded(total % 60, 2))"
  }

  /// A time that was measured: to the hundredth below ten seconds.
  static func measured(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 10 {
      let hundredths = Int((seconds * 100).rounded())
      return "\(hundredths / 100).\(padded(hundredths % 100, 2))s"
    }
    if seconds < 60 {
      let tenths = Int((seconds * 10).rounded())
      return "\(tenths / 10).\(tenths % 10)s"
    }
    return clock(seconds)
  }

  /// An estimate, to one or two units: `40s`, `7m`, `2h 10m`, `3d 4h`.
  static func estimate(_ seconds: Double) -> String {
    let total = Int(seconds)
    if total < 60 { return "\(max(1, total))s" }
    if total < 600 { return "\(total / 60)m \(padded(total % 60 / 10 * 10, 2))s" }
    if total < 3600 { return "\(total / 60)m" }
    if total < 86400 { return "\(total / 3600)h \(padded(total / 60 % 60, 2))m" }
    return "\(total / 86400)d \(total / 3600 % 24)h"
  }

  /// Seconds that were set, not measured: `1 s`, `0.5 s`.
  static func seconds(_ seconds: Double) -> String {
    let tenths = Int((min(max(0, seconds), 1e9) * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }

  /// A factor to three digits behind the point: `4`, `0.5`, `0.125`.
  static func factor(_ factor: Double) -> String {
    let thousandths = Int((min(max(0, factor), 1e9) * 1000).rounded())
    var fraction = padded(thousandths % 1000, 3)
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(thousandths / 1000)" : "\(thousandths / 1000).\(fraction)"
  }

  /// How old something is: `0s`, `59s`, `12m`, `3h`, `2d`.
  static func age(_ seconds: Double) -> String {
    let total = Int(max(0, min(seconds, 1e9)))
    if total < 60 { return "\(total)s" }
    if total < 3600 { return "\(total / 60)m" }
    return total < 86400 ? "\(total / 3600)h" : "\(total / 86400)d"
  }

  /// Tasks a second: `0.4/s`, `12/s`.
  static func rate(_ perSecond: Double) -> String {
    let tenths = Int((min(perSecond, 1e9) * 10).rounded())
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10)/s" : "\(count((tenths + 5) / 10))/s"
  }

  /// `1,234,567`.
  static func count(_ number: Int) -> String {
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
  static func plural(_ number: Int, _ noun: String) -> String { "\(count(number)) \(noun)\(number == 1 ? "" : "s")" }

  static func bytes(_ number: Int) -> String {
    if number < 1024 { return "\(number) B" }
    var tenths = number * 10
    for unit in ["KiB", "MiB", "GiB"] {
      tenths /= 1024
      if tenths < 10240 || unit == "GiB" { return "\(tenths / 10).\(tenths % 10) \(unit)" }
    }
    return "\(number) B"
  }

  /// The time of day, `offset` seconds east of UTC.
  static func timeOfDay(_ time: Timestamp, offset: Int) -> String {
    let seconds = Int(time.microseconds / 1_000_000) + offset
    let day = ((seconds % 86400) + 86400) % 86400
    return "\(padded(day / 3600, 2)):\(padded(day / 60 % 60, 2)):\(padded(day % 60, 2))"
  }

  static func signal(_ number: Int32) -> String {
    switch number {
    case 1: "HUP"
    case 2: "INT"
    case 3: "QUIT"
    case 4: "ILL"
    case 6: "ABRT"
    case 7: "BUS"
    case 8: "FPE"
    case 9: "KILL"
    case 11: "SEGV"
    case 13: "PIPE"
    case 14: "ALRM"
    case 15: "TERM"
    case 24: "XCPU"
    case 25: "XFSZ"
    default: "SIG\(number)"
    }
  }

  /// Words in lines of at most `width` columns.
  static func wrap(_ text: String, width: Int) -> [String] {
    guard width > 0 else { return [] }
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        if line.isEmpty {
          line = String(word)
        } else if line.count + 1 + word.count <= width {
          line += " " + word
        } else {
          lines.append(line)
          line = String(word)
        }
        while line.count > width {
          lines.append(String(line.prefix(width)))
          line = String(line.dropFirst(width))
        }
      }
      lines.append(line)
    }
    return lines
  }
}

extension TaskPhase {
  var letter: String {
    switch self {
    case .running: "R"
    case .queued: "Q"
    case .waiting: "W"
    case .failed: "F"
    case .canceled: "C"
    case .done: "D"
    }
  }
}
