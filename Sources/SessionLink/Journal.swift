import Glibc
import SessionModel
import Synchronization
import SystemPackage

/// The append-only record of a session: JSON lines, after a header that names version and session.
///
/// Events are written before anyone is told of them. When the disk takes no more, they are kept and tried again with
/// the next ones and at every ``tend()``, and the observer gets a warning.
public final class Journal: EventRecorder {
  /// The version of the format, in the header.
  public static let version = 1

  /// Told of events once they are in the journal, in order; of how many bytes of it can be read now; and, in a sentence,
  /// of what is wrong with it.
  public typealias Observer = @Sendable ([SessionEvent], _ end: Int, _ problem: String?) -> Void

  private struct State: ~Copyable {
    var file: JournalWriter
    var json = JSONWriter()
    var checkpoints: Checkpointer
    var clock = ClockWatch()
    var problem: String?
  }

  private let path: FilePath
  private let observer: Observer
  private let state: Mutex<State>

  /// Makes the journal of a new session.
  ///
  /// - Throws: `SessionDirectory.Problem` when there is one already or it cannot be written.
  public convenience init(
    creating path: FilePath, session: String, observer: @escaping Observer
  ) throws(SessionDirectory.Problem) {
    let file = try JournalWriter(creating: path, session: session)
    self.init(path, file, Checkpointer(session: session, directory: path.removingLastComponent()), observer)
  }

  /// Goes on with the journal of a session whose host ended; a torn last line is cut off.
  ///
  /// - Parameter snapshot: all that it holds.
  /// - Throws: `SessionDirectory.Problem` when it cannot be written, or another process writes it.
  public convenience init(
    resuming path: FilePath, snapshot: SessionSnapshot, observer: @escaping Observer
  ) throws(SessionDirectory.Problem) {
    let file = try JournalWriter(resuming: path)
    let session = snapshot.info?.id ?? ""
    self.init(
      path, file, Checkpointer(session: session, directory: path.removingLastComponent(), snapshot: snapshot), observer)
  }

  private init(
    _ path: FilePath, _ file: consuming JournalWriter, _ checkpoints: Checkpointer, _ observer: @escaping Observer
  ) {
    self.path = path
    self.observer = observer
    state = Mutex(State(file: file, checkpoints: checkpoints))
  }

  /// What is wrong with the record at the moment, in one sentence; `nil` when all is well.
  public var problem: String? { state.withLock { $0.problem } }

  public func record(_ events: [SessionEvent]) {
    // The observer is told under the lock: the order of the journal is the order that everyone sees.
    state.withLock { state in
      write(events, &state)
      if events.contains(where: \.kind.isPromise) { state.file.synchronize() }
    }
  }

  /// Looks after the journal; to be called about once a second while the session lives.
  ///
  /// What could not be written is tried again, a journal that was removed is made again, and jumps of the clock are said.
  public func tend() {
    state.withLock { state in
      var news: [SessionEvent] = []
      if let jump = state.clock.jump() {
        let words = jump > 0 ? "forward by \(Int(jump)) s" : "back by \(Int(-jump)) s"
        news.append(
          SessionEvent(
            source: .executor, .log(.warning, "the clock was set \(words): times before and after do not compare")))
      }
      if state.file.isLost {
        let text =
          state.file.restore()
          ? "the journal \(path) was removed or replaced: it was written again"
          : "the journal \(path) was removed and cannot be made again (\(text(errno))): nothing will be left of this session"
        if state.problem != text { news.append(SessionEvent(source: .executor, .log(.error, text))) }
        state.problem = state.file.isLost ? text : nil
      }
      if !news.isEmpty || state.file.hasBacklog { write(news, &state) }
    }
  }

  private func write(_ events: [SessionEvent], _ state: inout State) {
    state.json.removeAll()
    for event in events { event.write(to: &state.json) }
    let hadBacklog = state.file.hasBacklog
    state.file.append(state.json.bytes)
    var all = events
    if state.file.hasBacklog != hadBacklog || (state.file.hasBacklog && state.problem == nil) {
      let warning = backlogWarning(state.file)
      state.problem =
        state.file.hasBacklog ? state.problem ?? "the journal cannot be written: \(text(state.file.error))" : nil
      all.append(warning)
      // Said in the journal, too, as soon as it takes it.
      state.json.removeAll()
      warning.write(to: &state.json)
      state.file.append(state.json.bytes)
    }
    state.checkpoints.note(all, end: state.file.hasBacklog ? nil : state.file.end)
    observer(all, state.file.end, state.problem)
  }

  private func backlogWarning(_ file: borrowing JournalWriter) -> SessionEvent {
    SessionEvent(
      source: .executor,
      file.hasBacklog
        ? .log(.error, "the journal \(path) cannot be written (\(text(file.error))): events are kept in memory")
        : .log(.info, "the journal can be written again"))
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
