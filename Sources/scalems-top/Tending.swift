@preconcurrency import Dispatch
import SessionLink

/// Looks after the journal once a second, as long as the session lives.
final class Tending: Sendable {
  private let journal: Journal
  private let timer: any DispatchSourceTimer

  init(_ journal: Journal) {
    self.journal = journal
    timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "scalems.tending", qos: .utility))
    timer.schedule(deadline: .now() + 1, repeating: 1, leeway: .milliseconds(200))
    timer.setEventHandler { journal.tend() }
    timer.activate()
  }

  deinit { timer.cancel() }

  /// Ends it, after a last look.
  ///
  /// - Returns: what is wrong with the journal at the end of its session, or `nil`.
  func finish() -> String? {
    timer.cancel()
    journal.tend()
    return journal.problem
  }
}
