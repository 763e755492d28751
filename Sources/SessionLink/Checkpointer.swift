import Dispatch
import SessionModel
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// Writes a checkpoint of a session now and then, from its events, beside whoever records them.
///
/// Events are collected by the thousand and applied on a queue of its own: recording some costs a reference. A
/// checkpoint that cannot be written is given up until the next is due; the journal warns of what is wrong.
final class Checkpointer: Sendable {
  /// So much of a journal is read without anybody noticing.
  static let growth = 8 << 20
  private static let portion = 4096

  /// Told, and not handed on yet.
  private struct Waiting {
    /// As they came: an array is kept by a reference, its events are not copied.
    var batches: [[SessionEvent]] = []
    var count = 0
    var end = 0
    var isWhole = false
    /// There is no room for it; only the last one may be written.
    var isGivenUp = false
  }

  private struct State {
    var snapshot: SessionSnapshot
    /// What the newest checkpoint covers, and its size.
    var lastEnd: Int
    var lastSize: Int
  }

  private let directory: SessionDirectory
  private let session: String
  private let growth: Int
  private let queue = DispatchQueue(label: "scalems.checkpoint", qos: .utility)
  private let waiting = Mutex(Waiting())
  private let state: Mutex<State>

  /// - Parameters:
  ///   - snapshot: the sum of the journal's first `end` bytes.
  ///   - growth: bytes by which the journal grows at least from one checkpoint to the next.
  init(
    directory: SessionDirectory, session: String, snapshot: SessionSnapshot, end: Int, growth: Int = Checkpointer.growth
  ) {
    self.directory = directory
    self.session = session
    self.growth = growth
    state = Mutex(State(snapshot: snapshot, lastEnd: end, lastSize: 0))
    queue.async { [self] in begin(end) }
  }

  /// A long journal that is taken up may have none, or an old one.
  private func begin(_ end: Int) {
    guard end - (CheckpointFile.header(directory.checkpoint)?.journalEnd ?? 0) > growth else { return }
    state.withLock { write(&$0, end: end) }
  }

  private func write(_ state: inout State, end: Int) {
    // Also when it fails: not with every portion again.
    state.lastEnd = end
    let size = CheckpointFile.write(
      state.snapshot, to: directory.checkpoint, session: session, journal: directory.journal, end: end)
    if let size { state.lastSize = size }
  }

  /// Takes note of events, in the order of the journal; at the end of the session, waits until its checkpoint is there.
  ///
  /// - Parameters:
  ///   - end: bytes of the journal.
  ///   - isWhole: whether the journal's first `end` bytes are all events so far, none waiting for room on the disk.
  func note(_ events: [SessionEvent], end: Int, isWhole: Bool) {
    let isLast = events.contains { if case .sessionClosed = $0.kind { true } else { false } }
    let due: Waiting? = waiting.withLock { waiting in
      waiting.batches.append(events)
      waiting.count += events.count
      waiting.end = end
      waiting.isWhole = isWhole
      guard isLast || waiting.count >= Self.portion else { return nil }
      defer { waiting = Waiting(isGivenUp: waiting.isGivenUp) }
      return waiting
    }
    guard let due else { return }
    queue.async { [self] in take(due, isLast: isLast) }
    if isLast { finish() }
  }

  /// Removes the checkpoint and writes none before the end of the session: its room is needed for the journal.
  ///
  /// - Returns: false when it was given up before.
  func giveUp() -> Bool {
    let isFirst = waiting.withLock { waiting in
      defer { waiting.isGivenUp = true }
      return !waiting.isGivenUp
    }
    guard isFirst else { return false }
    // One may be on its way.
    queue.sync { _ = unlink(directory.checkpoint.string) }
    return true
  }

  /// Waits for what was handed on.
  func finish() { queue.sync {} }

  private func take(_ due: Waiting, isLast: Bool) {
    state.withLock { state in
      for events in due.batches { state.snapshot.apply(events) }
      let grown = due.end - state.lastEnd
      let isWanted = isLast || (!due.isGivenUp && grown > max(growth, 2 * state.lastSize))
      guard due.isWhole, grown > 0, isWanted else { return }
      write(&state, end: due.end)
    }
  }
}
