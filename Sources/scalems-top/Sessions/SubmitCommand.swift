import ArgumentParser
import Executor
import Glibc
import JSON
import Platform
import SessionLink
import SessionModel
import Work
import WorkflowFile
import Words

struct SubmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: OperatorCommand.Verb.submit.help,
    usage: """
      scalems-top submit [SESSION] FILE
      scalems-top submit [SESSION] -- COMMAND ARGUMENT…
      scalems-top submit [SESSION] --commands FILE
      """,
    discussion: """
      Prints the uid of each task (of a large ensemble, the first and the last). With --wait it follows them to their \
      end and exits with the exit status of the task, or of several with 0 when all are DONE and 1 otherwise.

      scalems-top submit ID more.yaml
      scalems-top submit ID --cores 4 -- gmx mdrun -s topol.tpr
      scalems-top submit ID --wait --json -- ./check.sh     how it ended, as JSON
      """)

  @OptionGroup var session: SessionArgument

  @Argument(help: ArgumentHelp("A workflow, in YAML or JSON; '-' is standard input.", valueName: "file")) var path:
    String?

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("After '--': a program and its arguments.", valueName: "command"))
  var command: [String] = []

  @Option(
    help: ArgumentHelp("Each line of this file is a shell command; '-' is standard input.", valueName: "file"))
  var commands: String?

  @Flag(
    name: [.customShort("0"), .long],
    help: "The commands end in NUL and not at the end of a line, as 'find … -print0' writes them.")
  var null = false

  @Option(help: ArgumentHelp("Name of the task (default: that of the program).", valueName: "name"))
  var name: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Cores of each rank of the task.", valueName: "n"))
  var cores = 1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Ranks of the task: processes of an MPI program.", valueName: "n"))
  var ranks = 1

  @Option(
    help: "What starts the ranks: auto (of MPI, for more than one), none (plain processes), mpirun, mpiexec or srun.")
  var launcher = "auto"

  @OptionGroup var options: CommandOptions

  func run() throws {
    try options.requireControl("submit")
    let (session, path) = try places()
    let offer = try offer(path)
    let watchdog = Watchdog(options.patience)
    let call: CommandCall
    switch try session.choose(for: .submit).session {
    case .ours(let found): call = CommandCall(found, options, watchdog)
    case .radical(let found): throw RadicalCall(found, options, watchdog).refuse(.submit)
    }
    let tail = options.wait ? try call.tail() : nil
    // That it was taken is known at the end of the command, at once; --wait is for the tasks.
    let report = try call.perform(.submit(offer), waits: true)
    guard let ids = report.added else { throw ExitStatus(code: options.say(report, .submit)) }
    say(ids)
    guard let tail else { return }
    throw ExitStatus(code: try call.follow(ids, in: tail))
  }

  private func say(_ ids: Range<UInt32>) {
    let isHeard = !options.json || putJSON(json(ids))
    if ids.count <= 20 {
      for number in ids { options.tell("\(TaskID(number).uid)", isHeard) }
    } else {
      options.tell(
        "\(TaskID(ids.lowerBound).uid) to \(TaskID(ids.upperBound - 1).uid) (\(Format.plural(ids.count, "task")))",
        isHeard)
    }
  }

  private func json(_ ids: Range<UInt32>) -> [UInt8] {
    var line = JSONWriter()
    line.beginObject()
    line.member("first", TaskID(ids.lowerBound).uid)
    line.member("last", TaskID(ids.upperBound - 1).uid)
    line.member("count", ids.count)
    line.endObject()
    line.endLine()
    return line.bytes
  }

  /// A single word is the file when nothing else is submitted.
  private func places() throws -> (SessionArgument, String?) {
    var argument = session
    guard CommandLine.arguments.last != "--" else { return (session, path) }
    guard let word = session.session, path == nil, command.isEmpty, commands == nil else { return (session, path) }
    if access(word, F_OK) != 0, ShownSession.exact(word) != nil { throw ValidationError(Self.nothing) }
    argument.session = nil
    return (argument, word)
  }

  private static let nothing =
    "submit one of: a workflow, a command after '--', a list of shell commands with --commands"

  private func offer(_ path: String?) throws -> WorkOffer {
    if path == nil, command.isEmpty, commands == nil, CommandLine.arguments.last == "--" {
      throw UsageError(description: "'--' \(TaskRules.emptyProgram)")
    }
    let given = [path != nil, !command.isEmpty, commands != nil].count { $0 }
    guard given == 1 else {
      throw ValidationError(Self.nothing)
    }
    if let path {
      let input = try Input(path)
      let directory = try input.directory()
      return .items(
        try input.workflow().items.map { WorkItem($0.description.anchored(to: directory), shape: $0.shape) })
    }
    if let commands {
      var list = CommandList()
      var isWhole = true
      try CommandStream(try Input(commands), isNullSeparated: null).read { part in
        for index in 0..<part.count where isWhole { isWhole = list.append(part[index].utf8) }
        return isWhole
      }
      if list.isEmpty { throw UsageError(description: "there is no command in '\(commands)'") }
      guard isWhole else {
        throw UsageError(
          description:
            "the commands in '\(commands)' are more than \(CommandList.byteLimit >> 20) MiB: submit them in parts")
      }
      let directory = try workingDirectory()
      if let fault = TaskRules.fault(in: list, directory: directory) {
        throw UsageError(description: "'\(commands)': \(fault)")
      }
      return .commands(list, directory: directory)
    }
    let directory = try workingDirectory()
    let item = WorkItem(
      TaskDescription(
        name: name ?? "", argv: command, resources: TaskResources(ranks: ranks, coresPerRank: cores),
        launcher: try chosenLauncher(), directory: directory, clientDirectory: directory))
    var named = item
    if name == nil { named.description.name = TaskName.derived(from: item.description) }
    // What no session takes is known here.
    if let first = TaskRules.violations(of: named, limit: 1).first {
      throw UsageError(description: "\(first.sentence)")
    }
    return .items([item])
  }

  private func chosenLauncher() throws -> Launcher {
    guard let choice = Launcher(rawValue: launcher) else {
      let words = Launcher.allCases.map(\.rawValue)
      throw UsageError(
        description: "--launcher is one of \(words.joined(separator: ", ")), not '\(shortened(launcher))'"
          + "\(suggestion(for: launcher, among: words))")
    }
    return choice
  }
}
