import Platform
import SessionModel
import Words

/// Says how a session ended, after its screen or its batch run: what is left behind, why tasks failed, the session in one
/// line, and how what it has not run is run all the same.
///
/// - Parameter causes: says why tasks failed, a line at a time; in batch standard output is for the last line alone.
func sayHowItEnded(
  _ summary: SessionSummary, directory: String, causes: (TerminalText) -> Void = { put($0 + "\n") }
) {
  for leftover in summary.leftovers { complain("left behind: \(leftover)") }
  for line in FailureReport(summary, directory: directory).lines { causes("failed: \(line)") }
  put(summaryLine(summary, directory: directory) + "\n")
  sayHowToResume(summary)
}

/// How what a session has not run is run all the same.
func sayHowToResume(_ summary: SessionSummary) {
  // Why it could not run at all is the one thing to be said then.
  guard summary.notRun > 0, summary.problem == nil else { return }
  complain("scalems-top: \(summary.notRun) not run: 'scalems-top run --resume \(summary.session)' takes them up")
}

/// The session in one line: `session X: 24 DONE, 1 FAILED in 3.2 s (exit 1), DIRECTORY`.
func summaryLine(_ summary: SessionSummary, directory: String) -> TerminalText {
  let order = TaskState.allCases.reversed().filter(\.isFinal).map(\.name)
  let ended = order.compactMap { name in summary.tasks[name].map { count in "\(count) \(name)" } }
  let counts = (summary.notRun > 0 ? ["\(summary.notRun) not run"] : []) + ended
  let tasks = counts.isEmpty ? "no tasks" : counts.joined(separator: ", ")
  let left = summary.leftovers.isEmpty ? "" : ", \(summary.leftovers.count) left behind"
  return "session \(summary.session): \(tasks) in \(Format.tenths(summary.wall)) s\(left) (exit \(summary.exitCode)), "
    + "\(directory)"
}
