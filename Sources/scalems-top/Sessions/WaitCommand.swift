import ArgumentParser
import Glibc
import Platform
import RadicalWatch
import SessionLink
import SessionModel
import Wire
import Words
import Work

struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    abstract: "Wait for tasks, or for the end of a session; the exit status says how they ended.",
    discussion: """
      scalems-top wait ID              until it has closed; its exit status
      scalems-top wait ID sim.3        until that task has ended; its exit status
      scalems-top wait ID sim prep     until all of them have ended; 0: all are DONE
      scalems-top wait ID --idle       until nothing is left to run

      Exit status: as said; of a task that a signal ended 128+n; 1 when one of several is not DONE; 5 when the session's host is gone, 6 when --timeout passed, 2 for wrong usage. \
      Nothing is changed by waiting, nor by giving it up. Sessions that other programs opened can be waited for, too.
      """)

  @OptionGroup var session: SessionArgument

  @Argument(help: TaskSelection.help)
  var tasks: [String] = []

  @Flag(help: "Until all tasks of the session have ended, also when it waits for more work.")
  var idle = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Give up after so long (exit status 6; default: as long as it takes, and 60 for a host that does not answer).",
      valueName: "s"))
  var timeout: Double?

  @Flag(help: "Print how it ended: one JSON object a task, or the summary of the session.")
  var json = false

  func validate() throws { try PatienceOptions.check(timeout) }

  func run() throws {
    if timeout == nil { try KeptProgram(withoutSession: session.session)?.awaitSession() }
    let watchdog = Watchdog(timeout.map { Duration(saturating: $0) } ?? HostPatience.standard)
    let choice = try session.choose(.tasks(tasks))
    if idle, !choice.words.isEmpty {
      throw ValidationError("--idle is for all tasks of a session: name none with it")
    }
    let wait = Wait(
      words: choice.words, isIdle: idle, asJSON: json, deadline: timeout.map { .now + .seconds($0) }, timeout: timeout)
    switch choice.session {
    case .ours(let found): throw ExitStatus(code: try wait.wait(for: found, watchdog))
    case .radical(let found):
      watchdog.end()
      throw ExitStatus(code: try wait.wait(for: found))
    }
  }
}

/// What is waited for, and how it is said.
private struct Wait {
  let words: [String]
  let isIdle: Bool
  let asJSON: Bool
  let deadline: ContinuousClock.Instant?
  let timeout: Double?

  private var isForTasks: Bool { isIdle || !words.isEmpty }

  /// The tasks of it that have not ended.
  private func open(_ ids: [TaskID], _ table: TaskTable) -> [TaskID] {
    ids.filter { !table.state(of: $0).isFinal }
  }

  func wait(for found: FoundSession, _ watchdog: Watchdog) throws -> Int32 {
    var snapshot = SessionSnapshot()
    var open: [TaskID]?
    let limit = timeout.map { Duration(saturating: $0) } ?? HostPatience.standard
    var patience = HostPatience(limit: limit) { words in
      complain("scalems-top: \(words); it is waited for, \(Format.plainSeconds(limit.seconds)) in all (--timeout)")
    }
    patience.onLook = { watchdog.pet() }
    let link = HostLink(found.directory, origin: originWords(), isReadOnly: true)
    let end: HostLink.End
    do {
      let follower = try JournalFollower(directory: found.directory)
      end = try link.follow(until: deadline, patience: patience) { () throws(any Error) in
        // A session that writes faster than this reads must not keep it from looking.
        while let update = try follower.next() {
          snapshot.take(update)
          watchdog.pet()
          if let open, !open.isEmpty, self.open(open, snapshot.tasks).isEmpty { return true }
        }
        if snapshot.phase == .closed { return true }
        if isIdle { return snapshot.tasks.finished == snapshot.tasks.count }
        guard !words.isEmpty else { return false }
        if open == nil { open = try TaskSelection(names: words).all(in: snapshot, id: found.id) }
        open = self.open(open ?? [], snapshot.tasks)
        return open?.isEmpty ?? false
      }
    } catch let problem as SessionDirectory.DirectoryError { throw UsageError(description: "\(problem)") }
    watchdog.end()
    switch end {
    case .done: return try say(found.id, found.directory.path.string, snapshot)
    case .hostGone: throw hostGone(found.id)
    case .timedOut: throw tooLong()
    case .unanswered: throw unanswered(link)
    }
  }

  /// One that another program opened.
  func wait(for found: RadicalSession) throws -> Int32 {
    var last = SessionSnapshot()
    var isLate = false
    try found.read(follow: true) { recording, _ in
      last = recording.snapshot
      // That nothing more comes, and why, is said by who reads.
      var isDone = false
      if isIdle {
        isDone = last.tasks.finished == last.tasks.count
      } else if !words.isEmpty {
        let ids = try TaskSelection(names: words).all(in: last, id: found.site.session)
        isDone = open(ids, last.tasks).isEmpty
      }
      if !isDone, let deadline, .now >= deadline { isLate = true }
      return !isDone && !isLate
    }
    if isLate { throw tooLong() }
    return try say(found.site.session, found.site.directory, last)
  }

  private func say(_ id: String, _ directory: String, _ snapshot: SessionSnapshot) throws -> Int32 {
    guard isForTasks else { return say(id, snapshot, directory) }
    let selected =
      words.isEmpty
      ? (0..<snapshot.tasks.count).map { TaskID($0) } : try TaskSelection(names: words).all(in: snapshot, id: id)
    if asJSON { snapshot.putTasks(selected, now: snapshot.lastEvent ?? .now) }
    let ends = TaskEnds(selected, of: snapshot.tasks)
    // Of a whole session each cause is said once.
    if isIdle {
      for line in FailureReport(snapshot.tasks).lines { complain("failed: \(line)") }
      let left = snapshot.tasks.count - snapshot.tasks.finished
      if left > 0 { complain("scalems-top: \(left) of the tasks were not run: the session closed before") }
    } else {
      ends.complainOfFailures(over: "the session closed")
    }
    return ends.exitCode
  }

  /// The session has closed.
  private func say(_ id: String, _ snapshot: SessionSnapshot, _ directory: String) -> Int32 {
    guard let summary = snapshot.summary else {
      complain("scalems-top: session \(id) is over, and its files do not say how it ended")
      return 1
    }
    for leftover in summary.leftovers { complain("left behind: \(leftover)") }
    for line in FailureReport(snapshot.tasks).lines { complain("failed: \(line)") }
    if asJSON { putJSON(summary.line) } else { put(summaryLine(summary, directory: directory) + "\n") }
    sayHowToResume(summary)
    return summary.exitCode
  }

  private func tooLong() -> ExitStatus {
    complain("scalems-top: it has not come to its end within \(Format.plain(timeout ?? 0)) s, and goes on")
    return ExitStatus(code: ExitStatus.timeout)
  }
}
