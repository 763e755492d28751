import Glibc
import Platform
import SessionLink
import SessionModel
import Synchronization
import Words

/// A session that goes on elsewhere, as lines of text; leaving it (Ctrl-C) changes nothing.
struct PlainScreen {
  private static let pause: UInt32 = 100_000
  private let flags: ScreenFlags

  init(_ flags: ScreenFlags) { self.flags = flags }

  /// - Returns: the exit status: that of the session when it was seen to close, 128 + the signal that ended this.
  func run(_ session: ShownSession, _ watchdog: Watchdog) throws -> Int32 {
    let source: any ScreenSource
    do { source = try session.source(isReadOnly: true) } catch { throw UsageError(description: "\(error)") }
    watchdog.end()
    let received = Mutex<Int32?>(nil)
    let signals = try SignalSources { number in received.withLock { $0 = $0 ?? number } }
    defer { withExtendedLifetime(signals) {} }
    let printer = PlainPrinter()
    flags.shown(source).open { printer.take($0) }
    while source.summary == nil, !source.isHostGone, received.withLock({ $0 }) == nil, !hasReaderLeft() {
      usleep(Self.pause)
    }
    source.close()
    printer.finish()
    if let signal = received.withLock({ $0 }) { return 128 + signal }
    guard let summary = source.summary else {
      if source.isHostGone { throw hostGone(session.id) }
      return 0
    }
    sayHowItEnded(summary, directory: session.directory)
    return summary.exitCode
  }
}
