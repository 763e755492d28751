import SessionModel
import SystemPackage

/// What is played: a journal, or events that another record of a session was read into.
enum Recording: Sendable {
  case journal(FilePath)
  /// In the order of their times.
  case events([SessionEvent])

  /// Distance of snapshots in a recording of moderate length: bytes of a journal, or events.
  var step: Int {
    switch self {
    case .journal: 4 << 20
    case .events: 20_000
    }
  }

  /// - Throws: `SessionDirectory.DirectoryError` when it holds none.
  func firstEvent() throws(SessionDirectory.DirectoryError) -> SessionEvent {
    switch self {
    case .journal(let path):
      // The slow way is for a journal that begins with a very long or a damaged line.
      if let first = JournalEdges.firstEvent(of: path) { return first }
      if let first = try ReplayCursor(self).readPortion()?.events.first { return first }
      throw SessionDirectory.DirectoryError(description: "\(path) holds no events")
    case .events(let events):
      guard let first = events.first else {
        throw SessionDirectory.DirectoryError(description: "the session's files tell of nothing that happened")
      }
      return first
    }
  }

  var lastEvent: SessionEvent? {
    switch self {
    case .journal(let path): JournalEdges.lastEvent(of: path)
    case .events(let events): events.last
    }
  }

  /// - Parameter offset: where to begin, which must be the end of a portion.
  /// - Throws: `SessionDirectory.DirectoryError` when it cannot be read.
  func reader(from offset: Int = 0) throws(SessionDirectory.DirectoryError) -> Reader {
    switch self {
    case .journal(let path): .journal(try JournalReader(path, from: offset))
    case .events(let events): .events(events, next: offset)
    }
  }

  enum Reader {
    case journal(JournalReader)
    case events([SessionEvent], next: Int)

    private static let portion = 2_000

    /// The next events, and where they end; `nil` when there are none more.
    ///
    /// - Throws: `SessionDirectory.DirectoryError` when it cannot be read.
    mutating func next() throws(SessionDirectory.DirectoryError) -> (events: [SessionEvent], end: Int)? {
      switch self {
      case .journal(let reader): return try reader.next().map { ($0.events, $0.bytes.upperBound) }
      case .events(let events, let next):
        guard next < events.count else { return nil }
        let end = min(events.count, next + Self.portion)
        self = .events(events, next: end)
        return (Array(events[next..<end]), end)
      }
    }
  }
}
