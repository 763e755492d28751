import SessionModel
import Words

// What only a screen needs: the rest is in `Words`.

extension Format {
  /// Text at the right end of a field.
  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func right(_ number: Int, _ width: Int) -> String { right(count(number), width) }

  /// The time of day, `offset` seconds east of UTC.
  static func timeOfDay(_ time: Timestamp, offset: Int) -> String {
    let seconds = Int(time.microseconds / 1_000_000) + offset
    let day = ((seconds % 86400) + 86400) % 86400
    return "\(padded(day / 3600, 2)):\(padded(day / 60 % 60, 2)):\(padded(day % 60, 2))"
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
