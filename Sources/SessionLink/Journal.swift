import SessionModel
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// The append-only record of a session: JSON lines, after a header that names version and session.
///
/// Events are written before anyone is told of them. When the disk takes no more, they are kept and tried again with
/// the next ones, and the observer gets a warning.
public final class Journal: EventRecorder {
  /// The version of the format, in the header.
  public static let version = 1

  public typealias Observer = @Sendable ([SessionEvent]) -> Void

  private struct State {
    var writer = JSONWriter()
    /// What could not be written yet.
    var backlog: [UInt8] = []
    var isFailing = false
  }

  private let descriptor: Int32
  private let path: FilePath
  private let observer: Observer
  private let state = Mutex(State())

  /// Makes the journal of a new session.
  ///
  /// - Parameter observer: told of events once they are in the journal, in order.
  /// - Throws: `SessionDirectory.Problem` when there is one already or it cannot be written.
  public init(
    creating path: FilePath, session: String, observer: @escaping Observer
  ) throws(SessionDirectory.Problem) {
    // `self` is complete only at the end: a throw before must not run `deinit`, which closes the descriptor again.
    let descriptor = open(path.string, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be made: \(text(errno))")
    }
    guard Self.write(JournalHeader.line(session: session)[...], to: descriptor).isEmpty else {
      let code = errno
      close(descriptor)
      // An empty journal would make the directory look used.
      unlink(path.string)
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be written: \(text(code))")
    }
    self.descriptor = descriptor
    self.path = path
    self.observer = observer
  }

  deinit { close(descriptor) }

  public func record(_ events: [SessionEvent]) {
    // The observer is told under the lock: the order of the journal is the order that everyone sees.
    state.withLock { state in
      state.writer.removeAll()
      for event in events { event.write(to: &state.writer) }
      state.backlog.append(contentsOf: state.writer.bytes)
      let rest = Self.write(state.backlog[...], to: descriptor)
      let code = errno
      state.backlog = Array(rest)
      if events.contains(where: \.kind.isPromise) { fdatasync(descriptor) }
      observer(events + warning(&state, code: code))
    }
  }

  private func warning(_ state: inout State, code: Int32) -> [SessionEvent] {
    let isFailing = !state.backlog.isEmpty
    guard isFailing != state.isFailing else { return [] }
    state.isFailing = isFailing
    let kind: SessionEvent.Kind =
      isFailing
      ? .log(.error, "the journal \(path) cannot be written (\(text(code))): events are kept in memory")
      : .log(.info, "the journal can be written again")
    return [SessionEvent(source: .executor, kind)]
  }

  /// Writes what the disk takes; what is left over is returned, with `errno`.
  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> ArraySlice<UInt8> {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return rest }
      rest = rest.dropFirst(count)
    }
    return rest
  }
}

extension SessionEvent.Kind {
  /// Whether someone relies on the event from here on, also over a crash of the machine.
  fileprivate var isPromise: Bool {
    switch self {
    case .tasksAdded, .command, .sessionClosed: true
    default: false
    }
  }
}
