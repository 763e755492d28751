import Platform
import SessionModel
import Synchronization
import SystemPackage

/// What is appended to a journal from some place on, also when the journal is removed and made again meanwhile.
///
/// A journal that takes its place and holds the same goes on where it was; another one is read from its start.
public final class JournalTail: Sendable {
  public enum Start: Sendable {
    case beginning
    /// Behind the last line that is whole now.
    case end
    /// Behind so many bytes, where a line ends.
    case offset(Int)
  }

  private let lines: Mutex<JournalLines>

  /// - Parameter owner: whose the file has to be.
  /// - Throws: when the file cannot be read or is no journal of a version known here.
  public init(
    _ path: FilePath, from start: Start, owner: FileOwner = .anyone
  ) throws(SessionDirectory.DirectoryError) {
    var lines = try JournalLines(path, owner: owner)
    switch start {
    case .beginning: break
    case .end: try lines.skipToEnd()
    case .offset(let offset): if offset > lines.position { lines.skip(to: offset) }
    }
    self.lines = Mutex(lines)
  }

  /// What is new; `nil` when there is nothing now.
  ///
  /// - Throws: when the file cannot be read.
  public func events() throws(SessionDirectory.DirectoryError) -> [SessionEvent]? {
    try next { lines throws(SessionDirectory.DirectoryError) in try lines.events(limit: JournalFollower.portion) }
  }

  /// Lines that were left out, since the file was opened.
  public var problems: LineProblems { lines.withLock { $0.problems } }

  /// What is new, as it stands there: whole lines, each of them JSON; `nil` when there is nothing now.
  ///
  /// - Throws: when the file cannot be read.
  public func wholeLines() throws(SessionDirectory.DirectoryError) -> [UInt8]? {
    try next { lines throws(SessionDirectory.DirectoryError) in try lines.wholeLines(limit: JournalFollower.portion) }
  }

  private func next<T: Sendable>(
    _ read: (inout JournalLines) throws(SessionDirectory.DirectoryError) -> T?
  ) throws(SessionDirectory.DirectoryError) -> T? {
    try lines.withLock { lines throws(SessionDirectory.DirectoryError) in
      // What is left of a file that was replaced comes first, unless it was cut.
      if lines.size >= lines.position, let news = try read(&lines) { return news }
      guard lines.isOutdated else { return nil }
      // Whoever replaces a journal may not be done: there is nothing new until there is one.
      do { try lines.reopen() } catch { return nil }
      return try read(&lines)
    }
  }
}
