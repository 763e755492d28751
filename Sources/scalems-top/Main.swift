import ArgumentParser
import Glibc
import LocalEngine
import Platform
import SessionModel

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
        name: "Sessions:", subcommands: [RunCommand.self, AttachCommand.self, WatchCommand.self, ListCommand.self]),
      CommandGroup(
        name: "Commands to a session:",
        subcommands: [
          SubmitCommand.self, DrainCommand.self, StopCommand.self, ResumeCommand.self, CancelCommand.self,
          CancelRaptorCommand.self, CloseCommand.self,
        ]),
      CommandGroup(
        name: "What a session says:",
        subcommands: [StatusCommand.self, LogCommand.self, EventsCommand.self, ReplayCommand.self]),
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
    do { try ThisProcess.requireRoom(threads: threads) } catch {
      complain("scalems-top: no room for the threads of a session (\(error)): see 'ulimit -u' and 'ulimit -v'")
      Glibc.exit(3)
    }
    do {
      try NamesAsText.checkArguments()
      var command = try parseAsRoot()
      try NamesAsText.checkPlaces()
      try command.run()
    } catch let status as ExitStatus {
      Glibc.exit(status.code)
    } catch let problem as UsageError {
      complain(problem.description)
      Glibc.exit(2)
    } catch {
      let code = exitCode(for: error)
      if code == .success {
        print(fullMessage(for: error))
        Glibc.exit(0)
      }
      complain(fullMessage(for: error))
      Glibc.exit(2)
    }
  }
}

/// Ends the program with a status; what there was to say was said.
struct ExitStatus: Error {
  var code: Int32
}

/// Something the user wrote is wrong: exit status 2.
struct UsageError: Error, CustomStringConvertible {
  var description: String
}
