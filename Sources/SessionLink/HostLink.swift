@preconcurrency import Dispatch
import Glibc
import Platform
import SessionModel
import Synchronization
import Wire

/// The way to whoever hosts a session, for screens and verbs alike.
///
/// A host on this machine is reached over its control socket: it says when there is more to read, takes commands, and by
/// the end of the connection that it is gone. From another machine, and when the socket fails, the session's files are
/// looked at every second, and commands go through the inbox.
public final class HostLink: Sendable {
  private enum Route {
    case socket(ControlClient)
    case inbox(Inbox)
  }

  private struct State {
    var route: Route?
    /// The connection has ended, and that was not seen to yet.
    var isLost = false
    var connectionProblem: String?
    var journalProblem: String?
    /// A host that does not answer is not asked again at once.
    var nextAttempt = ContinuousClock.now
    /// A host was seen, and since when its record is missing.
    var wasSeen = false
    var missing: ContinuousClock.Instant?
    var signs = SignsOfLife()
    /// The host that was found last.
    var record: HostRecord?
    /// Since when it is stopped.
    var stopped: Timestamp?
  }

  public let directory: SessionDirectory
  private let origin: String
  private let isReadOnly: Bool
  private let state = Mutex(State())
  private let news = AutoResetEvent()

  /// Seconds between two looks at files.
  public static let interval = 1.0
  /// Seconds between two looks at a host that has a connection.
  private static let longestWait = 2.0
  private static let pauseAfterFailure = Duration.seconds(10)
  /// A record that is missing for a moment is no end: the directory may have been removed, and the host makes it again.
  private static let patience = Duration.seconds(3)

  /// - Parameter origin: where the person sits, for the journal: `login1 pts/3`.
  public init(_ directory: SessionDirectory, origin: String, isReadOnly: Bool) {
    self.directory = directory
    self.origin = origin
    self.isReadOnly = isReadOnly
  }

  deinit { leave() }

  /// Ends the connection, and any waiting.
  public func close() {
    leave()
    wake()
  }

  // MARK: The host

  /// How news and commands travel now.
  public var way: LinkStatus.Way { isConnected ? .socket : .files(delay: Self.interval) }

  /// Why the host on this machine is not reached over its socket, in one sentence.
  public var connectionProblem: String? { state.withLock { $0.connectionProblem } }

  /// What is wrong with the way or with the record of the session, in one sentence.
  public var problem: String? { state.withLock { $0.connectionProblem ?? $0.journalProblem } }

  private var isConnected: Bool {
    state.withLock { state in
      if case .socket? = state.route { return !state.isLost }
      return false
    }
  }

  /// Finds out who hosts the session, and a way to it. Blocks while a host on this machine is asked who it is.
  ///
  /// - Parameter deadline: when that is given up at the latest.
  public func look(until deadline: ContinuousClock.Instant? = nil) -> LinkStatus.Host {
    // Whatever becomes of the files.
    if isConnected { return stopped(state.withLock { $0.record }) ?? .alive }
    guard directory.isCommandable else { return lookAtAnothers() }
    guard let record = HostRecord(in: directory) else {
      leave()
      return isMissed() ? .alive : .gone(since: .now)
    }
    state.withLock { ($0.wasSeen, $0.missing, $0.record) = (true, nil, record) }
    guard record.isOnThisMachine else {
      useInbox()
      return state.withLock { $0.signs.life(lastSign: HostRecord.lastSign(in: directory), wall: .now, now: .now) }
    }
    guard record.isRunning else {
      leave()
      return .gone(since: .now)
    }
    // It would take the connection, and say nothing.
    if let stopped = stopped(record) {
      leave()
      useInbox()
      return stopped
    }
    // Also a host that took the session up again after another one died.
    connect(to: record, until: deadline)
    return .alive
  }

  /// Neither the socket nor the inbox of another user is for this one: his files are read, and nothing is sent.
  private func lookAtAnothers() -> LinkStatus.Host {
    switch HostSight(directory) {
    case .lives(let record):
      state.withLock { $0.record = record }
      return stopped(record) ?? .alive
    case .unseen: return .unseen
    case .gone: return .gone(since: .now)
    }
  }

  private func stopped(_ record: HostRecord?) -> LinkStatus.Host? {
    guard let record, record.isOnThisMachine, record.isStopped else {
      state.withLock { $0.stopped = nil }
      return nil
    }
    return state.withLock { state in
      let since = state.stopped ?? .now
      state.stopped = since
      return .silent(since: since)
    }
  }

  /// What is known of a host that does not answer, as the end of a sentence that names it.
  public var silenceWords: String {
    guard let record = state.withLock({ $0.record }) else { return "the host of the session does not answer" }
    let name = "the host of the session (process \(record.pid) on \(record.host))"
    guard record.isOnThisMachine else { return "\(name) gives no sign of life" }
    return record.isStopped ? "\(name) does not answer: it is stopped" : "\(name) does not answer"
  }

