import Glibc
import Interface
import Platform
import SessionLink
import SessionModel
import Synchronization
import SystemPackage
import Terminal
import Words

/// The screen of `run`: a session in the background, which goes with its screen unless it is left running.
struct OwnedScreen {
  private let options: InterfaceOptions
  private let flags: ScreenFlags
  /// What a host gets to end in that was told to end at once.
  private let lastChance: Duration
  /// The id of the session that is taken up again.
  private let resumed: String?

  /// - Throws: `UsageError` when the person's configuration file makes no sense: nothing is started then.
  init(
    _ flags: ScreenFlags, exitWhenDone: Bool, resumed: String? = nil,
    lastChance: Duration = SignalWatch.longestEnd + .seconds(2)
  ) throws(UsageError) {
    (self.flags, self.lastChance, self.resumed) = (flags, lastChance, resumed)
    options = try flags.options(exitWhenDone: exitWhenDone)
  }

  /// Starts the session and shows it until it has ended or is left.
  ///
  /// - Parameter input: the host's standard input; `/dev/null` when negative.
  /// - Returns: the exit status.
  func run(input: Int32) throws -> Int32 {
    try run(input: input) { host throws(SessionDirectory.DirectoryError) in
      try AttachedSource(
        SessionDirectory(FilePath(host.directory)), origin: originWords(), isReadOnly: options.isReadOnly,
        isOwned: true)
    }
  }

  /// - Parameter makeSource: what is shown of a host that was started.
  func run(
    input: Int32, _ makeSource: (LaunchedHost) throws(SessionDirectory.DirectoryError) -> some OwnedSource
  ) throws -> Int32 {
    // From then on signals to this process are none to the session.
    switch try show(input: input, makeSource) {
    case .over(let status): return status
    case .elsewhere(let left):
      return try AttachedScreen(flags, chosenOptions).runChosen(or: ShownSession.exact(left))
        ?? Self.sayItGoesOn(left)
    }
  }

  private enum Ended {
    /// With this exit status.
    case over(Int32)
    /// The session of this name goes on, and another one is wanted.
    case elsewhere(String)
  }

  /// - Returns: the exit status.
  private static func sayItGoesOn(_ name: String) -> Int32 {
    put("session \(name) goes on: 'scalems-top attach \(name)' comes back to it\n")
    return 0
  }

  /// Those of a screen on a session that was started elsewhere.
  private var chosenOptions: InterfaceOptions {
    var options = options
    options.exitWhenDone = false
    return options
  }

  private func show(
    input: Int32, _ makeSource: (LaunchedHost) throws(SessionDirectory.DirectoryError) -> some OwnedSource
  ) throws -> Ended {
    // `nohup` asks that a hang-up changes nothing; looked at before signals are handled here.
    let outlivesTerminal = isIgnored(SIGHUP)
    let host = try LaunchedHost(input: input, resumed: resumed) { prepareInterface() }
    if input >= 0 { close(input) }
    let source: any OwnedSource
    let runner: InterfaceRunner
    do {
      source = try makeSource(host)
      runner = try InterfaceRunner(source: flags.shown(source), options: options)
    } catch {
      complain("scalems-top: \(error)")
      return .over(2)
    }
    let received = Mutex<[Int32]>([])
    let pass: @Sendable (Int32) -> Int = { number in
      let (count, isNew) = received.withLock { received in
        // A terminal that goes away is noticed in two ways, and hangs up once.
        let isNew = number != SIGHUP || !received.contains(SIGHUP)
        if isNew { received.append(number) }
        return (received.count, isNew)
      }
      if isNew { host.signal(number) }
      return count
    }
    let signals = try SignalSources { number in
      let count = pass(number)
      if source.summary != nil { runner.stop() }
      guard count >= 3 else { return }
      // Whoever draws gives the terminal back; a frame after that would lie over what the shell writes.
      runner.stop()
      let deadline = ContinuousClock.now + lastChance
      while !host.hasEnded, .now < deadline { usleep(5000) }
      host.signal(SIGKILL)
      TerminalGuard.restoreTerminal()
      _exit(128 + number)
    }
    defer { withExtendedLifetime(signals) {} }
    // Who interrupted the session waits for its end, not for a summary to dismiss.
    source.onClose { if $0.exitCode > 128 { runner.stop() } }
    let outcome: InterfaceOutcome
    do { outcome = try runner.run() } catch {
      complain("scalems-top: \(error)")
      return .over(2)
    }
    let isInterrupted = received.withLock { !$0.isEmpty }
    if outcome == .left || outcome == .sessions, !isInterrupted, source.summary == nil, !host.hasEnded {
      host.release()
      let name = source.name(for: host)
      return outcome == .sessions ? .elsewhere(name) : .over(Self.sayItGoesOn(name))
    }
    if outcome == .terminalGone {
      guard !outlivesTerminal else {
        host.release()
        return .over(0)
      }
      _ = pass(SIGHUP)
    }
    if source.summary == nil, !host.hasEnded { complain("scalems-top: the session ends, please wait …") }
    let status = host.wait()
    source.sayEnd(of: host, status)
    return .over(status)
  }
}

/// What the screen shows that a session was started for.
protocol OwnedSource: SessionSource {
  /// What people call the session.
  func name(for host: LaunchedHost) -> String
  var summary: SessionSummary? { get }
  /// - Parameter body: called when the session has closed.
  func onClose(_ body: @escaping @Sendable (SessionSummary) -> Void)
  /// Says how it ended.
  ///
  /// - Parameter status: the exit status of its host.
  func sayEnd(of host: LaunchedHost, _ status: Int32)
}

extension AttachedSource: OwnedSource {
  func name(for host: LaunchedHost) -> String { host.session }

  func sayEnd(of host: LaunchedHost, _ status: Int32) {
    if let summary = readJournal() {
      sayHowItEnded(summary, directory: host.directory)
      if let problem = summary.problem { complain("scalems-top: \(problem)") }
      // What was not taken is in no journal.
      if status != summary.exitCode, summary.exitCode == 0 {
        complain("scalems-top: not all commands were taken: see \(host.directory)/host.log")
      }
    } else if status > 128 {
      complain(
        "scalems-top: the host of session \(host.session) was killed by signal \(status - 128); "
          + "'scalems-top run --resume \(host.session)' takes it up again")
    } else {
      complain("scalems-top: the session could not start: see \(host.directory)/host.log")
    }
  }
}
