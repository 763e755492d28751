import ArgumentParser
import SessionModel
import Words
import Work

/// A command line verb that is one command to one session.
protocol VerbCommand: ParsableCommand {
  static var verb: OperatorCommand.Verb { get }
  /// Its arguments, as one would write them.
  static var examples: [String] { get }
  var session: SessionArgument { get }
  var rest: SessionArgument.Rest { get }
  var options: CommandOptions { get }
  func command(for target: CommandTarget) throws -> OperatorCommand
}

/// The session that a command is for, and what of it is meant.
struct CommandTarget {
  let id: String
  /// Tasks, as they were named.
  let words: [String]
  let isForeign: Bool
  private let load: () throws -> SessionSnapshot

  init(_ found: FoundSession, _ words: [String], _ watchdog: Watchdog) {
    (id, self.words, isForeign) = (found.id, words, false)
    load = { do { return try found.load(watchdog) } catch { throw UsageError(description: "\(error)") } }
  }

  /// One that another program opened.
  init(_ snapshot: SessionSnapshot, id: String, _ words: [String]) {
    (self.id, self.words, isForeign) = (id, words, true)
    load = { snapshot }
  }

  /// How it stands.
  ///
  /// - Throws: `UsageError` when it cannot be read.
  func snapshot() throws -> SessionSnapshot { try load() }
}

extension VerbCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: verb.rawValue, abstract: verb.help,
      discussion: examples.map { "scalems-top \(verb.rawValue) \($0)" }.joined(separator: "\n"))
  }

  var rest: SessionArgument.Rest { .nothing }

  func run() throws {
    try options.requireControl(Self.verb.rawValue)
    if let close = self as? CloseCommand, let program = KeptProgram(withoutSession: session.session) {
      let limit = options.timeout.map { Duration(saturating: $0) }
      throw ExitStatus(code: try program.close(inHaste: close.now, limit: limit))
    }
    let watchdog = Watchdog(options.patience)
    let choice = try session.choose(rest, for: Self.verb)
    switch choice.session {
    case .ours(let found):
      let command = try command(for: CommandTarget(found, choice.words, watchdog))
      let call = CommandCall(found, options, watchdog)
      throw ExitStatus(code: options.say(try call.perform(command), Self.verb))
    case .radical(let found):
      let call = RadicalCall(found, options, watchdog)
      throw ExitStatus(
        code: try call.perform(Self.verb) { snapshot in
          try command(for: CommandTarget(snapshot, id: found.site.session, choice.words))
        })
    }
  }
}

struct DrainCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.drain
  static let examples = ["ID --wait --timeout 3600", "ID --reason \"maintenance at six\""]
  @OptionGroup var session: SessionArgument
  @OptionGroup var options: CommandOptions
  func command(for target: CommandTarget) -> OperatorCommand { .drain }
}

struct StopCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.stop
  static let examples = ["ID", "ID --wait"]
  @OptionGroup var session: SessionArgument
  @OptionGroup var options: CommandOptions
  func command(for target: CommandTarget) -> OperatorCommand { .stop }
}

struct ResumeCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.resume
  static let examples = ["ID"]
  @OptionGroup var session: SessionArgument
  @OptionGroup var options: CommandOptions
  func command(for target: CommandTarget) -> OperatorCommand { .resume }
}

struct CancelCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.cancel
  static let examples = ["ID sim.3 --reason \"wrong input\"", "ID sim", "ID --state waiting"]
  @OptionGroup var session: SessionArgument
  @Argument(help: TaskSelection.help)
  var tasks: [String] = []
  @Option(
    help: ArgumentHelp(
      "Only those in this state: running, queued or waiting; without names, all of them.", valueName: "state"))
  var state: String?
  @OptionGroup var options: CommandOptions

  private static let states: [TaskPhase] = [.running, .queued, .waiting]
  private static let nothing = "cancel needs tasks: name them, or choose them with --state"

  func validate() throws {
    guard session.session != nil || state != nil else { throw ValidationError(Self.nothing) }
    if let state, !Self.states.contains(where: { $0.word == state }) {
      throw ValidationError("--state is running, queued or waiting, not '\(state)'")
    }
  }

  var rest: SessionArgument.Rest { .tasks(tasks) }

  func command(for target: CommandTarget) throws -> OperatorCommand {
    let selection = TaskSelection(names: target.words, phase: Self.states.first { $0.word == state })
    guard !target.words.isEmpty || state != nil else { throw ValidationError(Self.nothing) }
    // Those of a foreign session have other uids here than there.
    if !target.isForeign, let ids = selection.uids { return .cancel(TaskIDs(ids)) }
    return .cancel(TaskIDs(try selection.tasks(in: try target.snapshot(), id: target.id)))
  }
}

struct CancelRaptorCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.cancelRaptor
  static let examples = ["ID --wait"]
  @OptionGroup var session: SessionArgument
  @OptionGroup var options: CommandOptions
  func command(for target: CommandTarget) -> OperatorCommand { .cancelRaptor }
}

struct CloseCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.close
  static let examples = ["ID --wait", "ID --grace 30", "ID --now"]
  @OptionGroup var session: SessionArgument
  @OptionGroup var options: CommandOptions

  @Flag(
    help: """
      Skip all grace periods, as a second Ctrl-C does; also of a session that is closing. Of one that another program \
      opened: wait for it 2 s at each step, and end what is left without asking.
      """)
  var now = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What running tasks get to finish in, from now on (default: --task-grace of 'run').", valueName: "s"))
  var grace: Double?

  func validate() throws {
    if now, grace != nil { throw ValidationError("close takes --now or --grace, not both") }
    if let grace, CloseGrace(seconds: grace) == nil {
      throw ValidationError(
        "--grace is a number of seconds from 0 to \(Int(CloseGrace.limit)), not \(Format.plain(grace))")
    }
  }

  func command(for target: CommandTarget) throws -> OperatorCommand {
    guard grace == nil || !target.isForeign else {
      throw UsageError(
        description: "RADICAL-Pilot gives tasks no time to finish: close takes no --grace for session \(target.id)")
    }
    return .close(now ? .none : grace.flatMap { CloseGrace(seconds: $0) } ?? .configured)
  }
}
