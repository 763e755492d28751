import SessionModel
import Words

// What only a screen needs: the rest is in `Words`.

extension InterfaceState {
  /// The time of day of an event, with its date when that is not the one that the screen shows.
  func timeWords(_ time: Timestamp) -> String {
    Format.time(time.local(in: zone), readAt: present.local(in: zone))
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

  func letter(isClosed: Bool) -> String { isClosed && !isFinal ? "N" : letter }
}
