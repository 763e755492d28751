import Glibc
import JSON
import Platform
import SessionModel
import Synchronization
import SystemPackage
import Wire
import Words

/// What a run without a screen prints: events as JSON, or a progress bar.
final class BatchOutput: Sendable {
  private struct State {
    var snapshot = SessionSnapshot()
    var json = JSONWriter()
    var nextBar = ContinuousClock.now
    var isBarShown = false
    var isBroken = false
  }

  private let isJSON: Bool
  private let hasBar: Bool
  private let state = Mutex(State())

  init(json: Bool) {
    isJSON = json
    hasBar = !json && isatty(STDERR_FILENO) == 1
  }

  func observe(_ events: [SessionEvent]) {
    state.withLock { state in
      if isJSON { printJSON(events, &state) }
      for event in events {
        if hasBar { state.snapshot.apply(event) }
        // What goes wrong is worth a line also in batch.
        if !isJSON, case .log(let level, let text) = event.kind, level != .info { note(text, &state) }
      }
      if hasBar { drawBar(&state) }
    }
  }

  /// The last word: the summary as an object or as a line.
  func finish(_ summary: SessionSummary, directory: String) {
    state.withLock { state in
      clearBar(&state)
      for leftover in summary.leftovers { complain("left behind: \(leftover)") }
      guard isJSON else { return print(summaryLine(summary, directory: directory)) }
      state.json.removeAll()
      state.json.beginObject()
      state.json.member("event", "summary")
      summary.write(to: &state.json)
      state.json.endObject()
      state.json.endLine()
      put(state.json.bytes, &state)
    }
  }

  private func printJSON(_ events: [SessionEvent], _ state: inout State) {
    state.json.removeAll()
    for event in events { event.write(to: &state.json) }
    put(state.json.bytes, &state)
  }

  private func put(_ bytes: [UInt8], _ state: inout State) {
    // When nobody reads any more, the work goes on.
    if !state.isBroken { state.isBroken = (try? FileDescriptor.standardOutput.writeAll(bytes)) == nil }
  }

  private func note(_ text: String, _ state: inout State) {
    clearBar(&state)
    complain("scalems-top: \(text)")
  }

  private func clearBar(_ state: inout State) {
    guard state.isBarShown else { return }
    state.isBarShown = false
    try? FileDescriptor.standardError.writeAll(Array("\r\u{1b}[K".utf8))
  }

  /// At most ten times a second.
  private func drawBar(_ state: inout State) {
    let now = ContinuousClock.now
    guard now >= state.nextBar, state.snapshot.tasks.count > 0 else { return }
    state.nextBar = now + .milliseconds(100)
    let tasks = state.snapshot.tasks
    let width = 30
    let full = width * tasks.finished / max(1, tasks.count)
    var line = "\r[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "] "
    line += "\(tasks.finished)/\(tasks.count)  \(tasks.count(in: .running)) running"
    if tasks.count(in: .failed) > 0 { line += "  \(tasks.count(in: .failed)) failed" }
    if tasks.count(in: .canceled) > 0 { line += "  \(tasks.count(in: .canceled)) canceled" }
    state.isBarShown = true
    try? FileDescriptor.standardError.writeAll(Array((line + "\u{1b}[K").utf8))
  }
}

/// The session in one line: `session X: 24 DONE, 1 FAILED in 3.2 s (exit 1), DIRECTORY`.
func summaryLine(_ summary: SessionSummary, directory: String) -> String {
  let order = TaskState.allCases.reversed().map(\.name)
  let counts = order.compactMap { name in summary.tasks[name].map { count in "\(count) \(name)" } }
  let tasks = counts.isEmpty ? "no tasks" : counts.joined(separator: ", ")
  let left = summary.leftovers.isEmpty ? "" : ", \(summary.leftovers.count) left behind"
  return "session \(summary.session): \(tasks) in \(Format.tenths(summary.wall)) s\(left) (exit \(summary.exitCode)), "
    + directory
}
