@preconcurrency import Dispatch
import Glibc

/// SIGINT, SIGTERM and SIGHUP, handed to a handler in place of what they do.
final class SignalSources: Sendable {
  private let sources: [any DispatchSourceSignal]

  /// - Parameter handler: called with the number of each signal, one after the other.
  init(_ handler: @escaping @Sendable (Int32) -> Void) {
    // One queue, so that signals are counted one after the other.
    let queue = DispatchQueue(label: "signals")
    sources = [SIGINT, SIGTERM, SIGHUP].compactMap { number in
      // `nohup` asks that a hang-up changes nothing.
      if number == SIGHUP, isIgnored(number) { return nil }
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { @Sendable in handler(number) }
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
func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  sigaction(number, nil, &action)
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
}
