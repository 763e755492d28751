@preconcurrency import Dispatch
import JSON
import Platform
import SessionModel
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

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
    var room = JournalRoom()
    /// The session's end is recorded: what the journal says after it would hide that from whoever looks at its last line.
    var hasEnded = false
    /// Called when all that came before is in the file.
    var replies: [@Sendable () -> Void] = []
  }

  /// What was handed over and is not in hand yet.
  private struct Waiting {
    var events: [[SessionEvent]] = []
    var isMaintenanceDue = false
    /// Called when all that came before is written.
    var replies: [@Sendable () -> Void] = []
    /// Called when all that came before is in the file, and not just kept because that is full.
    var strictReplies: [@Sendable () -> Void] = []
    /// Tasks that may be under way.
    var tasks = 0
    /// Events in it.
    var count = 0
    /// When the first of it came.
    var since: ContinuousClock.Instant?
  }

  private struct Intake {
    var waiting = Waiting()
    /// When the first came of what is being written now.
    var inHandSince: ContinuousClock.Instant?
    var isStalled = false
    /// More waits than should.
    var isBehind = false

    var oldest: ContinuousClock.Instant? { inHandSince ?? waiting.since }
  }

  /// What can be asked of the journal while its file system hangs.
  private struct Status {
    var end: Int
    var problem: String?
    var trouble: String?
  }

  let directory: HeldDirectory
  /// Of the journal, in its directory.
  let name: String
  let state: Mutex<State>
  private let observer: Journal.Observer
  private let patience: Duration
  private let intake = Mutex(Intake())
  private let onTrouble = Mutex<@Sendable () -> Void>({})
  /// Events that may wait before whoever makes them should wait, too.
  private static let backlogLimit = 16_384
  private let status: Mutex<Status>
  private let queue = DispatchQueue(label: "scalems.journal")
  /// Ends a pause of the queue: somebody waits.
  private let urgent = AutoResetEvent()

  /// - Parameter patience: how long events wait before the file system counts as hanging.
  init(
    directory: HeldDirectory, name: String, output: consuming JournalOutput, patience: Duration = .seconds(5),
    observer: @escaping Journal.Observer
  ) {
    self.directory = directory
    self.name = name
    self.patience = patience
    self.observer = observer
    status = Mutex(Status(end: output.end))
    state = Mutex(State(output: output))
  }

  var path: FilePath { FilePath(directory.path).appending(name) }

  // MARK: For everybody, at once

  func record(_ events: [SessionEvent]) {
    let isNews = hand { intake in
      intake.waiting.events.append(events)
      intake.waiting.count += events.count
      guard intake.waiting.count > Self.backlogLimit, !intake.isBehind else { return false }
      intake.isBehind = true
      return true
    }
    if isNews { tellTrouble() }
  }

  func expect(tasks: Int) { hand { $0.waiting.tasks = max($0.waiting.tasks, tasks) } }

  func setOnTrouble(_ body: @escaping @Sendable () -> Void) { onTrouble.withLock { $0 = body } }

  private func tellTrouble() { onTrouble.withLock { $0 }() }

  var trouble: RecorderTrouble? {
    let (isStalled, isBehind) = intake.withLock { ($0.isStalled, $0.isBehind) }
    if isStalled { return .hangs(stallText) }
    if let text = status.withLock({ $0.trouble }) { return .full(text) }
    return isBehind ? .busy : nil
  }

  /// Calls `body` when all that was recorded before is written, or kept because the disk is full.
  func whenWritten(_ body: @escaping @Sendable () -> Void) {
    hand { $0.waiting.replies.append(body) }
    urgent.set()
  }

  /// Calls `body` when all that was recorded before is in the file, or nothing is written any more.
  func whenInFile(_ body: @escaping @Sendable () -> Void) {
    hand { $0.waiting.strictReplies.append(body) }
    urgent.set()
  }

  /// Has the journal looked after, and notices when its file system hangs.
  func maintain() {
    let isNews = hand { intake in
      intake.waiting.isMaintenanceDue = true
      guard !intake.isStalled, let oldest = intake.oldest, .now - oldest > patience else { return false }
      intake.isStalled = true
      intake.waiting.events.append([SessionEvent(source: .executor, .log(.error, stallText))])
      return true
    }
    if isNews { tellTrouble() }
  }

  var end: Int { status.withLock { $0.end } }
  var problem: String? { intake.withLock { $0.isStalled } ? stallText : status.withLock { $0.problem } }

  private var stallText: String {
    "the file system of the journal \(path) does not answer: events are kept in memory"
  }

  @discardableResult
  private func hand<Value>(_ change: (inout Intake) -> Value) -> Value {
    var isFirst = false
    let value = intake.withLock { intake in
      let value = change(&intake)
      isFirst = intake.waiting.since == nil
      if isFirst { intake.waiting.since = .now }
      return value
    }
    if isFirst { queue.async { [self] in writeWaiting() } }
    return value
  }

  // MARK: On the queue

  /// How long facts may wait when nobody waits for them: one large step costs a fraction of many small ones.
  private static let pause = Duration.milliseconds(4)

  private func writeWaiting() {
    if intake.withLock({ $0.waiting.replies.isEmpty && $0.waiting.strictReplies.isEmpty }) {
      _ = urgent.wait(atMost: Self.pause)
    }
    urgent.reset()
    let waiting = intake.withLock { intake in
      intake.inHandSince = intake.waiting.since
      defer { intake.waiting = Waiting() }
      return intake.waiting
    }
    let (strict, isNews): ([@Sendable () -> Void], Bool) = state.withLock { state in
      let grows = state.room.expect(tasks: waiting.tasks)
      write(waiting.events.count == 1 ? waiting.events[0] : Array(waiting.events.joined()), &state)
      if waiting.isMaintenanceDue || grows { maintain(&state) }
      state.replies += waiting.strictReplies
      let now = Status(
        end: state.output.end, problem: state.health.problem(path), trouble: state.health.trouble(path))
      let isNews = status.withLock { status in
        defer { status = now }
        return status.trouble != now.trouble
      }
      guard state.output.backlogSize == 0 else { return ([], isNews) }
      defer { state.replies = [] }
      return (state.replies, isNews)
    }
    let (wasStalled, wasBehind) = intake.withLock { intake in
      defer { (intake.inHandSince, intake.isStalled, intake.isBehind) = (nil, false, false) }
      return (intake.isStalled, intake.isBehind)
    }
    if isNews || wasStalled || wasBehind { tellTrouble() }
    if wasStalled { record([SessionEvent(source: .executor, .log(.info, "the journal can be written again"))]) }
    for reply in waiting.replies + strict { reply() }
  }

  private func write(_ events: [SessionEvent], _ state: inout State) {
    // What is said after the end has nowhere to go.
    guard !events.isEmpty, !state.output.isLeft, !state.hasEnded else { return }
    let end = events.firstIndex { if case .sessionClosed = $0.kind { true } else { false } }
    state.hasEnded = end != nil
    let events = end.map { Array(events[...$0]) } ?? events
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
    keepRoom(&state)
  }

  /// Writes down what changed in the journal's own condition.
  ///
  /// - Returns: the events for that.
  func report(_ state: inout State) -> [SessionEvent] {
    var all: [SessionEvent] = []
    // The report may itself find no room: then that is reported, too, and there it ends.
    for _ in 0..<2 where !state.hasEnded {
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
    let done = AutoResetEvent()
    whenWritten { done.set() }
    return done.wait(atMost: limit)
  }

  /// Writes what waits, says what cannot be written, and leaves the file.
  ///
  /// - Parameters:
  ///   - limit: for a file system that hangs.
  ///   - patience: for one that is full.
  /// - Returns: what is missing in the file, in a sentence; `nil` when it is whole, or was left before.
  func close(within limit: Duration, patience: Duration = .zero) -> String? {
    let done = AutoResetEvent()
    let end = ContinuousClock.now + patience
    let missing = Missing()
    queue.async { [self] in
      writeWaiting()
      while state.withLock({ $0.output.backlogSize > 0 }), .now < end {
        _ = usleep(Self.retryInterval)
        state.withLock { state in
          state.output.retry()
          keepRoom(&state)
        }
      }
      let (replies, text) = state.withLock { leave(&$0) }
      missing.text.withLock { $0 = text }
      for reply in replies { reply() }
      done.set()
    }
    guard done.wait(atMost: limit + patience) else { return stallText }
    return missing.text.withLock { $0 }
  }

  private final class Missing: Sendable { let text = Mutex<String?>(nil) }

  /// Microseconds between two tries to write on a full disk, at the end.
  private static let retryInterval: UInt32 = 100_000

  private func leave(_ state: inout State) -> (replies: [@Sendable () -> Void], missing: String?) {
    var missing: String?
    if !state.output.isLeft {
      state.output.retry()
      if state.output.backlogSize > 0 {
        missing =
          "\(state.output.backlogSize) bytes of the journal \(path) could not be written and are lost "
          + "(\(text(state.output.failure)))"
      } else if state.health.place != 0 || state.health.trouble(path) != nil && state.health.room == 0 {
        missing = state.health.problem(path)
      }
      state.checkpointer?.finish()
      state.output.close()
    }
    defer { state.replies = [] }
    return (state.replies, missing)
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
