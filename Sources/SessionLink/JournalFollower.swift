import Platform
import SessionModel
import Synchronization
import SystemPackage
import Wire

/// Follows the journal of a session, live or not, by its files alone: a snapshot first, then events as they come.
///
/// `next()` does what there is to do and returns at once; when to call it again is the caller's choice. Any thread may
/// call it; updates are in order when one does.
public final class JournalFollower: Sendable {
  public enum Update: Sendable {
    /// Takes the place of all that came before.
    case snapshot(SessionSnapshot)
    case events([SessionEvent])
  }

  /// Where the follower stands.
  public struct Status: Sendable, Equatable {
    /// Bytes of the journal that the updates cover.
    public var position: Int
    /// Bytes of the journal now.
    public var size: Int
    /// Whether more is there than the updates cover: when `next()` had nothing, that is a part of a line.
    public var isTorn: Bool
    /// Lines that were no events; those before the checkpoint are not among them.
    public var problems: LineProblems
    /// Why the checkpoint is ignored, a sentence, when what is at its path is none and never was.
    public var checkpointProblem: String?
  }

  /// About how many bytes of the journal become one update.
  public static let portion = 4 << 20
  /// So far behind, a newer checkpoint is worth its reading.
  private static let jump = 64 << 20

  private struct State: ~Copyable {
    var lines: JournalLines
    /// To be handed out before anything else.
    var snapshot: SessionSnapshot?
    var checkpointProblem: String?
  }

  /// The id of the session, from the journal's header.
  public let session: String
  private let directory: SessionDirectory
  private let usesCheckpoint: Bool
  private let owner: FileOwner
  private let portion: Int
  private let jump: Int
  private let state: Mutex<State>

  /// Opens the journal of a session.
  ///
  /// - Parameters:
  ///   - usesCheckpoint: whether to begin at a checkpoint, if there is a good one.
  ///   - owner: whose the files have to be.
  ///   - portion: about how many bytes of the journal become one update.
  /// - Throws: when there is no journal, it cannot be read, or is none of a version known here.
  public convenience init(
    directory: SessionDirectory, usesCheckpoint: Bool = true, owner: FileOwner = .anyone,
    portion: Int = JournalFollower.portion
  ) throws(SessionDirectory.DirectoryError) {
    try self.init(
      directory: directory, usesCheckpoint: usesCheckpoint, owner: owner, portion: portion, jump: Self.jump)
  }

  init(
    directory: SessionDirectory, usesCheckpoint: Bool = true, owner: FileOwner = .anyone,
    portion: Int = JournalFollower.portion, jump: Int
  ) throws(SessionDirectory.DirectoryError) {
    self.owner = owner
    self.directory = directory
    self.usesCheckpoint = usesCheckpoint
    self.portion = portion
    self.jump = jump
    let state = try Self.open(directory, usesCheckpoint, owner)
    session = state.lines.session
    self.state = Mutex(state)
  }

  private static func open(
    _ directory: SessionDirectory, _ usesCheckpoint: Bool, _ owner: FileOwner
  ) throws(SessionDirectory.DirectoryError) -> State {
    var lines = try JournalLines(directory.journal, owner: owner)
    guard usesCheckpoint else { return State(lines: lines, snapshot: SessionSnapshot()) }
    do throws(FileError) {
      guard let checkpoint = try lines.checkpoint(at: directory.checkpoint) else {
        return State(lines: lines, snapshot: SessionSnapshot())
      }
      lines.skip(to: checkpoint.header.journalEnd)
      return State(lines: lines, snapshot: checkpoint.snapshot)
    } catch {
      return State(
        lines: lines, snapshot: SessionSnapshot(),
        checkpointProblem: "\(error): it is ignored, and the whole journal is read")
    }
  }

  /// What is new: first a snapshot, then events in portions, in the order of the journal.
  ///
  /// A snapshot comes again when the journal lost bytes or was replaced, and when a checkpoint is far ahead.
  ///
  /// - Returns: `nil` when there is nothing new now.
  /// - Throws: when the journal cannot be read now, or what replaced it is none. Calling again is allowed.
  public func next() throws(SessionDirectory.DirectoryError) -> Update? {
    try state.withLock { state throws(SessionDirectory.DirectoryError) in
      if let snapshot = state.snapshot {
        state.snapshot = nil
        return .snapshot(snapshot)
      }
      if state.lines.isOutdated {
        do throws(SessionDirectory.DirectoryError) {
          state = try Self.open(directory, usesCheckpoint, owner)
        } catch {
          // Whoever replaces a journal may not be done: what was read holds until there is another.
          guard FileIdentity(directory.journal) != nil else { return nil }
          throw error
        }
        defer { state.snapshot = nil }
        return state.snapshot.map { .snapshot($0) }
      }
      if let ahead = checkpointAhead(state.lines) {
        state.lines.skip(to: ahead.header.journalEnd)
        return .snapshot(ahead.snapshot)
      }
      // A portion may hold nothing that this version knows.
      while let events = try state.lines.events(limit: portion) {
        if !events.isEmpty { return .events(events) }
      }
      return nil
    }
  }

  /// Brings a snapshot up to date with all there is now.
  ///
  /// - Throws: as `next()`.
  public func update(_ snapshot: inout SessionSnapshot) throws(SessionDirectory.DirectoryError) {
    while let update = try next() {
      switch update {
      case .snapshot(let new): snapshot = new
      case .events(let events): snapshot.apply(events)
      }
    }
  }

  /// A checkpoint that saves more reading than it costs.
  private func checkpointAhead(_ lines: borrowing JournalLines) -> Checkpoint? {
    guard usesCheckpoint, lines.size - lines.position > jump,
      let header = CheckpointFile.header(directory.checkpoint), header.journalEnd - lines.position > jump,
      let checkpoint = try? lines.checkpoint(at: directory.checkpoint),
      checkpoint.header.journalEnd - lines.position > jump
    else { return nil }
    return checkpoint
  }

  public var status: Status {
    state.withLock {
      Status(
        position: $0.lines.position, size: $0.lines.size, isTorn: $0.lines.isTorn, problems: $0.lines.problems,
        checkpointProblem: $0.checkpointProblem)
    }
  }
}
