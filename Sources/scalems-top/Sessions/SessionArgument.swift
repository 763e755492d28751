import ArgumentParser
import Platform
import SessionLink
import SessionModel
import Words

let sessionHelp: ArgumentHelp =
  "Id of the session, the beginning of it, its name, or its directory (default: the only one that lives)."

/// Which session a verb is for: the one place where that is decided.
struct SessionArgument: ParsableArguments {
  @Argument(help: sessionHelp) var session: String?

  @Flag(help: "The session that was opened last, whether it lives or not.")
  var latest = false

  var isGiven: Bool { session != nil || latest }

  /// What the words of the command line came to.
  struct Choice {
    var session: ShownSession
    /// The words that are not the name of the session: tasks.
    var words: [String]
  }

  /// What may follow the session.
  enum Rest {
    case nothing
    /// Tasks: the first word may be one, too, when the session is left out.
    case tasks([String])
  }

  /// - Parameters:
  ///   - rest: the words that follow the session.
  ///   - verb: the command that it is to take, if it is for one; which of several is meant is never guessed.
  /// - Throws: `UsageError` when there is none, or more than one: with their names, states and ages.
  func choose(_ rest: Rest = .nothing, for verb: OperatorCommand.Verb? = nil) throws(UsageError) -> Choice {
    var words: [String] = []
    if case .tasks(let tasks) = rest { words = tasks }
    if latest {
      guard let session else { return Choice(session: try Self.newest(), words: words) }
      guard case .tasks = rest else {
        throw UsageError(description: "name a session or say --latest, not both: '\(session)' is a session here")
      }
      return Choice(session: try Self.newest(), words: [session] + words)
    }
    guard let session else {
      let only = try Self.only(for: verb)
      // Who changes something has to know of what.
      if verb != nil { complain("scalems-top: session \(only.id), the only one that lives") }
      return Choice(session: only, words: words)
    }
    guard case .tasks = rest else { return Choice(session: try ShownSession.find(session), words: words) }
    return try choose(session, or: words, for: verb)
  }

  /// The first word names a session, or is a task of the only one that lives.
  private func choose(
    _ word: String, or words: [String], for verb: OperatorCommand.Verb?
  ) throws(UsageError) -> Choice {
    if let program = KeptProgram(withoutSession: word) { throw program.problem }
    if let exact = ShownSession.exact(word) { return Choice(session: exact, words: words) }
    let live = ShownSession.live(for: verb)
    if live.count == 1, live[0].hasTask(word) {
      if verb != nil { complain("scalems-top: session \(live[0].id), the only one that lives") }
      return Choice(session: live[0], words: [word] + words)
    }
    do { return Choice(session: try ShownSession.find(word), words: words) } catch {
      guard live.count == 1, !error.isAmbiguous else { throw error }
      throw UsageError(
        description: "there is no session '\(word)', and session \(live[0].id), the only one that lives, has no task "
          + "'\(word)'\(live[0].suggestion(for: word))")
    }
  }

  private static func only(for verb: OperatorCommand.Verb?) throws(UsageError) -> ShownSession {
    let live = ShownSession.live(for: verb)
    if live.count == 1 { return live[0] }
    guard live.isEmpty else {
      throw UsageError(
        description: "\(live.count) sessions live: say which one, or --latest\(SessionListing(live).lines)",
        isAmbiguous: true)
    }
    let all = ShownSession.all()
    guard !all.isEmpty else {
      throw UsageError(description: "no session lives: 'scalems-top run WORKFLOW' starts one")
    }
    throw UsageError(
      description: "no session lives: name one, or say --latest for the last of these\(SessionListing(all).lines)")
  }

  /// The session of scalems-top that was opened last.
  static func newestOfOurs() throws(UsageError) -> ShownSession {
    guard let newest = ShownSession.ours().last else {
      throw UsageError(description: "there is no session: 'scalems-top run WORKFLOW' starts one")
    }
    return newest
  }

  private static func newest() throws(UsageError) -> ShownSession {
    guard let newest = ShownSession.all().last else {
      throw UsageError(description: "there is no session: 'scalems-top run WORKFLOW' starts one")
    }
    return newest
  }
}

/// Sessions that could be meant, a line each, the newest last.
struct SessionListing {
  /// More than these are too many to choose from.
  private static let limit = 10
  private let sessions: [ShownSession]

  init(_ sessions: [ShownSession]) { self.sessions = sessions }

  /// `:` and the lines, each after a line feed; nothing when there is nothing to list.
  var lines: TerminalText {
    guard !sessions.isEmpty else { return "" }
    let shown = sessions.suffix(Self.limit).map(\.overview)
    let titles: [TerminalText] = ["SESSION", "NAME", "STATE", "AGE"]
    let rows = shown.map { [$0.id, $0.info?.name ?? "", $0.stateWord, $0.ageWords].map { "\($0)" as TerminalText } }
    let more = sessions.count - shown.count
    let rest: TerminalText = more > 0 ? "\n  … and \(more) more: 'scalems-top list --all' shows them" : ""
    return ":" + TextTable([titles] + rows).lines.map { "\n  \($0)" }.joined() + rest
  }
}

extension ShownSession {
  /// Those that live and take a command; all that live when there is no command.
  static func live(for verb: OperatorCommand.Verb? = nil) -> [ShownSession] {
    let takesForeign = verb.map { SessionKeeper.program.takes($0) } ?? true
    let foreign = takesForeign ? RadicalSession.all().filter(\.isLive).map(ShownSession.radical) : []
    return sorted(SessionFinder().live().map(ShownSession.ours) + foreign)
  }

  /// All that are known, those that were opened last behind the others.
  static func all() -> [ShownSession] {
    sorted(SessionFinder().all().map(ShownSession.ours) + RadicalSession.all().map(ShownSession.radical))
  }

  fileprivate static func ours() -> [ShownSession] { sorted(SessionFinder().all().map(ShownSession.ours)) }

  private static func sorted(_ sessions: [ShownSession]) -> [ShownSession] {
    guard sessions.count > 1 else { return sessions }
    let dated = sessions.map { (session: $0, opened: $0.opened?.seconds ?? 0) }
    return dated.sorted { ($0.opened, $0.session.id) < ($1.opened, $1.session.id) }.map(\.session)
  }

  private var opened: Timestamp? {
    switch self {
    case .ours(let found): JournalEdges.opening(of: found.directory.journal)?.time
    case .radical(let session): session.load().opened
    }
  }

  /// The tasks of it; none when it cannot be read.
  private var tasks: TaskTable {
    switch self {
    case .ours(let found): (try? found.load())?.tasks ?? TaskTable()
    case .radical(let session): session.load(describes: true).tasks
    }
  }

  fileprivate func hasTask(_ word: String) -> Bool { TaskSelection.hasTask(word, tasks) }

  fileprivate func suggestion(for word: String) -> String { TaskSelection.hint(for: word, tasks) }
}
