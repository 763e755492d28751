import SessionModel
import Terminal
import Words

/// A screen that stands still while its session goes on.
struct Pause: Sendable {
  /// The session as it is by now; what is shown is older.
  var snapshot: SessionSnapshot
  /// The time that the screen shows.
  var since: Timestamp
}

extension Action {
  /// What stops the screen, and keeps it.
  static let stills = [
    Action(
      name: "pause", keys: [.character("Z")], keyName: "Z", title: "pause",
      help: "let the screen stand still, or go on; the session goes on anyway", group: .look, weight: 6,
      isAvailable: { !$0.isReplay && (!$0.isClosed || $0.pause != nil) }
    ) { state in
      if state.pause == nil { state.beginPause() } else { state.endPause() }
      return []
    },
    Action(
      name: "write", keys: [.character("P")], keyName: "P", title: "",
      help: "write the screen to a new text file in the working directory", group: .look
    ) { [.keep($0.view().text, name: $0.screenName)] },
  ]
}

extension InterfaceState {
  mutating func beginPause() {
    live.forget()
    pause = Pause(snapshot: snapshot, since: now)
  }

  mutating func endPause() {
    guard let pause else { return }
    self.pause = nil
    take(pause.snapshot)
  }

  /// For the header; a screen that stands still must not be taken for the session.
  var pauseWords: Span? {
    guard let pause else { return nil }
    let isOver = pause.snapshot.phase == .closed && !isClosed
    return Span(isOver && size.columns >= 60 ? "PAUSED, closed meanwhile" : "PAUSED", .warning)
  }

  /// A name for a file with this screen.
  var screenName: String {
    let time = now.local(in: zone)
    return "scalems-top-\(Format.date(time).filter(\.isNumber))-\(Format.timeOfDay(time).filter(\.isNumber))"
  }
}
