import Platform
import SessionLink
import SessionModel
import SystemPackage
import Words

/// Why tasks failed, a line for each cause, with the first task of each; the last line counts those that are not named.
struct FailureReport {
  /// Causes that are named.
  static let limit = 10

  let lines: [TerminalText]

  init(_ tasks: TaskTable) {
    let causes = FailureCauses(tasks).all
    let named: [TerminalText] = causes.prefix(Self.limit).map { cause in
      "\(cause.words)\(cause.count == 1 ? ": " : ", first: ")\(tasks.label(of: cause.first))"
    }
    let rest = causes.count - named.count
    lines = named + (rest > 0 ? ["\(Format.plural(rest, "more cause"))"] : [])
  }

  /// Of a session that has ended, by its files; empty when they cannot be read, or nothing failed.
  init(_ summary: SessionSummary, directory: String) {
    let found = FoundSession(id: summary.session, directory: SessionDirectory(FilePath(directory)))
    let hasFailures = summary.tasks[TaskState.failed.name] ?? 0 > 0
    self.init(hasFailures ? (try? found.load())?.tasks ?? TaskTable() : TaskTable())
  }
}
