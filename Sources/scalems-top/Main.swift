import ArgumentParser
import Glibc
import LocalEngine
import Platform
import SessionModel
import SystemPackage
import Words

@main struct ScalemsTop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scalems-top",
    abstract: "Run, watch and safely end SCALE-MS execution sessions, from a terminal.",
    discussion: """
      'scalems-top run' executes a workflow on the cores of this machine, under a live screen: tasks, pilot, raptor, \
      log. Press '?' there for the keys. 'q' leaves the screen, and the session running if you like: 'scalems-top' alone \
      comes back to it. Ctrl-C cancels in order: once lets every process end, twice skips the grace \
      periods, three times ends at once. 'scalems-top doctor' says whether this machine is ready.

      Exit status: 0 all tasks DONE, 1 some FAILED, CANCELED or not run, 2 wrong usage or workflow, 3 the runtime \
      could not start, 4 the shutdown left something behind, 5 the session's host is gone, 6 a --timeout passed, 128+n \
      ended by signal n.
      """,
    version: programVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Sessions:",
        subcommands: [
          RunCommand.self, ExecCommand.self, AttachCommand.self, WatchCommand.self, ListCommand.self,
        ]),
      CommandGroup(
        name: "Commands to a session:",
        subcommands: [
          SubmitCommand.self, DrainCommand.self, StopCommand.self, ResumeCommand.self, CancelCommand.self,
          RerunCommand.self, CancelRaptorCommand.self, CloseCommand.self,
        ]),
      CommandGroup(
        name: "What a session says:",
        subcommands: [
          StatusCommand.self, TasksCommand.self, WaitCommand.self, LogCommand.self, EventsCommand.self,
          ReplayCommand.self,
        ]),
      CommandGroup(
        name: "Preparing:", subcommands: [CheckCommand.self, DoctorCommand.self, SetupRadicalCommand.self]),
    ],
    defaultSubcommand: AttachCommand.self)

  /// What a session uses at the same time, on a few cores, is less than this.
  private static let threads = 16

  static func main() {
    ThisProcess.openStandardStreams()
    // The helpers are this program, too; they start before anything else is looked at.
    let arguments = CommandLine.arguments
    if arguments.count == 2, let helper = HelperProcess(rawValue: arguments[1]) { Glibc.exit(helper.run()) }
    LaunchHelper.becomeIfAsked(arguments)
    signal(SIGPIPE, SIG_IGN)
    // What a limit on the size of files takes no more is an error as any other.
    signal(SIGXFSZ, SIG_IGN)
    do { try ThisProcess.requireRoom(threads: threads) } catch {
      complain("scalems-top: no room for the threads of a session (\(error)): see 'ulimit -u' and 'ulimit -v'")
      Glibc.exit(3)
    }
    do {
      try NamesAsText.checkArguments()
      try NamesAsText.checkPlaces()
      try WrongUsage.checkVerb(arguments)
      var command: any ParsableCommand
      do { command = try parseAsRoot() } catch {
        if exitCode(for: error) != .success, let words = WrongUsage.noVerb(in: arguments) { throw words }
        throw error
      }
      do { try command.run() } catch let fault as ValidationError {
        throw UsageError(description: WrongUsage.words(fault, of: command))
      }
      end(ExitStatus(code: 0))
    } catch let status as ExitStatus {
      end(status)
    } catch let problem as UsageError {
      complain(problem.text)
      end(ExitStatus(code: 2))
    } catch {
      let isHelp = exitCode(for: error) == .success
      let words = message(for: error)
      if isHelp { put("\(words)\n") } else { complain(words) }
      end(ExitStatus(code: isHelp ? 0 : 2))
    }
  }

  /// What ArgumentParser says: help, or what is wrong with the arguments, which it quotes.
  private static func message(for error: any Error) -> TerminalText {
    var text = fullMessage(for: error)
    // The lines are its own, but for those in an argument, or behind the name of an option in one.
    for argument in CommandLine.arguments where argument.contains("\n") {
      for quoted in [argument, argument.drop { $0 != "=" }.dropFirst().description] where quoted.contains("\n") {
        text = text.split(separator: quoted, omittingEmptySubsequences: false)
          .joined(separator: TerminalText(quoted).text)
      }
    }
    return .lines(text)
  }

  /// Ends the program. That something could not be printed is said last, and counts when all else went well.
  private static func end(_ status: ExitStatus) -> Never {
    switch closeOutput() {
    case nil: Glibc.exit(status.code)
    case .brokenPipe?, .connectionReset?:
      // Nobody wants to know more: that is no error, and ends a program as it does others.
      guard status.code == 0, !status.isSessions else { Glibc.exit(status.code) }
      signal(SIGPIPE, SIG_DFL)
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGPIPE)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      kill(getpid(), SIGPIPE)
      Glibc.exit(128 + SIGPIPE)
    case let why?:
      complain("scalems-top: standard output cannot be written: \(why)")
      Glibc.exit(status.code == 0 ? 1 : status.code)
    }
  }
}

/// Ends the program with a status; what there was to say was said.
struct ExitStatus: Error {
  var code: Int32
  /// Whether it is that of a session, which counts also when nobody reads any more.
  var isSessions = false
}

/// Something the user wrote is wrong: exit status 2.
struct UsageError: Error, CustomStringConvertible {
  let text: TerminalText
  /// More than one thing could be meant.
  let isAmbiguous: Bool

  init(description: TerminalText, isAmbiguous: Bool = false) { (text, self.isAmbiguous) = (description, isAmbiguous) }

  var description: String { text.text }
}
