import SessionModel
import SystemPackage

/// Reads the events of a recording by their time, a portion of the file at a time.
///
/// A clock that was set back does not hold the recording up: an event counts as no earlier than those before it.
final class ReplayCursor {
  private let file: JournalFile
  /// Events of the portion that was read last, and how many of them were handed out.
  private var portion: [SessionEvent] = []
  private var taken = 0
  /// Where the next portion begins.
  private var next: Int
  /// The latest time that was handed out.
  private(set) var time = Timestamp(microseconds: .min)

  /// - Throws: `SessionDirectory.Problem` when the file cannot be read, or is no journal.
  init(_ path: FilePath) throws(SessionDirectory.Problem) {
    file = try JournalFile(path)
    next = file.firstEvent
  }

  /// Goes on from another place; nothing before it counts.
  func go(to frame: Keyframe?) {
    portion = []
    taken = 0
    next = frame?.offset ?? file.firstEvent
    time = frame?.time ?? Timestamp(microseconds: .min)
  }

  /// Whether going to this place is a short cut on the way forward.
  func isBefore(_ frame: Keyframe) -> Bool { next < frame.offset }

  /// Some of the events until a time; `nil` when there are none more.
  func events(until end: Timestamp) throws(SessionDirectory.Problem) -> ArraySlice<SessionEvent>? {
    if taken == portion.count, try readPortion() == nil { return nil }
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
  func readPortion() throws(SessionDirectory.Problem) -> (events: [SessionEvent], end: Int)? {
    portion.removeAll(keepingCapacity: true)
    taken = 0
    // A portion may hold nothing but damaged lines.
    while portion.isEmpty {
      let end = try file.read(from: next) { line in
        if let event = try? SessionEvent(line: line) { portion.append(event) }
      }
      guard end > next else { return nil }
      next = end
    }
    return (portion, next)
  }
}
