@preconcurrency import Dispatch
import SessionModel
import Synchronization

/// What a run without a screen prints. The session never waits for whoever reads it.
protocol RunOutput: Sendable {
  /// Once, before the session starts.
  func begin(_ host: SessionHost) throws
  /// Takes note of events that are in the journal now, and returns at once.
  func observe(_ events: [SessionEvent])
  /// After the end: prints what is left; takes as long as its reader does.
  func finish()
  /// Grows with what its reader takes.
  var progress: Int { get }
  /// The last word.
  func summarize(_ summary: SessionSummary, directory: String)
}

/// Prints on a queue of its own when there is news: once for all of it when the reader is slow.
final class PrintLane: Sendable {
  private struct State {
    /// Printing was asked for and has not begun.
    var isDue = false
    var isOver = false
    var earliest = DispatchTime.now()
  }

  private let queue = DispatchQueue(label: "printing")
  private let interval: Double
  private let state = Mutex(State())

  /// - Parameter interval: seconds from one printing to the next, at least.
  init(interval: Double = 0) { self.interval = interval }

  /// - Parameter print: prints what is new then.
  func wake(_ print: @escaping @Sendable () -> Void) {
    let earliest: DispatchTime? = state.withLock { state in
      guard !state.isDue else { return nil }
      state.isDue = true
      return state.earliest
    }
    guard let earliest else { return }
    queue.asyncAfter(deadline: max(earliest, .now())) { [self] in
      let isOver = state.withLock { state in
        (state.isDue, state.earliest) = (false, .now() + interval)
        return state.isOver
      }
      // What was due before the end is printed with it, and never after it.
      if !isOver { print() }
    }
  }

  /// - Parameter print: prints what is left, now; returns when that is taken.
  func finish(_ print: () -> Void) {
    queue.sync {
      state.withLock { $0.isOver = true }
      print()
    }
  }
}
