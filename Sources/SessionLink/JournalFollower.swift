import Glibc
import SessionModel
import SystemPackage

/// Reads a session's journal from its checkpoint, or its start, and then what is appended.
///
/// Not for several threads at once. A torn last line waits for its rest; lines that are no events are passed over.
public final class JournalFollower {
  public enum Update: Sendable {
    /// Forget what came before: this is all that is known.
    case snapshot(SessionSnapshot)
    /// At most some ten thousand, in order.
    case events([SessionEvent])
  }

  /// The id of the session, from the header.
  public private(set) var session = ""
  /// Bytes of the journal that were handed out.
  public private(set) var position = 0
  /// Lines that were no events, and why the first was not.
  public private(set) var problemCount = 0
  public private(set) var firstProblem: String?

  private let path: FilePath
  private let checkpoint: FilePath?
  private var file: JournalFile
  private var isStarted = false
  /// Being so far behind, a newer checkpoint is sooner read than the events.
  private static let longWay = 64 << 20

  /// - Throws: `SessionDirectory.Problem` when the journal cannot be read, or is none of a version known here.
  public convenience init(_ directory: SessionDirectory) throws(SessionDirectory.Problem) {
    try self.init(file: directory.journal, checkpoint: directory.checkpoint)
  }

  /// A journal by itself.
  ///
  /// - Throws: `SessionDirectory.Problem` when it cannot be read, or is none of a version known here.
  public init(file path: FilePath, checkpoint: FilePath? = nil) throws(SessionDirectory.Problem) {
    self.path = path
    self.checkpoint = checkpoint
    file = try JournalFile(path)
    session = file.session
  }

  /// What is new; `nil` when nothing is at the moment.
  ///
  /// - Throws: `SessionDirectory.Problem` when the journal cannot be read any more.
  public func next() throws(SessionDirectory.Problem) -> Update? {
    if !isStarted { return start() }
    if file.isReplaced(position: position) {
      file = try JournalFile(path)
      return start()
    }
    if file.size - position > Self.longWay, let ahead = readCheckpoint(), ahead.position > position {
      return jump(ahead)
    }
    var events: [SessionEvent] = []
    let end = try file.read(from: position) { line in
      do { if let event = try SessionEvent(line: line) { events.append(event) } } catch {
        problemCount += 1
        if firstProblem == nil { firstProblem = "\(error)" }
      }
    }
    guard end > position else { return nil }
    position = end
    return .events(events)
  }

  private func start() -> Update {
    isStarted = true
    position = file.firstEvent
    guard let checkpoint = readCheckpoint() else { return .snapshot(SessionSnapshot()) }
    return jump(checkpoint)
  }

  private func jump(_ checkpoint: Checkpoint) -> Update {
    position = checkpoint.position
    return .snapshot(checkpoint.snapshot)
  }

  /// A checkpoint of this journal; it is only a short cut, so that anything wrong with it means that there is none.
  private func readCheckpoint() -> Checkpoint? {
    guard let checkpoint, let found = Checkpoint(reading: checkpoint), found.session == file.session,
      found.position >= file.firstEvent, found.position <= file.size
    else { return nil }
    return found
  }
}
