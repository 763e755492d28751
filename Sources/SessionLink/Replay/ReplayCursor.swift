import SessionModel

/// Reads the events of a recording by their time, a portion of the file at a time.
///
/// A clock that was set back does not hold the recording up: an event counts as no earlier than those before it.
final class ReplayCursor {
  private let recording: Recording
  private var reader: Recording.Reader
  /// Events of the portion that was read last, and how many of them were handed out.
  private var portion: [SessionEvent] = []
  private var taken = 0
  /// Where the next portion begins.
  private var next = 0
  /// The latest time that was handed out.
  private(set) var time = Timestamp(microseconds: .min)

  /// - Throws: `SessionDirectory.DirectoryError` when it cannot be read, or is no recording.
  init(_ recording: Recording) throws(SessionDirectory.DirectoryError) {
    self.recording = recording
    reader = try recording.reader()
  }

  /// Goes on from another place; nothing before it counts.
  ///
  /// - Throws: `SessionDirectory.DirectoryError` when the file cannot be read any more.
  func go(to frame: Keyframe?) throws(SessionDirectory.DirectoryError) {
    reader = try recording.reader(from: frame?.offset ?? 0)
    portion = []
    taken = 0
    next = frame?.offset ?? 0
    time = frame?.time ?? Timestamp(microseconds: .min)
  }

  /// Whether going to this place is a short cut on the way forward.
  func isBefore(_ frame: Keyframe) -> Bool { next < frame.offset }

  /// Some of the events until a time; `nil` when there are none more.
  func events(until end: Timestamp) throws(SessionDirectory.DirectoryError) -> ArraySlice<SessionEvent>? {
    // A portion may hold nothing but damaged lines.
    while taken == portion.count { guard try readPortion() != nil else { return nil } }
    let first = taken
    while taken < portion.count {
      let at = max(time, portion[taken].time)
      guard at <= end else { break }
      time = at
      taken += 1
    }
    return first < taken ? portion[first..<taken] : nil
  }

  /// The whole next portion, for who reads the file from one end to the other, and where it ends.
  func readPortion() throws(SessionDirectory.DirectoryError) -> (events: [SessionEvent], end: Int)? {
    guard let read = try reader.next() else {
      portion = []
      taken = 0
      return nil
    }
    portion = read.events
    taken = 0
    next = read.end
    return (portion, next)
  }
}
