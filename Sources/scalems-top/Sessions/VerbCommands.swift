import ArgumentParser
import SessionModel
import Work

/// A command line verb that is one command to one session.
protocol VerbCommand: ParsableCommand {
  static var verb: OperatorCommand.Verb { get }
  var session: String { get }
  var options: CommandOptions { get }
  func command() throws -> OperatorCommand
}

extension VerbCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: verb.rawValue, abstract: verb.help)
  }

  func run() throws {
    try options.requireControl(Self.verb.rawValue)
    let command = try command()
    let call = try CommandCall(session, options)
    throw ExitStatus(code: call.say(try call.perform(command), Self.verb))
  }
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
  @Argument(
    help: ArgumentHelp(
      "Tasks, by uid (task.000042) or name (sim.3); the name of an ensemble (sim) is all its members.",
      valueName: "task"))
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

  func command() throws -> OperatorCommand {
    let selection = TaskSelection(names: tasks, phase: Self.states.first { $0.word == state })
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

  @Flag(help: "Skip all grace periods, as a second Ctrl-C does; also of a session that is closing.")
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

  func command() -> OperatorCommand {
    .close(now ? .none : grace.flatMap { CloseGrace(seconds: $0) } ?? .configured)
  }
}

let sessionHelp: ArgumentHelp = "Id of the session, the beginning of it, its name, or its directory."
