import JSON
import SessionModel
import Synchronization
import SystemPackage
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// The append-only record of a session: JSON lines, after a header that names version and session.
///
/// Events are written before anyone is told of them. When the disk takes no more, they are kept and tried again with
/// the next ones and by `tend()`. What happens to the journal itself is an event like others. One process at a time
/// writes a journal.
public final class Journal: EventRecorder {
  /// The version of the format, in the header.
  public static let version = 1

  /// Told of events, in order, once they are written, and up to which byte the file can be read: a line ends there.
  /// While the disk is full, events are told of that are not in the file yet. It must not record events itself.
  public typealias Observer = @Sendable (_ events: [SessionEvent], _ end: Int) -> Void

  struct State: ~Copyable {
    var output: JournalOutput
    var writer = JSONWriter()
    var health = JournalHealth()
    var clock = ClockWatch()
    var checkpointer: Checkpointer?
  }

  /// The id of the session.
  public let session: String
  let path: FilePath
  private let observer: Observer
  let state: Mutex<State>

  /// Makes the journal of a new session.
  ///
  /// - Parameter observer: told of events once they are in the journal, in order.
  /// - Throws: when there is one already or it cannot be written.
  public init(
    creating path: FilePath, session: String, observer: @escaping Observer
  ) throws(SessionDirectory.Problem) {
    let descriptor = open(path.string, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be made: \(text(errno))")
    }
    _ = JournalLock.take(descriptor)
    var output = JournalOutput(descriptor: descriptor, written: 0)
    output.append(JournalHeader.line(session: session))
    guard output.backlogSize == 0 else {
      // An empty journal would make the directory look used.
      unlink(path.string)
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be written: \(text(output.failure))")
    }
    self.path = path
    self.session = session
    self.observer = observer
    state = Mutex(State(output: output))
  }

  /// Opens the journal of an earlier session to write on. A line that its last writer did not finish is cut off.
  ///
  /// - Parameter observer: told of events once they are in the journal, in order; not of those that are there.
  /// - Throws: when it cannot be read or written, is none of a version known here, or another process writes it.
  public init(resuming path: FilePath, observer: @escaping Observer) throws(SessionDirectory.Problem) {
    let descriptor = open(path.string, O_RDWR | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be written: \(text(errno))")
    }
    guard JournalLock.take(descriptor) != .held else {
      close(descriptor)
      throw SessionDirectory.Problem(description: "another scalems-top is running this session: \(path)")
    }
    let lines: (session: String, end: Int)
    do throws(SessionDirectory.Problem) {
      lines = try Self.cut(descriptor, path)
    } catch {
      JournalLock.release(descriptor)
      close(descriptor)
      throw error
    }
    self.path = path
    session = lines.session
    self.observer = observer
    state = Mutex(State(output: JournalOutput(descriptor: descriptor, written: lines.end)))
  }

  private static func cut(
    _ descriptor: Int32, _ path: FilePath
  ) throws(SessionDirectory.Problem) -> (session: String, end: Int) {
    let session = try JournalLines(path).session
    let end = lineEnd(descriptor)
    guard ftruncate(descriptor, off_t(end)) == 0 else {
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be written: \(text(errno))")
    }
    return (session, end)
  }

  /// The end of the last whole line, found from behind.
  private static func lineEnd(_ descriptor: Int32) -> Int {
    var end = FileIdentity.size(descriptor)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while end > 0 {
      let start = max(0, end - chunk.count)
      let count = pread(descriptor, &chunk, end - start, off_t(start))
      guard count == end - start else { return FileIdentity.size(descriptor) }
      if let feed = chunk[..<count].lastIndex(of: 0x0a) { return start + feed + 1 }
      end = start
    }
    return 0
  }

  /// Whether a process that lives writes the journal at `path`; to be allowed to read it is enough.
  ///
  /// - Returns: `nil` when that cannot be told: there is no journal, or its file system knows no locks.
  public static func isHeld(_ path: FilePath) -> Bool? { JournalLock.isHeld(path) }

  deinit {
    state.withLock { state in
      state.output.retry()
      if state.output.backlogSize > 0 {
        let lost = "\(state.output.backlogSize) bytes of the journal \(path) could not be written and are lost"
        let event = SessionEvent(
          source: .executor, .log(.error, "\(lost) (\(text(state.output.failure)))"))
        observer([event], state.output.end)
      }
      state.checkpointer?.finish()
    }
  }

  /// Keeps a checkpoint of the session in its directory from here on, see `Checkpoint`.
  ///
  /// - Parameter snapshot: the sum of the events that the journal holds now.
  public func keepCheckpoints(in directory: SessionDirectory, from snapshot: SessionSnapshot = SessionSnapshot()) {
    keepCheckpoints(in: directory, from: snapshot, growth: Checkpointer.growth)
  }

  func keepCheckpoints(in directory: SessionDirectory, from snapshot: SessionSnapshot, growth: Int) {
    state.withLock {
      $0.checkpointer = Checkpointer(
        directory: directory, session: session, snapshot: snapshot, end: $0.output.end, growth: growth)
    }
  }

  public func record(_ events: [SessionEvent]) {
    guard !events.isEmpty else { return }
    // The observer is told under the lock: the order of the journal is the order that everyone sees.
    state.withLock { state in
      write(events, &state)
      if events.contains(where: \.kind.isPromise), state.output.backlogSize == 0 {
        state.health.sync = state.output.sync()
      }
      let own = report(&state)
      deliver(own.isEmpty ? events : events + own, state)
    }
  }

  public func flush() async {}

  /// What is wrong with the journal now, in one sentence; `nil` when all is well.
  public var problem: String? { state.withLock { $0.health.problem(path) } }

  /// Bytes of the journal that can be read now; a line ends there.
  public var end: Int { state.withLock { $0.output.end } }

  func write(_ events: [SessionEvent], _ state: inout State) {
    state.writer.removeAll()
    for event in events { event.write(to: &state.writer) }
    state.output.append(state.writer.bytes)
  }

  /// Writes down what changed in the journal's own condition.
  ///
  /// - Returns: the events for that.
  func report(_ state: inout State) -> [SessionEvent] {
    var all: [SessionEvent] = []
    // The report may itself find no room: then that is reported, too, and there it ends.
    for _ in 0..<2 {
      state.health.write = state.output.backlogSize > 0 ? state.output.failure : 0
      let events = state.health.news(path).map { SessionEvent(source: .executor, .log($0.level, $0.text)) }
      guard !events.isEmpty else { break }
      write(events, &state)
      all += events
    }
    return all
  }

  func deliver(_ events: [SessionEvent], _ state: borrowing State) {
    guard !events.isEmpty else { return }
    observer(events, state.output.end)
    state.checkpointer?.note(events, end: state.output.end, isWhole: state.output.backlogSize == 0)
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
