import Dispatch
import Platform
import SessionModel
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// Writes a checkpoint of a session now and then, beside whoever records its events.
///
/// It is made of the checkpoint before it and what the journal holds since, as any reader would: so the host keeps nothing of
/// its tasks for that, and a checkpoint never says what the journal doesn't. One that cannot be written is given up until
/// the next is due; the journal warns of what is wrong.
final class Checkpointer: Sendable {
  /// So much of a journal is read without anybody noticing.
  static let growth = 8 << 20

  private struct State {
    /// Bytes of the journal when the last one was due.
    var lastEnd: Int
    /// Of the newest checkpoint.
    var lastSize = 0
    /// There is no room for it; only the last one may be written.
    var isGivenUp = false
  }

  private let directory: HeldDirectory
  private let journal: String
  private let session: String
  private let growth: Int
  private let queue = DispatchQueue(label: "scalems.checkpoint", qos: .utility)
  private let state: Mutex<State>

  /// - Parameters:
  ///   - journal: its name in the directory.
  ///   - end: bytes of the journal now.
  ///   - growth: bytes by which the journal grows at least from one checkpoint to the next.
  init(directory: HeldDirectory, journal: String, session: String, end: Int, growth: Int = Checkpointer.growth) {
    self.directory = directory
    self.journal = journal
    self.session = session
    self.growth = growth
    state = Mutex(State(lastEnd: end))
    queue.async { [self] in begin(end) }
  }

  /// A long journal that is taken up may have none, or an old one.
  private func begin(_ end: Int) {
    let newest = CheckpointFile.header(place.checkpoint)?.journalEnd ?? 0
    if end - newest > growth { write() }
  }

  /// The directory as this process alone sees it, wherever it is now.
  private var place: SessionDirectory { SessionDirectory(FilePath(directory.heldPath)) }

  /// Takes note of events that were written; at the end of the session, waits until its checkpoint is there.
  ///
  /// - Parameters:
  ///   - end: bytes of the journal.
  ///   - isWhole: whether these are all events so far, none waiting for room on the disk.
  func note(_ events: [SessionEvent], end: Int, isWhole: Bool) {
    let isLast = events.contains { if case .sessionClosed = $0.kind { true } else { false } }
    let isDue = state.withLock { state in
      let grown = end - state.lastEnd
      let isWanted = isLast || (!state.isGivenUp && grown > max(growth, 2 * state.lastSize))
      guard isWhole, grown > 0, isWanted else { return false }
      // Also when it fails: not with every event again.
      state.lastEnd = end
      return true
    }
    if isDue { queue.async { [self] in write() } }
    if isLast { finish() }
  }

  /// Removes the checkpoint and writes none before the end of the session: its room is needed for the journal.
  ///
  /// - Returns: false when it was given up before.
  func giveUp() -> Bool {
    let isFirst = state.withLock { state in
      defer { state.isGivenUp = true }
      return !state.isGivenUp
    }
    guard isFirst else { return false }
    // One may be on its way.
    queue.sync { _ = directory.remove(SessionDirectory.checkpointName) }
    return true
  }

  /// Waits for what is due.
  func finish() { queue.sync {} }

  private func write() {
    make()
    // It held the whole table, 33 bytes a task, and a portion of the journal. Not always is all of it given back.
    ThisProcess.trimMemory()
  }

  private func make() {
    guard let follower = try? JournalFollower(directory: place) else { return }
    var snapshot = SessionSnapshot()
    guard (try? follower.update(&snapshot)) != nil else { return }
    let size = CheckpointFile.write(
      snapshot, in: directory, session: session, journal: journal, end: follower.status.position)
    if let size { state.withLock { $0.lastSize = size } }
  }
}
