import SessionModel
import Synchronization
import SystemPackage

/// Reads a journal portion by portion, with the place of each: for recordings, and for whoever wants it whole.
///
/// A torn last line and damaged lines do not stop it. What is appended meanwhile is read, too.
public final class JournalReader: Sendable {
  /// Some events of a journal, in order.
  public struct Portion: Sendable {
    public var events: [SessionEvent]
    /// The bytes of the journal that they stand in: whole lines.
    public var bytes: Range<Int>
  }

  /// The id of the session, from the journal's header.
  public let session: String
  private let lines: Mutex<JournalLines>

  /// - Parameter offset: where to begin, which must be the end of a `Portion`; 0 is the start.
  /// - Throws: when the file cannot be read or is no journal of a version known here.
  public init(_ path: FilePath, from offset: Int = 0) throws(SessionDirectory.DirectoryError) {
    var lines = try JournalLines(path)
    session = lines.session
    if offset > lines.position { lines.skip(to: offset) }
    self.lines = Mutex(lines)
  }

  /// The next portion; `nil` at the end of what is there now.
  ///
  /// - Parameter limit: about how many bytes of the journal; a longer line comes whole.
  /// - Throws: when the file cannot be read.
  public func next(limit: Int = JournalFollower.portion) throws(SessionDirectory.DirectoryError) -> Portion? {
    try lines.withLock { lines throws(SessionDirectory.DirectoryError) in
      let start = lines.position
      guard let events = try lines.events(limit: limit) else { return nil }
      return Portion(events: events, bytes: start..<lines.position)
    }
  }

  /// Bytes of the journal now.
  public var size: Int { lines.withLock { $0.size } }
  /// Whether more is there than was read: after the last portion, that is a line without an end, whose writer was killed
  /// in the middle of it or is not done.
  public var isTorn: Bool { lines.withLock { $0.isTorn } }
  public var problems: LineProblems { lines.withLock { $0.problems } }
}

/// What a journal held, all of it in memory.
public struct JournalContents: Sendable {
  public var session: String
  public var events: [SessionEvent] = []
  /// The last line had no end: its writer was killed in the middle of it. It is not among the events.
  public var isTorn: Bool
  /// Lines that are no events, with their numbers and why.
  public var problems: [String]

  /// Reads a whole journal; a torn last line and damaged lines do not stop it.
  ///
  /// - Throws: when the file cannot be read or is no journal of a version known here.
  public init(reading path: FilePath) throws(SessionDirectory.DirectoryError) {
    let reader = try JournalReader(path)
    session = reader.session
    while let portion = try reader.next() { events += portion.events }
    isTorn = reader.isTorn
    problems = reader.problems.texts
  }
}
