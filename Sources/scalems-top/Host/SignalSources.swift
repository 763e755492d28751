import Glibc
import Platform

/// SIGINT, SIGTERM and SIGHUP, handed to a handler in place of what they do.
struct SignalSources {
  private let thread: SignalThread

  /// - Parameters:
  ///   - others: signals that are handed over, too.
  ///   - handler: called with the number of each signal, one after the other.
  /// - Throws: `ExitStatus` 3 when the system has no thread for that, after saying so.
  init(also others: [Int32] = [], _ handler: @escaping @Sendable (Int32) -> Void) throws(ExitStatus) {
    // `nohup` asks that a hang-up changes nothing.
    let numbers = [SIGINT, SIGTERM, SIGHUP].filter { $0 != SIGHUP || !isIgnored($0) } + others
    do { thread = try SignalThread(numbers, handler: handler) } catch {
      complain("scalems-top: there is no thread to take signals with: \(error)")
      throw ExitStatus(code: 3)
    }
  }
}

/// Whether this process was started with the signal ignored.
func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  sigaction(number, nil, &action)
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
}
