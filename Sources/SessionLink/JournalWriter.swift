@preconcurrency import Dispatch
import JSON
import SessionModel
import Synchronization
import SystemPackage

/// Writes a journal beside whoever records: on a queue of its own, in the order of recording, and all that waits at a
/// time, so that one `fdatasync` keeps the promises of many.
///
/// A file system that hangs holds up this queue and nobody else; events wait in memory then, as on a full disk.
final class JournalWriter: Sendable {
  struct State: ~Copyable {
    var output: JournalOutput
    var json = JSONWriter()
    var health = JournalHealth()
    var clock = ClockWatch()
    var checkpointer: Checkpointer?
  }

  /// What was handed over and is not in hand yet.
  private struct Waiting {
    var events: [[SessionEvent]] = []
    var isMaintenanceDue = false
    /// Called when all that came before is written.
    var replies: [@Sendable () -> Void] = []
    /// When the first of it came.
    var since: ContinuousClock.Instant?
  }

  private struct Intake {
    var waiting = Waiting()
    /// When the first came of what is being written now.
    var inHandSince: ContinuousClock.Instant?
    var isStalled = false

    var oldest: ContinuousClock.Instant? { inHandSince ?? waiting.since }
  }

  /// What can be asked of the journal while its file system hangs.
  private struct Status {
    var end: Int
    var problem: String?
  }

  let path: FilePath
  let state: Mutex<State>
  private let observer: Journal.Observer
  private let patience: Duration
  private let intake = Mutex(Intake())
  private let status: Mutex<Status>
  private let queue = DispatchQueue(label: "scalems.journal")
  /// Ends a pause of the queue: somebody waits.
  private let urgent = DispatchSemaphore(value: 0)

  /// - Parameter patience: how long events wait before the file system counts as hanging.
  init(
    path: FilePath, output: consuming JournalOutput, patience: Duration = .seconds(5),
    observer: @escaping Journal.Observer
  ) {
    self.path = path
    self.patience = patience
    self.observer = observer
    status = Mutex(Status(end: output.end))
    state = Mutex(State(output: output))
  }

  // MARK: For everybody, at once

  func record(_ events: [SessionEvent]) { hand { $0.waiting.events.append(events) } }

  /// Calls `body` when all that was recorded before is written, or kept because the disk is full.
  func whenWritten(_ body: @escaping @Sendable () -> Void) {
    hand { $0.waiting.replies.append(body) }
    urgent.signal()
  }

  /// Has the journal looked after, and notices when its file system hangs.
  func maintain() {
    hand { intake in
      intake.waiting.isMaintenanceDue = true
      guard !intake.isStalled, let oldest = intake.oldest, .now - oldest > patience else { return }
      intake.isStalled = true
      intake.waiting.events.append([SessionEvent(source: .executor, .log(.error, stallText))])
    }
  }

  var end: Int { status.withLock { $0.end } }
  var problem: String? { intake.withLock { $0.isStalled } ? stallText : status.withLock { $0.problem } }

  private var stallText: String {
    "the file system of the journal \(path) does not answer: events are kept in memory"
  }

  private func hand(_ change: (inout Intake) -> Void) {
    let isFirst = intake.withLock { intake in
      change(&intake)
      guard intake.waiting.since == nil else { return false }
      intake.waiting.since = .now
      return true
    }
    if isFirst { queue.async { [self] in writeWaiting() } }
  }

  // MARK: On the queue

  /// Seconds that facts may wait when nobody waits for them: one large step costs a fraction of many small ones.
  private static let pause = 0.004

  private func writeWaiting() {
    if intake.withLock({ $0.waiting.replies.isEmpty }) { _ = urgent.wait(timeout: .now() + Self.pause) }
    while urgent.wait(timeout: .now()) == .success {}
    let waiting = intake.withLock { intake in
      intake.inHandSince = intake.waiting.since
      defer { intake.waiting = Waiting() }
      return intake.waiting
    }
    state.withLock { state in
      write(waiting.events.count == 1 ? waiting.events[0] : Array(waiting.events.joined()), &state)
      if waiting.isMaintenanceDue { maintain(&state) }
      let now = Status(end: state.output.end, problem: state.health.problem(path))
      status.withLock { $0 = now }
    }
    let wasStalled = intake.withLock { intake in
      defer { (intake.inHandSince, intake.isStalled) = (nil, false) }
      return intake.isStalled
    }
    if wasStalled { record([SessionEvent(source: .executor, .log(.info, "the journal can be written again"))]) }
    for reply in waiting.replies { reply() }
  }

  private func write(_ events: [SessionEvent], _ state: inout State) {
    guard !events.isEmpty else { return }
    append(events, &state)
    if events.contains(where: \.kind.isPromise), state.output.backlogSize == 0 {
      state.health.sync = state.output.sync()
    }
    let own = report(&state)
    deliver(own.isEmpty ? events : events + own, &state)
  }

  func append(_ events: [SessionEvent], _ state: inout State) {
    state.json.removeAll()
    for event in events { event.write(to: &state.json) }
    state.output.append(state.json.bytes)
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
      append(events, &state)
      all += events
    }
    return all
  }

  func deliver(_ events: [SessionEvent], _ state: inout State) {
    guard !events.isEmpty else { return }
    observer(events, state.output.end)
    state.checkpointer?.note(events, end: state.output.end, isWhole: state.output.backlogSize == 0)
  }

  // MARK: The end

  /// Waits until all that was recorded before is written.
  ///
  /// - Returns: false when it was not within that time.
  func flush(within limit: Duration) -> Bool {
    let done = DispatchSemaphore(value: 0)
    whenWritten { done.signal() }
    return done.wait(timeout: .now() + limit / .seconds(1)) == .success
  }

  /// Writes what waits, says what cannot be written, and leaves the file.
  func close(within limit: Duration) {
    let done = DispatchSemaphore(value: 0)
    queue.async { [self] in
      writeWaiting()
      state.withLock { state in
        state.output.retry()
        if state.output.backlogSize > 0 {
          let lost = "\(state.output.backlogSize) bytes of the journal \(path) could not be written and are lost"
          let event = SessionEvent(source: .executor, .log(.error, "\(lost) (\(text(state.output.failure)))"))
          observer([event], state.output.end)
        }
        state.checkpointer?.finish()
        state.output.close()
      }
      done.signal()
    }
    _ = done.wait(timeout: .now() + limit / .seconds(1))
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
