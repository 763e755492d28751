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
      """)

  @Flag(help: "Also those that have closed.")
  var all = false

  @Flag(help: "One JSON object a session.")
  var json = false

  @OptionGroup var patience: PatienceOptions

  func run() throws {
    let watchdog = Watchdog(patience.limit)
    SessionRegistry.sessions.prune()
    SeenSessions.prune()
    let foreign = RadicalSession.all()
    let shown = foreign + (all ? RadicalSession.ended(besides: foreign) : [])
    let overviews = (SessionFinder().all().map { SessionOverview($0) } + shown.map { SessionOverview($0) })
      .filter { all || $0.life != .closed }
    watchdog.end()
    if json {
      var writer = JSONWriter()
      for overview in overviews { overview.write(to: &writer) }
      putJSON(writer.bytes)
      return
    }
    guard !overviews.isEmpty else {
      put(
        all ? "There are no sessions.\n" : "No session lives; 'scalems-top list --all' shows those that have closed.\n")
      return
    }
    let titles: [TerminalText] = ["SESSION", "NAME", "STATE", "TASKS", "HOST", "AGE"]
    for line in TextTable([titles] + overviews.map(\.columns)).lines { put("\(line)\n") }
  }
}

extension SessionOverview {
  var columns: [TerminalText] {
    [id, info?.name ?? "", stateWord, countWords, info?.host ?? "", ageWords].map { "\($0)" }
  }

  /// How long ago the session was opened.
  var ageWords: String { opened.map { Format.span(Timestamp.now.seconds(since: $0)) } ?? "" }
}
