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
  @Argument(help: ArgumentHelp("The tasks, as task.000042.", valueName: "uid")) var uids: [String]
  @OptionGroup var options: CommandOptions

  func command() throws -> OperatorCommand {
    .cancel(
      try uids.map { uid in
        guard let id = TaskID(uid: uid) else {
          throw UsageError(description: "'\(uid)' is no uid of a task: they are written task.000042")
        }
        return id
      })
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
