import ArgumentParser
import Glibc
import Platform
import SessionLink
import SessionModel
import Words
import Work

struct RerunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: OperatorCommand.Verb.rerun.help,
    discussion: """
      scalems-top rerun ID               all that FAILED, and what that canceled
      scalems-top rerun ID sim.3 sim.7   these, though somebody canceled them
      scalems-top rerun ID sim           those of 'sim' that FAILED or were canceled

      Each runs as another attempt; the directory of the earlier one is kept beside it. What is DONE never runs again.

      A session that has ended is taken up again for it, in the background, as 'run --resume ID --failed --detach' does \
      (with --only TASK for each that is named): what was not run is run, too. With --wait it stays in the foreground, and the exit status is that of the session.
      """)

  @OptionGroup var session: SessionArgument

  @Argument(help: TaskSelection.help)
  var tasks: [String] = []

  @Flag(help: "All that FAILED; of named tasks, no others (default when none is named).")
  var failed = false

  @OptionGroup var options: CommandOptions

  func run() throws {
    try options.requireControl("rerun")
    let watchdog = Watchdog(options.patience)
    let choice = try session.choose(.tasks(tasks), for: .rerun)
    switch choice.session {
    case .radical(let found): throw RadicalCall(found, options, watchdog).refuse(.rerun)
    case .ours(let found) where found.host == .gone:
      watchdog.end()
      try takeUp(found, choice.words)
    case .ours(let found):
      let command = try command(CommandTarget(found, choice.words, watchdog))
      throw ExitStatus(
        code: options.say(try CommandCall(found, options, watchdog).perform(command, waits: true), .rerun))
    }
  }

  private func command(_ target: CommandTarget) throws -> OperatorCommand {
    guard !target.words.isEmpty else { return .rerun([]) }
    let snapshot = try target.snapshot()
    let named = try TaskSelection(names: target.words).all(in: snapshot, id: target.id)
    let wanted = named.filter { id in
      let state = snapshot.tasks.state(of: id)
      return state == .failed || (state == .canceled && !failed)
    }
    guard wanted.isEmpty else { return .rerun(TaskIDs(wanted)) }
    guard named.count == 1, !failed else {
      throw UsageError(
        description: "none of these tasks of session \(target.id) is \(failed ? "FAILED" : "FAILED or CANCELED")")
    }
    // The session says what is the matter with a single one.
    return .rerun(TaskIDs(named))
  }

  /// This process becomes the one that takes the session up.
  private func takeUp(_ found: FoundSession, _ words: [String]) throws {
    var arguments = ["scalems-top", "run", "--resume", found.directory.path.string, "--failed"]
    arguments +=
      options.wait ? [options.json ? "--json" : "--batch"] : options.json ? ["--detach", "--json"] : ["--detach"]
    arguments += words.map { "--only=\($0)" }
    if let reason = options.reason { arguments.append("--reason=\(reason)") }
    complain("scalems-top: session \(found.id) has ended: it is taken up again")
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &pointers)
    throw UsageError(description: "scalems-top cannot be started again: \(errorText())")
  }
}
