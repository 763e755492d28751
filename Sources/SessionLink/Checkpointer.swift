@preconcurrency import Dispatch
import Processes
import SessionModel
import Synchronization
import SystemPackage

/// Keeps a session's checkpoint: applies what is in the journal to a snapshot of its own, and writes that now and then.
struct Checkpointer: Sendable {
  private let session: String
  private let path: FilePath
  private var snapshot: SessionSnapshot
  /// Bytes of the journal that the last checkpoint covered.
  private var covered = 0
  private let writing = Writing()
  private static let queue = DispatchQueue(label: "checkpoint", qos: .utility)
  /// A journal that grew by less is read in no time.
  private static let step = 8 << 20

  /// How the last checkpoint went.
  private final class Writing: Sendable {
    let isBusy = Mutex(false)
    /// Bytes of the file.
    let size = Mutex(0)
  }

  init(session: String, directory: FilePath, snapshot: SessionSnapshot = SessionSnapshot()) {
    self.session = session
    path = directory.appending(Checkpoint.fileName)
    self.snapshot = snapshot
  }

  /// Takes events in.
  ///
  /// - Parameter end: the bytes of the journal when all events so far are in it; else `nil`.
  mutating func note(_ events: [SessionEvent], end: Int?) {
    snapshot.apply(events)
    guard let end else { return }
    let isLast = events.contains { if case .sessionClosed = $0.kind { true } else { false } }
    // Reading a checkpoint should not take longer than what it spares.
    let step = max(Self.step, 2 * writing.size.withLock { $0 })
    guard isLast || end - covered >= step else { return }
    guard begin(waiting: isLast) else { return }
    covered = end
    let checkpoint = Checkpoint(session: session, position: end, snapshot: snapshot)
    let (path, writing) = (path, writing)
    let write: @Sendable () -> Void = {
      let bytes = checkpoint.encoded()
      // Without it, screens read the journal.
      try? replaceFile(path.string, with: bytes)
      writing.size.withLock { $0 = bytes.count }
      writing.isBusy.withLock { $0 = false }
    }
    // The process may end right after the last one.
    if isLast { Self.queue.sync(execute: write) } else { Self.queue.async(execute: write) }
  }

  private func begin(waiting: Bool) -> Bool {
    if waiting { Self.queue.sync {} }
    return writing.isBusy.withLock { isBusy in
      defer { isBusy = true }
      return !isBusy
    }
  }
}
