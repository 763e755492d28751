@preconcurrency import Dispatch
import Glibc
import Interface
import Platform
import SessionModel
import Synchronization
import Words
import Work

/// Warnings and failures as they come, a progress bar on a terminal, and why tasks failed at the end.
final class BatchOutput: RunOutput {
  private struct State {
    var snapshot = SessionSnapshot()
    var notes: [String] = []
    /// What was given to the session, for the names of tasks.
    var batches: [TaskBatch] = []
    var failures = 0
    /// Notes for which there was no room.
    var dropped = 0
  }

  private let hasBar = isatty(STDERR_FILENO) == 1
  private let state = Mutex(State())
  private let counting = DispatchQueue(label: "counting")
  private let lane = PrintLane(interval: 0.1)
  /// The columns that the bar fills now; on the lane.
  private let shown = Mutex(0)
  /// Notes that wait for a terminal that takes nothing; the journal has them all.
  private static let noteLimit = 1_000
  /// Failures that have a line; the causes of all are told at the end.
  private static let failureLimit = 1_000

  func begin(_ host: SessionHost) {
    // In the background of its terminal a session is not stopped for what it has to say.
    signal(SIGTTOU, SIG_IGN)
  }

  func observe(_ events: [SessionEvent]) {
    counting.async { [self] in
      let isNews = state.withLock { state in
        for event in events {
          if hasBar { state.snapshot.apply(event) }
          // What goes wrong is worth a line also in batch.
          guard let text = Self.note(event, &state) else { continue }
          if state.notes.count < Self.noteLimit { state.notes.append(text) } else { state.dropped += 1 }
        }
        return hasBar || !state.notes.isEmpty
      }
      if isNews { lane.wake { [self] in printNews() } }
    }
  }

  private static func note(_ event: SessionEvent, _ state: inout State) -> String? {
    switch event.kind {
    case .log(let level, let text): return level == .info ? nil : text
    case .tasksAdded(let batch):
      if state.failures <= failureLimit { state.batches.append(batch) }
      return nil
    case .task(let id, .failed, let result):
      state.failures += 1
      guard state.failures <= failureLimit else {
        state.batches = []
        return state.failures == failureLimit + 1 ? "more tasks fail: the end says how many, and why" : nil
      }
      // Of one that an earlier host was given, the uid.
      let label = state.batches.batch(of: id)?.label(of: id) ?? id.uid
      return "\(label) FAILED" + (result?.reason.map { ": \($0)" } ?? "")
    default: return nil
    }
  }

  /// Its few lines count as one.
  var progress: Int { 0 }

  func finish() {
    counting.sync {}
    lane.finish {
      printNotes()
      clearBar()
    }
  }

  func summarize(_ summary: SessionSummary, directory: String) {
    sayHowItEnded(summary, directory: directory, causes: complain)
  }

  private func printNews() {
    printNotes()
    if hasBar { drawBar() }
  }

  private func printNotes() {
    let (notes, dropped) = state.withLock { state in
      defer { (state.notes, state.dropped) = ([], 0) }
      return (state.notes, state.dropped)
    }
    if !notes.isEmpty { clearBar() }
    for note in notes { complain("scalems-top: \(note)") }
    if dropped > 0 { complain("scalems-top: \(dropped) more warnings are in the journal") }
  }

  /// Only where it disturbs nobody: a terminal that takes nothing at the moment is not waited for, and to one that
  /// belongs to another program nothing is drawn.
  private func drawBar() {
    let tasks = state.withLock { $0.snapshot.tasks }
    guard tasks.count > 0, isReady(), tcgetpgrp(STDERR_FILENO) == getpgrp() else { return }
    draw(ProgressBar(tasks).line(columns: columns()))
  }

  private func clearBar() {
    guard shown.withLock({ $0 }) > 0 else { return }
    draw("")
    prompt("\r", waits: false)
  }

  /// Over what is there, with blanks: no terminal is too simple for that.
  private func draw(_ line: String) {
    let before = shown.withLock { shown in
      defer { shown = line.count }
      return shown
    }
    let blanks = String(repeating: " ", count: max(0, min(before, columns() - 1) - line.count))
    prompt("\r\(line)\(blanks)", waits: false)
  }

  private func isReady() -> Bool {
    var item = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&item, 1, 0) == 1 && item.revents & Int16(POLLOUT) != 0
  }

  private func columns() -> Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
