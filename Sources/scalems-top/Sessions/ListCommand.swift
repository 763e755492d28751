import ArgumentParser
import Glibc
import JSON
import Leftovers
import Platform
import SessionLink
import SessionModel
import Words

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List your sessions: those that live, and those whose host died.",
    discussion: """
      A session is 'dead' when its host ended without closing it: 'scalems-top run --resume' takes it up. It is 'unseen' \
      when its files let you read what happens, and not who hosts it: it may live or not.

      Sessions of RADICAL-Pilot that other programs opened on this machine are among them; of those, 'dead' means that \
      processes of a session are left whose program has ended. With --all also those that have ended: when 'list', \
      'attach', 'watch' or 'exec' saw them alive, or their directories are in the current one; of those, 'dead' means that \
      their program did not close them.

      scalems-top list
      scalems-top list --all --json    those that have ended, too, an object each
      """)

  @Flag(help: "Also those that have closed.")
  var all = false

  @Flag(help: "One JSON object a session.")
  var json = false

  @OptionGroup var patience: PatienceOptions

  /// What reading sessions that have ended may take; of the rest tasks are not counted.
  private static let countLimit = Duration.seconds(3)

  func run() throws {
    let watchdog = Watchdog(patience.limit)
    SessionRegistry.sessions.prune()
    SeenSessions.prune()
    let foreign = RadicalSession.all()
    var overviews = (SessionFinder().all().map { SessionOverview($0) } + foreign.map { SessionOverview($0) })
      .filter { all || $0.life != .closed }
    if all {
      // Of those of RADICAL-Pilot all files are read; there may be hundreds.
      let deadline = ContinuousClock.now + Self.countLimit
      overviews += RadicalSession.ended(besides: foreign).map { SessionOverview($0, reads: .now < deadline) }
    }
    let removed = RadicalSession.removed()
    watchdog.end()
    for sighting in removed { complain("scalems-top: " + RadicalSession.removedWords(sighting)) }
    if json {
      var writer = JSONWriter()
      for overview in overviews { overview.write(to: &writer) }
      putJSON(writer.bytes)
      return
    }
    guard !overviews.isEmpty else {
      guard removed.isEmpty else { return }
      put(
        all ? "There are no sessions.\n" : "No session lives; 'scalems-top list --all' shows those that have closed.\n")
      return
    }
    let titles: [TerminalText] = ["SESSION", "NAME", "STATE", "PILOT", "TASKS", "HOST", "PID", "AGE", "DIRECTORY"]
    for line in TextTable([titles] + overviews.map(\.columns)).lines { put("\(line)\n") }
  }
}

extension SessionOverview {
  var columns: [TerminalText] {
    let pid = pid.map { "\($0)" } ?? ""
    return [
      id, info?.name ?? "", stateWord, pilot?.words ?? "", countWords, info?.host ?? "", pid, ageWords, directory,
    ].map { "\($0)" }
  }

  /// How long ago the session was opened.
  var ageWords: String { opened.map { Format.span(Timestamp.now.seconds(since: $0)) } ?? "" }
}
