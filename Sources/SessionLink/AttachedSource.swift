@preconcurrency import Dispatch
import Glibc
import SessionModel
import Synchronization
import Work

/// A session that another process hosts, on this machine or on one that shares its files.
///
/// Its facts come from its journal. On the same machine the host says over its control socket when there is more, takes
/// commands there, and by the end of the connection that it is gone; from elsewhere the files are looked at every second,
/// and commands go through the inbox.
public final class AttachedSource: SessionSource {
  public let isReadOnly: Bool
  public let isOwned: Bool

  private struct State {
    var deliver: @Sendable (SessionUpdate) -> Void = { _ in }
    var link: LinkStatus?
    var route: CommandRoute?
    var problem: String?
    var isConnectionLost = false
    var isClosed = false
    var batches: [TaskBatch] = []
    var summary: SessionSummary?
    var onClose: @Sendable (SessionSummary) -> Void = { _ in }
  }

  private let directory: SessionDirectory
  private let origin: String
  private let follower: JournalFollower
  /// What was read is handed on in its order.
  private let reading = Mutex(())
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  /// Reading blocks, which the threads of the cooperative pool must not.
  private let queue = DispatchQueue(label: "attached")
  /// Seconds between two looks at files.
  private static let interval = 1.0

  /// - Parameters:
  ///   - origin: where the person sits, for the journal: `login1 pts/3`.
  ///   - isOwned: whether the session was started for this screen.
  /// - Throws: `SessionDirectory.Problem` when its journal cannot be read.
  public init(
    _ directory: SessionDirectory, origin: String, isReadOnly: Bool, isOwned: Bool
  ) throws(SessionDirectory.Problem) {
    self.directory = directory
    self.origin = origin
    self.isReadOnly = isReadOnly
    self.isOwned = isOwned
    follower = try JournalFollower(directory: directory)
  }

  /// How the session ended, once that was read.
  public var summary: SessionSummary? { state.withLock { $0.summary } }

  /// Whether the host ended without closing the session.
  public var isHostGone: Bool {
    state.withLock { if case .gone? = $0.link?.host { true } else { false } }
  }

  /// Calls `body` when the session has closed.
  public func onClose(_ body: @escaping @Sendable (SessionSummary) -> Void) { state.withLock { $0.onClose = body } }

