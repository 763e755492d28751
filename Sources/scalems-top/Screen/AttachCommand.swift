import ArgumentParser
import Glibc
import Interface
import Platform
import SessionLink
import SessionModel
import Synchronization
import Terminal
import Words

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach",
    abstract: "Show a session on this terminal, with all keys; leaving it changes nothing.",
    discussion: """
      Without a session, the only live one is shown, or a list to choose from; 'scalems-top' alone does the same.

      scalems-top attach ID
      scalems-top attach --latest
      """)

  @OptionGroup var session: SessionArgument

  @OptionGroup
  var screen: ScreenFlags

  @Flag(help: "No screen: what changes, as lines of text, for screen readers and simple terminals.")
  var plain = false

  func run() throws {
    throw ExitStatus(code: try AttachedScreen(screen, isPlain: plain).run(session))
  }
}

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Show a session on this terminal, read-only: no key changes anything.",
    discussion: """
      Only needs to read the session's directory, so it works from any machine that sees its files. Without a session, \
      the only live one is shown, or a list to choose from.

      scalems-top watch /scratch/ann/s1
      """)

  @OptionGroup var session: SessionArgument

  @OptionGroup
  var screen: ScreenFlags

  @Flag(help: "No screen: what changes, as lines of text, for screen readers and simple terminals.")
  var plain = false

  func run() throws {
    throw ExitStatus(code: try AttachedScreen(screen, isReadOnly: true, isPlain: plain).run(session))
  }
}

/// A screen on a session that was started elsewhere; leaving it changes nothing.
struct AttachedScreen {
  private let flags: ScreenFlags
  private let options: InterfaceOptions
  private let isPlain: Bool

  /// - Throws: `UsageError` when the person's configuration file makes no sense; what has no screen does not read it.
  init(_ flags: ScreenFlags, isReadOnly: Bool? = nil, isPlain: Bool) throws(UsageError) {
    self.init(flags, isPlain ? InterfaceOptions() : try flags.options(isReadOnly: isReadOnly), isPlain: isPlain)
  }

  init(_ flags: ScreenFlags, _ options: InterfaceOptions, isPlain: Bool = false) {
    (self.flags, self.options, self.isPlain) = (flags, options, isPlain)
  }

  /// - Parameter argument: which session; when none is named, the only live one, or a choice.
  /// - Returns: the exit status: that of the session when it was seen to close, 0 when it was left.
  func run(_ argument: SessionArgument) throws -> Int32 {
    try KeptProgram(withoutSession: argument.session)?.awaitSession()
    let watchdog = Watchdog(HostPatience.standard)
    if isPlain { return try PlainScreen(flags).run(try argument.choose().session, watchdog) }
    let named = argument.isGiven ? try argument.choose().session : nil
    if named == nil { watchdog.end() }
    do { try Screen.checkTerminal() } catch {
      throw UsageError(description: "scalems-top: \(error); '--plain', 'scalems-top status' and 'log' need no screen")
    }
    guard let found = try named ?? choose() else { return 0 }
    return try run(from: found, watchdog)
  }

  /// Another screen than this was left for a choice of sessions.
  ///
  /// - Parameter left: the session that it showed; who chooses none comes back to it.
  /// - Returns: the exit status; `nil` when there is no session to show.
  func runChosen(or left: ShownSession?) throws -> Int32? {
    guard let found = try choose(among: true) ?? left else { return nil }
    return try run(from: found, Watchdog(HostPatience.standard))
  }

  private func run(from first: ShownSession, _ watchdog: Watchdog) throws -> Int32 {
    var found = first
    while true {
      let (outcome, status) = try show(found, watchdog)
      guard outcome == .sessions else { return status }
      // Who chooses none comes back.
      found = try choose(among: true) ?? found
    }
  }

  private func show(_ found: ShownSession, _ watchdog: Watchdog) throws -> (InterfaceOutcome, Int32) {
    let source: any ScreenSource
    let runner: InterfaceRunner
    do {
      source = try found.source(isReadOnly: options.isReadOnly)
      runner = try InterfaceRunner(source: flags.shown(source), options: options)
    } catch {
      complain("scalems-top: \(error)")
      return (.left, 2)
    }
    let received = Mutex<Int32?>(nil)
    // A signal to a screen that is not the session's own only ends the screen.
    let signals = try SignalSources { number in
      received.withLock { $0 = $0 ?? number }
      runner.stop()
    }
    defer { withExtendedLifetime(signals) {} }
    watchdog.end()
    do {
      let outcome = try runner.run()
      source.close()
      if let signal = received.withLock({ $0 }) { return (.left, 128 + signal) }
      guard let summary = source.summary else {
        if outcome == .left, source.isHostGone { throw hostGone(found.id) }
        if outcome == .left {
          let verb: TerminalText = options.isReadOnly ? "watch" : "attach"
          put("session \(found.id) goes on: 'scalems-top \(verb) \(found.id)' comes back to it\n")
        }
        return (outcome, 0)
      }
      sayHowItEnded(summary, directory: found.directory)
      return (outcome, outcome == .sessionClosed ? summary.exitCode : 0)
    } catch let error as TerminalError {
      complain("scalems-top: \(error)")
      return (.left, 2)
    }
  }

  /// The only live session, or one that is chosen on the screen; `nil` when none is.
  ///
  /// - Parameter isSwitch: whether it is chosen also when there is only one.
  private func choose(among isSwitch: Bool = false) throws -> ShownSession? {
    let foreign = RadicalSession.all().map(ShownSession.radical)
    let live = SessionFinder().live().map(ShownSession.ours) + foreign.filter(\.isLive)
    if live.count == 1, !isSwitch { return live[0] }
    let shown = live.isEmpty ? SessionFinder().all().suffix(100).map(ShownSession.ours) + foreign : live
    guard !shown.isEmpty else {
      if isSwitch { return nil }
      throw UsageError(
        description: "there is no session: 'scalems-top run WORKFLOW' starts one, 'scalems-top --help' says more")
    }
    let choices = shown.reversed().map { session in
      let overview = session.overview
      return SessionChoice(
        id: overview.id, name: overview.info?.name ?? "", state: overview.stateWord,
        counts: overview.countWords, host: overview.info?.host ?? "", pid: overview.pid,
        pilot: overview.pilot?.words ?? "", age: overview.ageWords, directory: overview.directory)
    }
    do {
      guard let index = try pickSession(choices, options: options, isSwitch: isSwitch) else { return nil }
      return shown.reversed()[index]
    } catch {
      complain("scalems-top: \(error)")
      throw ExitStatus(code: 2)
    }
  }
}

/// Where this process is used from, for the journals of the sessions it commands: `login1 pts/3`.
func originWords() -> String {
  var name = [CChar](repeating: 0, count: 64)
  for stream in [STDIN_FILENO, STDERR_FILENO] where ttyname_r(stream, &name, name.count) == 0 {
    let path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
    return machineName() + " " + (path.hasPrefix("/dev/") ? String(path.dropFirst(5)) : path)
  }
  return machineName()
}
