import ArgumentParser
import SessionModel
import Work

/// A command line verb that is one command to one session.
protocol VerbCommand: ParsableCommand {
  static var verb: OperatorCommand.Verb { get }
  var session: String { get }
  var options: CommandOptions { get }
  func command() throws -> OperatorCommand
  /// What it is for a session that another program opened.
  ///
  /// - Parameter snapshot: how that stands.
  func command(for snapshot: SessionSnapshot, id: String) throws -> OperatorCommand
}

extension VerbCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: verb.rawValue, abstract: verb.help)
  }

  func run() throws {
    try options.requireControl(Self.verb.rawValue)
    let watchdog = Watchdog(options.patience)
    switch try ShownSession.find(session) {
    case .ours(let found):
      let command = try command()
      let call = CommandCall(found, options, watchdog)
      throw ExitStatus(code: options.say(try call.perform(command), Self.verb))
    case .radical(let found):
      let call = RadicalCall(found, options, watchdog)
      throw ExitStatus(code: try call.perform(Self.verb) { try command(for: $0, id: found.site.session) })
    }
  }

  func command(for snapshot: SessionSnapshot, id: String) throws -> OperatorCommand { try command() }
}

struct DrainCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.drain
  @Argument(help: sessionHelp) var session: String
  @OptionGroup var options: CommandOptions
  func command() -> OperatorCommand { .drain }
}

struct StopCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.stop
  @Argument(help: sessionHelp) var session: String
  @OptionGroup var options: CommandOptions
  func command() -> OperatorCommand { .stop }
}

struct ResumeCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.resume
  @Argument(help: sessionHelp) var session: String
  @OptionGroup var options: CommandOptions
  func command() -> OperatorCommand { .resume }
}

struct CancelCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.cancel
  @Argument(help: sessionHelp) var session: String
  @Argument(help: TaskSelection.help)
  var tasks: [String] = []
  @Option(
    help: ArgumentHelp(
      "Only those in this state: running, queued or waiting; without names, all of them.", valueName: "state"))
  var state: String?
  @OptionGroup var options: CommandOptions

  private static let states: [TaskPhase] = [.running, .queued, .waiting]

  func validate() throws {
    guard !tasks.isEmpty || state != nil else {
      throw ValidationError("cancel needs tasks: name them, or choose them with --state")
    }
    if let state, !Self.states.contains(where: { $0.word == state }) {
      throw ValidationError("--state is running, queued or waiting, not '\(state)'")
    }
  }

  private var selection: TaskSelection {
    TaskSelection(names: tasks, phase: Self.states.first { $0.word == state })
  }

  func command(for snapshot: SessionSnapshot, id: String) throws -> OperatorCommand {
    .cancel(TaskIDs(try selection.tasks(in: snapshot, id: id)))
  }

  func command() throws -> OperatorCommand {
    let selection = selection
    if let ids = selection.uids { return .cancel(TaskIDs(ids)) }
    let found = try SessionFinder().find(session)
    do { return .cancel(TaskIDs(try selection.tasks(in: found.load(), id: found.id))) } catch {
      throw (error as? UsageError) ?? UsageError(description: "\(error)")
    }
  }
}

struct CancelRaptorCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.cancelRaptor
  @Argument(help: sessionHelp) var session: String
  @OptionGroup var options: CommandOptions
  func command() -> OperatorCommand { .cancelRaptor }
}

struct CloseCommand: VerbCommand {
  static let verb = OperatorCommand.Verb.close
  @Argument(help: sessionHelp) var session: String
  @OptionGroup var options: CommandOptions

  @Flag(
    help: """
      Skip all grace periods, as a second Ctrl-C does; also of a session that is closing. Of one that another program \
      opened: wait for it 2 s at each step, and end what is left without asking.
      """)
  var now = false

  @Option(
    help: ArgumentHelp(
      "What running tasks get to finish in, from now on (default: --task-grace of 'run').", valueName: "s"))
  var grace: Double?

  func validate() throws {
    if now, grace != nil { throw ValidationError("close takes --now or --grace, not both") }
    if let grace, CloseGrace(seconds: grace) == nil {
      throw ValidationError("--grace is a number of seconds from 0 to \(Int(CloseGrace.limit)), not \(grace)")
    }
  }

  func command(for snapshot: SessionSnapshot, id: String) throws -> OperatorCommand {
    guard grace == nil else {
      throw UsageError(
        description: "RADICAL-Pilot gives tasks no time to finish: close takes no --grace for session \(id)")
    }
    return command()
  }

  func command() -> OperatorCommand {
    .close(now ? .none : grace.flatMap { CloseGrace(seconds: $0) } ?? .configured)
  }
}

let sessionHelp: ArgumentHelp = "Id of the session, the beginning of it, its name, or its directory."
