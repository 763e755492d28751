import ArgumentParser
import Executor
import Glibc
import Interface
import LocalEngine
import SessionModel
import Terminal
import WorkflowFile

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a workflow, under a live screen or in batch.",
    discussion: """
      The workflow is a YAML (or JSON) file; 'scalems-top check' says what it would do. With --commands, each line of \
      a file (or of standard input, '-') is a shell command, and running starts before the input ends.

      Everything of the session is below its directory: journal.jsonl (every event), tasks/<uid>/ (stdout, stderr and \
      the files of each task).
      """)

  @Argument(help: ArgumentHelp("The workflow, in YAML or JSON.", valueName: "workflow"))
  var path: String?

  @Option(
    help: ArgumentHelp("Run each line of this file as a shell command; '-' is standard input.", valueName: "file"))
  var commands: String?

  @Option(
    help: "What holds the cores and runs the tasks: 'local', processes of this machine, or 'radical', RADICAL-Pilot.")
  var engine: String?

  @Option(help: "The execution target, by RADICAL-Pilot's name (default: local.localhost).")
  var resource: String?

  @Option(
    help: ArgumentHelp("How the target is reached, as 'local' or 'ssh' (default: the target's).", valueName: "schema"))
  var access: String?

  @Option(
    help: ArgumentHelp("Virtual environment with radical.pilot, which tasks run in, too.", valueName: "dir"))
  var venv: String?

  @Option(
    help: ArgumentHelp(
      "An option of RADICAL-Pilot's PilotDescription, as 'queue=debug' (may be repeated).", valueName: "key=value"))
  var pilotOption: [String] = []

  @Option(help: ArgumentHelp("Cores of the pilot (default: all that this process may use).", valueName: "n"))
  var cores: Int?

  @Option(help: ArgumentHelp("Gpus of the pilot.", valueName: "n"))
  var gpus: Int?

  @Flag(help: "Start a raptor, for the tasks that say 'raptor: true'.")
  var enableRaptor = false

  @Option(
    help: ArgumentHelp(
      "Directory of the session (default: scalems-sessions/<id> in the current directory).", valueName: "dir"))
  var sessionDir: String?

  @Option(help: "Name of the session, for people.")
  var name: String?

  @Option(help: ArgumentHelp("Why this session is run; kept in its journal.", valueName: "text"))
  var reason: String?

  @Option(
    help: ArgumentHelp("What running tasks get to finish in when the session is closed (default: 60).", valueName: "s"))
  var taskGrace: Double?

  @Flag(help: "No screen: a progress bar on standard error, one summary line on standard output.")
  var batch = false

  @Flag(help: "No screen: one JSON object per event on standard output, a summary last.")
  var json = false

  @Flag(help: "Leave the screen when the session has closed, without waiting for a key.")
  var exitWhenDone = false

  @Flag(help: "Show no key that changes anything, and refuse every command.")
  var readOnly = false

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Flag(help: "Use no colours (as NO_COLOR does).")
  var mono = false

  func run() throws {
    let work = try loadWork()
    let configuration = try makeConfiguration(work.file)
    try checkFits(work.file, configuration)
    let run = try HostedRun(
      work: work, configuration: configuration, sessionDirectory: sessionDir,
      name: name ?? work.file?.name ?? work.title, reason: reason, output: try chooseOutput())
    throw ExitStatus(code: run.execute())
  }

  /// A screen when there is a terminal and nobody asked for something else.
  private func chooseOutput() throws -> HostedRun.Output {
    if json { return .json }
    guard !batch, isatty(STDOUT_FILENO) == 1, takeKeyboard() else { return .batch }
    do { try Screen.checkTerminal() } catch {
      throw UsageProblem(description: "scalems-top: \(error); run it with --batch")
    }
    return .screen(
      InterfaceOptions(
        isReadOnly: readOnly, exitWhenDone: exitWhenDone, screen: ScreenOptions(ascii: ascii ? true : nil, mono: mono)))
  }

  /// Makes the terminal the standard input; commands that come over standard input were moved out of the way.
  private func takeKeyboard() -> Bool {
    guard isatty(STDIN_FILENO) != 1 else { return true }
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else { return false }
    defer { close(terminal) }
    return dup2(terminal, STDIN_FILENO) == 0
  }

  private func loadWork() throws -> Work {
    switch (path, commands) {
    case (nil, nil): throw ValidationError("name a workflow to run, or a list of shell commands with --commands")
    case (.some, .some): throw ValidationError("run either a workflow or a list of --commands, not both")
    case (nil, let list?):
      return Work(title: list == "-" ? "commands" : lastComponent(list), source: .commands(try CommandStream(list)))
    case (let path?, nil):
      do {
        return Work(title: lastComponent(path), source: .file(try WorkflowFile(contentsOf: path), path: path))
      } catch { throw UsageProblem(description: error.description) }
    }
  }

  private func makeConfiguration(_ file: WorkflowFile?) throws -> RuntimeConfiguration {
    let engine = engine ?? file?.engine ?? "local"
    var limits = engine == EngineKind.radical.name ? TimeLimits.radical : TimeLimits()
    if let taskGrace {
      guard taskGrace >= 0, taskGrace <= 1e6 else {
        throw UsageProblem(description: "--task-grace is a number of seconds from 0 to 1000000, not \(taskGrace)")
      }
      limits.awaitTasks = .seconds(taskGrace)
    }
    do {
      return try RuntimeConfiguration(
        engine: engine, resource: resource ?? file?.resource, accessSchema: access, targetVenv: venv ?? file?.venv,
        enableRaptor: enableRaptor || file?.needsRaptor ?? false, cores: pilotCores(engine, file),
        gpus: gpus ?? file?.pilot.gpus, runtime: file?.pilot.runtime, pilotOptions: try pilotOptions(), limits: limits)
    } catch let problem as UsageProblem { throw problem } catch { throw UsageProblem(description: "\(error)") }
  }

  /// What RADICAL-Pilot is asked for: it has no default, but this machine has a natural one.
  private func pilotCores(_ engine: String, _ file: WorkflowFile?) -> Int? {
    let asked = cores ?? file?.pilot.cores
    let isHere = (resource ?? file?.resource ?? "local.localhost").hasPrefix("local.")
    let saysSo = pilotOption.contains { $0.hasPrefix("cores=") || $0.hasPrefix("nodes=") }
    guard engine == EngineKind.radical.name, asked == nil, isHere, !saysSo else { return asked }
    return max(LocalEngine.availableCores, enableRaptor || file?.needsRaptor ?? false ? 2 : 1)
  }

  private func pilotOptions() throws -> [String: String] {
    var options: [String: String] = [:]
    for text in pilotOption {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw UsageProblem(description: "--pilot-option is given as key=value, not '\(text)'")
      }
      options[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    return options
  }

  /// What can never run is refused before anything starts.
  private func checkFits(_ file: WorkflowFile?, _ configuration: RuntimeConfiguration) throws {
    if configuration.engine.name == EngineKind.radical.name, configuration.cores == nil { return }
    let cores = configuration.cores ?? max(LocalEngine.availableCores, configuration.enableRaptor ? 2 : 1)
    let available = cores - (configuration.enableRaptor ? 1 : 0)
    for item in file?.items ?? [] {
      let resources = item.description.resources
      guard resources.cores <= available else {
        let raptor = configuration.enableRaptor ? " (its raptor keeps one)" : ""
        throw UsageProblem(
          description: "task '\(item.description.name)' needs \(resources.cores) cores and the pilot offers "
            + "\(available)\(raptor): ask for more with --cores or pilot.cores")
      }
      guard resources.gpus <= configuration.gpus else {
        throw UsageProblem(
          description: "task '\(item.description.name)' needs \(resources.gpus) gpus and the pilot offers "
            + "\(configuration.gpus): ask for more with --gpus or pilot.gpus")
      }
    }
  }
}

/// What a run is given to do.
struct Work {
  enum Source {
    case file(WorkflowFile, path: String)
    case commands(CommandStream)
  }

  var title: String
  var source: Source

  var file: WorkflowFile? {
    if case .file(let file, _) = source { file } else { nil }
  }
}

func lastComponent(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
