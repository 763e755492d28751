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

  /// What the journal gets when the process is to end at once.
  private static let lastChance = Duration.seconds(1)

  init(_ host: SessionHost) {
    let received = Received()
    self.received = received
    sources = SignalSources { number in
      received.first.withLock { $0 = $0 ?? number }
      guard host.executor.interrupt(signal: number) >= 3 else { return }
      host.saveJournal(within: Self.lastChance)
      _exit(128 + number)
    }
  }
}