  public func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    state.withLock { $0.deliver = deliver }
    queue.async { [self] in follow() }
  }

  /// Ends the flow.
  public func close() {
    let route = state.withLock { state in
      state.isClosed = true
      defer { state.route = nil }
      return state.route
    }
    route?.close()
    wake.signal()
  }

  // MARK: Facts

  private func follow() {
    readFirst()
    while !state.withLock({ $0.isClosed }) {
      // In this order: what a host wrote before it ended is read before it is said to be gone.
      let host = lookForHost()
      readJournal()
      report(host)
      _ = wake.wait(timeout: isPushed ? .distantFuture : .now() + Self.interval)
    }
  }

  /// Reads what there is into one snapshot, so that the first thing to be seen is whole; a journal that takes long is
  /// shown as it is read.
  private func readFirst() {
    reading.withLock { _ in
      var snapshot = SessionSnapshot()
      var shown = ContinuousClock.now
      var isNews = false
      while let update = nextUpdate() {
        switch update {
        case .snapshot(let new): snapshot = new
        case .events(let events): snapshot.apply(events)
        }
        isNews = true
        guard .now - shown > Self.patience else { continue }
        deliver(.snapshot(snapshot))
        shown = .now
        isNews = false
      }
      if isNews { deliver(.snapshot(snapshot)) }
    }
  }

  /// What a person waits for something to be seen.
  private static let patience = Duration.milliseconds(300)

  /// Whether news come by themselves.
  private var isPushed: Bool {
    state.withLock { state in
      if case .socket? = state.route { return !state.isConnectionLost }
      return false
    }
  }

  /// Reads what there is now.
  ///
  /// - Returns: how the session ended, if that was in it.
  @discardableResult
  public func readJournal() -> SessionSummary? {
    reading.withLock { _ in
      while let update = nextUpdate() {
        deliver(update)
      }
    }
    return summary
  }

  private func deliver(_ update: JournalFollower.Update) {
    let (deliver, end) = note(update)
    switch update {
    case .snapshot(let snapshot): deliver(.snapshot(snapshot))
    case .events(let events): deliver(.events(events))
    }
    if let (summary, onClose) = end { onClose(summary) }
  }

  private func nextUpdate() -> JournalFollower.Update? {
    do { return try follower.next() } catch {
      state.withLock { $0.problem = error.description }
      return nil
    }
  }

  private func note(
    _ update: JournalFollower.Update
  ) -> (deliver: @Sendable (SessionUpdate) -> Void, end: (SessionSummary, @Sendable (SessionSummary) -> Void)?) {
    state.withLock { state in
      let hadEnded = state.summary != nil
      switch update {
      case .snapshot(let snapshot):
        state.batches = snapshot.tasks.batches
        state.summary = snapshot.summary
      case .events(let events):
        for event in events {
          switch event.kind {
          case .tasksAdded(let batch): state.batches.append(batch)
          case .sessionOpened: state.summary = nil
          case .sessionClosed(let summary): state.summary = summary
          default: break
          }
        }
      }
      return (state.deliver, hadEnded ? nil : state.summary.map { ($0, state.onClose) })
    }
  }

  // MARK: The host

  /// Finds out who hosts the session, and a way to it.
  private func lookForHost() -> LinkStatus.Host {
    let (route, isLost) = state.withLock { ($0.route, $0.isConnectionLost) }
    // Whatever becomes of the files.
    if case .socket? = route, !isLost { return .alive }
    guard let record = HostRecord(in: directory) else {
      // A host removes its record when it has closed the session, which its journal says.
      if route != nil { leaveRoute() }
      return .gone(since: .now)
    }
    guard record.isOnThisMachine else {
      if route == nil { enter(.inbox(Inbox(directory), origin: origin)) }
      return signs.withLock { $0.life(lastSign: HostRecord.lastSign(in: directory), now: .now) }
    }
    guard record.isRunning else {
      if route != nil { leaveRoute() }
      return .gone(since: .now)
    }
    // Also a host that took the session up again after another one died.
    connect(record)
    return .alive
  }

  private let signs = Mutex(SignsOfLife())

  private func connect(_ record: HostRecord) {
    leaveRoute()
    if let path = record.socket {
      do {
        let client = try ControlClient(
          path, session: record.session, origin: origin, isReadOnly: isReadOnly,
          onNews: { [weak self] problem in self?.hear(problem) }, onEnd: { [weak self] in self?.loseConnection() })
        client.follow()
        return enter(.socket(client))
      } catch { state.withLock { $0.problem = "no connection to the host of the session: \(error)" } }
    }
    enter(.inbox(Inbox(directory), origin: origin))
  }

  private func enter(_ route: CommandRoute) {
    state.withLock { state in
      state.route = route
      state.isConnectionLost = false
    }
  }

  private func leaveRoute() {
    let route = state.withLock { state in
      defer { (state.route, state.isConnectionLost) = (nil, false) }
      return state.route
    }
    route?.close()
  }

  private func hear(_ problem: String?) {
    state.withLock { $0.problem = problem }
    wake.signal()
  }

  private func loseConnection() {
    state.withLock { $0.isConnectionLost = true }
    wake.signal()
  }

  /// Says how things stand, if that changed.
  private func report(_ host: LinkStatus.Host) {
    let news: (LinkStatus, @Sendable (SessionUpdate) -> Void)? = state.withLock { state in
      let way: LinkStatus.Way = if case .socket? = state.route { .socket } else { .files(delay: Self.interval) }
      var host = host
      // A session that closed needs no host.
      if state.summary != nil { host = .alive }
      // Since when is what was said first; of a host that was never seen, what its last sign says.
      if case .gone = host, state.link == nil, let sign = HostRecord.lastSign(in: directory) {
        host = .gone(since: sign)
      }
      if case .gone = host, case .gone(let since)? = state.link?.host { host = .gone(since: since) }
      if case .silent = host, case .silent(let since)? = state.link?.host { host = .silent(since: since) }
      let link = LinkStatus(way: way, host: host, problem: state.problem)
      guard link != state.link else { return nil }
      state.link = link
      return (link, state.deliver)
    }
    if let (link, deliver) = news { deliver(.link(link)) }
  }

  // MARK: Commands

  public func send(_ command: OperatorCommand, reason: String?) {
    guard !isReadOnly else { return }
    let (route, deliver) = state.withLock { ($0.route, $0.deliver) }
    guard let route else { return deliver(.refused("\(command.verb.rawValue): nobody hosts the session")) }
    // How it goes comes as events; only what the journal cannot know is said here.
    route.send(command, reason: reason) { outcome in
      switch outcome {
      case .failure(let problem): deliver(.refused("\(command.verb.rawValue): \(problem)"))
      case .success(let report):
        if report.command == 0, case .finished(_, let why) = report.stage {
          deliver(.refused("\(command.verb.rawValue): \(why)"))
        }
      }
    }
  }

  public func output(of task: TaskID, stream: OutputStream, limit: Int) async -> OutputTail {
    guard let batch = state.withLock({ $0.batches.last { $0.first <= task } }) else {
      return OutputTail(text: "", size: 0, failure: "the session has no task \(task.uid)")
    }
    let description = batch.description(of: task)
    return directory.output(
      of: task, named: stream == .stdout ? description.stdout : description.stderr, limit: limit)
  }
}