  /// Whether a host that was seen is waited for.
  private func isMissed() -> Bool {
    // The host of a session that closed removed its record itself.
    if hasClosed { return false }
    return state.withLock { state in
      guard state.wasSeen else { return false }
      let since = state.missing ?? .now
      state.missing = since
      return .now - since < Self.patience
    }
  }

  private var hasClosed: Bool {
    if case .sessionClosed? = JournalEdges.lastEvent(of: directory.journal)?.kind { true } else { false }
  }

  private func connect(to record: HostRecord, until deadline: ContinuousClock.Instant?) {
    leave()
    useInbox()
    guard let path = record.socket, state.withLock({ $0.nextAttempt <= .now }) else { return }
    do {
      let client = try ControlClient(
        path, session: record.session, origin: origin, isReadOnly: isReadOnly,
        owner: directory.owner, within: deadline.map { max(.zero, $0 - .now) } ?? ControlClient.greetingLimit,
        onNews: { [weak self] problem in self?.hear(problem) }, onEnd: { [weak self] in self?.lose() })
      state.withLock { ($0.route, $0.isLost, $0.connectionProblem) = (.socket(client), false, nil) }
      client.follow()
    } catch {
      state.withLock { state in
        state.connectionProblem = "no connection to the host of the session: \(error)"
        state.nextAttempt = .now + Self.pauseAfterFailure
      }
    }
  }

  private func useInbox() {
    let directory = try? HeldDirectory(directory.path.string, owner: .meOrAnyForRoot)
    state.withLock { $0.route = directory.map { .inbox(Inbox($0)) } }
  }

  private func leave() {
    let route = state.withLock { state in
      defer { (state.route, state.isLost) = (nil, false) }
      return state.route
    }
    if case .socket(let client)? = route { client.close() }
  }

  private func hear(_ problem: String?) {
    state.withLock { $0.journalProblem = problem }
    wake()
  }

  private func lose() {
    state.withLock { $0.isLost = true }
    wake()
  }

  // MARK: News

  /// Ends the waiting for news.
  public func wake() { news.set() }

  /// Waits until there may be more to read: until the host says so, or a second long.
  ///
  /// - Parameter limit: seconds after which there may be more in any case.
  public func waitForNews(until deadline: ContinuousClock.Instant? = nil, atMost limit: Double? = nil) {
    // A host that is stopped says nothing, and not even that.
    var seconds = min(limit ?? Self.longestWait, Self.longestWait)
    if !isConnected { seconds = min(seconds, Self.interval) }
    if let deadline { seconds = min(seconds, max(0, (deadline - .now) / .seconds(1))) }
    // What is read now covers all of the news so far.
    _ = news.wait(atMost: .seconds(seconds))
  }

  /// Why following came to its end.
  public enum End: Sendable { case done, hostGone, timedOut, unanswered }

  /// Calls `read` now, and whenever there may be more to read, until it is content.
  ///
  /// What a host wrote before it ended is read before it is said to be gone.
  ///
  /// - Parameters:
  ///   - limit: seconds after which there may be more in any case.
  ///   - patience: how long a host that does not answer is waited for.
  ///   - awaitsAnswer: whether the host owes an answer now.
  ///   - read: whether it is content with what it read.
  public func follow<E: Error>(
    until deadline: ContinuousClock.Instant? = nil, atMost limit: Double? = nil,
    patience: HostPatience = HostPatience(), awaitsAnswer: () -> Bool = { false }, _ read: () throws(E) -> Bool
  ) throws(E) -> End {
    var silence = HostSilence(patience)
    while true {
      let host = look(until: deadline)
      if try read() { return .done }
      patience.onLook()
      if case .gone = host { return .hostGone }
      if let deadline, deadline <= .now { return .timedOut }
      if silence.lasts(isSilent(host) || awaitsAnswer(), silenceWords) { return .unanswered }
      waitForNews(until: [deadline, silence.next].compactMap { $0 }.min(), atMost: limit)
    }
  }

  func isSilent(_ host: LinkStatus.Host) -> Bool { if case .silent = host { true } else { false } }

  // MARK: Commands

  /// Sends a command, or leaves it in the inbox; then only the journal says how it goes.
  ///
  /// - Parameters:
  ///   - token: what the journal is to call the request.
  ///   - report: told of the stages over a socket, and why the command did not get through.
  public func send(
    _ command: OperatorCommand, reason: String?, token: String = HostLink.newToken(),
    report: @escaping ControlClient.Reporter
  ) {
    guard directory.isCommandable else { return report(.failure(ControlError(.readOnly, directory.refusal))) }
    switch state.withLock({ $0.route }) {
    case .socket(let client): client.send(command, reason: reason, token: token, report: report)
    case .inbox(let inbox):
      do { try inbox.put(command, reason: reason, origin: origin, token: token) } catch { report(.failure(error)) }
    case nil: report(.failure(ControlError(.unreachable, "nobody hosts the session")))
    }
  }

  private static let count = Mutex(0)

  /// A name for a request that no other process on any machine gives.
  public static func newToken() -> String {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return "\(Timestamp.now.microseconds).\(machineName()).\(getpid()).\(number)"
  }
}
