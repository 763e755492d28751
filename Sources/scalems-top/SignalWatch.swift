@preconcurrency import Dispatch
import Executor
import Glibc
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into what they ask of a session: the first cancels it cooperatively, the second
/// skips the grace periods, the third ends the process at once, with every process group it started killed.
final class SignalWatch: Sendable {
  private let sources: [any DispatchSourceSignal]
  private let received: Received

  private final class Received: Sendable {
    let first = Mutex<Int32?>(nil)
  }

  /// The signal that came first.
  var first: Int32? { received.first.withLock { $0 } }

  /// - Parameters:
  ///   - onSignal: called after the executor was told, with how many came so far.
  ///   - lastWords: called before the process ends at once.
  init(
    executor: DispatchingExecutor, onSignal: @escaping @Sendable (Int) -> Void = { _ in },
    lastWords: @escaping @Sendable () -> Void = {}
  ) {
    let received = Received()
    self.received = received
    // One queue, so that signals are counted one after the other.
    let queue = DispatchQueue(label: "signals")
    sources = [SIGINT, SIGTERM, SIGHUP].compactMap { number in
      // `nohup` asks that a hang-up changes nothing.
      if number == SIGHUP, isIgnored(number) { return nil }
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { @Sendable in
        received.first.withLock { $0 = $0 ?? number }
        let count = executor.interrupt(signal: number)
        onSignal(count)
        guard count >= 3 else { return }
        lastWords()
        _exit(128 + number)
      }
      // Whoever saves and restores signal handlers after this, as the opening of a screen does, must find ours in place.
      let isRegistered = DispatchSemaphore(value: 0)
      source.setRegistrationHandler { @Sendable in isRegistered.signal() }
      source.resume()
      isRegistered.wait()
      return source
    }
  }
}

/// Whether this process was started with the signal ignored.
private func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  sigaction(number, nil, &action)
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
}
