@preconcurrency import Dispatch
import Executor
import Glibc
import Platform
import SessionModel
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into what they ask of a session: the first cancels it cooperatively, the second
/// skips the grace periods, the third ends the process at once, with every process group it started killed.
///
/// It is there before the session is: a signal that comes while the session is made counts once it has begun, so that what
/// it was given to do is recorded.
final class SignalWatch: Sendable {
  private struct State {
    var host: SessionHost?
    var received: [Int32] = []
    /// How many of them the session knows.
    var passed = 0
    var isLastChance = false
    var isOver = false
  }

  private final class Receiver: Sendable {
    let state = Mutex(State())

    /// A signal that the session does not know yet.
    func next() -> (Int32, SessionHost)? {
      state.withLock { state in
        guard let host = state.host, state.passed < state.received.count else { return nil }
        defer { state.passed += 1 }
        return (state.received[state.passed], host)
      }
    }
  }

  private let receiver = Receiver()
  private let sources: SignalSources

  /// The signal that came first.
  var first: Int32? { receiver.state.withLock { $0.received.first } }

  /// What the journal gets when the process is to end at once.
  private static let lastChance = Duration.seconds(2)
  /// What the session gets to say what is left once everything is killed: milliseconds, where the machine has time for it.
  private static let lastLook = Duration.seconds(6)
  /// How long a process takes at most to end at once; whoever waits for it must not be the first to give up.
  static let longestEnd = lastLook + lastChance
  /// A process in which nothing can run any more, as one that gets no thread, cannot end its session in order either.
  private static let patience: UInt32 = 10
  /// Seconds for a reader who takes nothing.
  private static let readerPatience = 5.0

  /// - Parameter onFirst: called when the first signal has come.
  /// - Throws: `ExitStatus` 3 when the system has no thread for that, after saying so.
  init(onFirst: @escaping @Sendable (Int32) -> Void = { _ in }) throws(ExitStatus) {
    sources = try SignalSources(also: [SIGALRM]) { [receiver] number in
      if number == SIGALRM { return Self.check(receiver) }
      let (isEnough, isFirst) = receiver.state.withLock { state in
        state.received.append(number)
        let count = state.received.count
        return (state.isOver || count >= 3 && state.host == nil, count == 1 && !state.isOver)
      }
      if isFirst { onFirst(number) }
      if isEnough { _exit(128 + number) }
      Self.pass(receiver)
    }
  }

  /// Has the session hear what came already, and what comes from now on.
  func watch(for host: SessionHost) {
    receiver.state.withLock { $0.host = host }
    Self.pass(receiver)
  }

  /// The session and its record are complete: from now on a signal ends the process. When one ended the session, a reader
  /// that takes nothing any more is not waited for.
  ///
  /// - Parameter progress: grows with what the reader takes.
  func sessionHasEnded(progress: @escaping @Sendable () -> Int) {
    let first = receiver.state.withLock { state in
      state.isOver = true
      return state.received.first
    }
    if let first { Self.leave(128 + first, at: progress(), progress) }
  }

  private static func leave(_ code: Int32, at before: Int, _ progress: @escaping @Sendable () -> Int) {
    DispatchQueue.global().asyncAfter(deadline: .now() + readerPatience) {
      let now = progress()
      if now == before { _exit(code) }
      leave(code, at: now, progress)
    }
  }

  private static func pass(_ receiver: Receiver) {
    while let (number, host) = receiver.next() {
      if host.executor.interrupt(signal: number) >= 3 { end(host, number) }
      alarm(patience)
    }
  }

  /// Some time after a signal.
  private static func check(_ receiver: Receiver) {
    let (host, first, isLast) = receiver.state.withLock { state in
      defer { state.isLastChance = true }
      return (state.host, state.received.first, state.isLastChance)
    }
    guard let host, let first, !host.executor.hasTakenSignals else { return }
    // When it is processes that there are too many of, ending those of the session is what helps.
    host.executor.engine.killEverything()
    if isLast { end(host, first) }
    alarm(patience)
  }

  private static func end(_ host: SessionHost, _ number: Int32) -> Never {
    // What the kill came to is looked at, and recorded.
    let hasClosed = AutoResetEvent()
    let summary = Mutex<SessionSummary?>(nil)
    Task {
      let result = await host.executor.waitUntilClosed()
      summary.withLock { $0 = result }
      hasClosed.set()
    }
    _ = hasClosed.wait(atMost: lastLook)
    host.saveJournal(within: lastChance)
    _exit(summary.withLock { $0 }?.exitCode ?? 128 + number)
  }
}
