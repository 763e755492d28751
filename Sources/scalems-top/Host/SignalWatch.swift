import Executor
import Glibc
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into what they ask of a session: the first cancels it cooperatively, the second
/// skips the grace periods, the third ends the process at once, with every process group it started killed.
final class SignalWatch: Sendable {
  private let sources: SignalSources
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
    sources = SignalSources { number in
      received.first.withLock { $0 = $0 ?? number }
      let count = executor.interrupt(signal: number)
      onSignal(count)
      guard count >= 3 else { return }
      lastWords()
      _exit(128 + number)
    }
  }
}
