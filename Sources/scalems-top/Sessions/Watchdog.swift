import ArgumentParser
@preconcurrency import Dispatch
import Glibc
import Platform
import SessionLink
import Synchronization
import Words

/// Ends the program when the files of a session do not answer: nothing else can, once a thread waits for a file system
/// that hangs.
final class Watchdog: Sendable {
  private struct State {
    var last = ContinuousClock.now
    var isSaid = false
  }

  private let state = Mutex(State())
  private let timer: any DispatchSourceTimer
  private let limit: Duration

  /// - Parameter limit: how long the files are waited for.
  init(_ limit: Duration) {
    self.limit = limit
    timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "watchdog"))
    timer.setEventHandler { @Sendable [weak self] in self?.look() }
    timer.schedule(deadline: .now() + 1, repeating: 1)
    timer.resume()
  }

  deinit { timer.cancel() }

  /// The files have answered.
  func pet() { state.withLock { $0.last = .now } }

  /// Watches no more.
  func end() { timer.cancel() }

  private func look() {
    let (silence, isNews) = state.withLock { state in
      let silence = ContinuousClock.now - state.last
      let isNews = silence >= HostPatience.notice && !state.isSaid
      if isNews { state.isSaid = true }
      return (silence, isNews)
    }
    // The main thread ends first when it can.
    let words = "the files of the session do not answer, as on a file system that hangs"
    let end = Format.plainSeconds(limit.seconds)
    if silence >= limit + .seconds(2) {
      complain("scalems-top: \(words); given up after \(end)")
      _exit(ExitStatus.timeout)
    }
    if isNews { complain("scalems-top: \(words); they are waited for, \(end) in all (--timeout)") }
  }
}

/// How long files that do not answer are waited for, for commands that wait for nothing else.
struct PatienceOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Give up when the session's files do not answer for so long (exit status 6; default: 60).", valueName: "s"))
  var timeout: Double?

  func validate() throws { try Self.check(timeout) }

  var limit: Duration { timeout.map { Duration(saturating: $0) } ?? HostPatience.standard }

  static func check(_ timeout: Double?) throws {
    if let timeout, !(timeout > 0) || timeout > 1e9 {
      throw ValidationError(
        "--timeout is a number of seconds above 0 and up to 1000000000, not \(Format.plain(timeout))")
    }
  }
}
