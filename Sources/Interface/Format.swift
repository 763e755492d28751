import SessionModel
import Words

// What only a screen needs: the rest is in `Words`.

extension Format {
  /// The time of day, `offset` seconds east of UTC.
  static func timeOfDay(_ time: Timestamp, offset: Int) -> String {
    let seconds = Int(time.microseconds / 1_000_000) + offset
    let day = ((seconds % 86400) + 86400) % 86400
    return "\(padded(day / 3600, 2)):\(padded(day / 60 % 60, 2)):\(padded(day % 60, 2))"
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
