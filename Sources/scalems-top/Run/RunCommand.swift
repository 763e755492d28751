import ArgumentParser
import Executor
import Glibc
import Interface
import JSON
import LocalEngine
import Platform
import SessionModel
import Terminal
import Work
import WorkflowFile
import Words

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a workflow, under a live screen or in batch.",
    discussion: """
      The workflow is a YAML (or JSON) file; 'scalems-top check' says what it would do. With --commands, each line of \
      a file (or of standard input, '-') is a shell command, and running starts before the input ends.

      scalems-top run workflow.yaml                      under the screen
      scalems-top run workflow.yaml --cores 8 --batch    a line at the end
      generate | scalems-top run --commands - --detach   in the background
      scalems-top run --resume ID --failed               what FAILED, too
      scalems-top run --resume --latest                  the one that was opened last

      Everything of the session is below its directory: journal.jsonl (every event), tasks/<uid>/ (stdout, stderr and \
      the files of each task).
      """)

  @Argument(help: ArgumentHelp("The workflow, in YAML or JSON; '-' is standard input.", valueName: "workflow"))
  var path: String?

  @Option(
    help: ArgumentHelp("Run each line of this file as a shell command; '-' is standard input.", valueName: "file"))
  var commands: String?

  @Flag(
    name: [.customShort("0"), .long],
    help: "The commands end in NUL and not at the end of a line, as 'find … -print0' writes them.")
  var null = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Take up a session whose host died or was stopped: what has ended stays so, the rest runs. '--resume --latest': the one that was opened last.",
      valueName: "session"))
  var resume: String?

  @Flag(
    help: "With --resume: run again also what FAILED, as another attempt, and what was canceled because of that.")
  var failed = false

  @Option(
    help: ArgumentHelp(
      "With --failed: of what has ended, this task or all members of this ensemble alone, also when it was canceled (may be repeated).",
      valueName: "task"))
  var only: [String] = []

  @OptionGroup(title: "Where it runs") var target: TargetOptions

  @OptionGroup(title: "The raptor, for functions") var raptor: RaptorOptions

  @OptionGroup(title: "The session") var session: SessionOptions

  @OptionGroup(title: "What is shown") var show: ShowOptions

  @OptionGroup(title: "The screen") var screen: ScreenFlags

  /// The process was started as a host in the background.
  @Flag(name: .customLong("as-host"), help: .hidden)
  var isHost = false

  static let hostFlag = "--as-host"

  func validate() throws {
    if let fault = SessionRules.fault(inName: session.name) ?? SessionRules.fault(inReason: session.reason) {
      throw ValidationError(fault)
    }
    let ways = [show.batch, show.json, show.detach, show.plain].count { $0 }
    guard ways < 2 || (ways == 2 && show.detach && show.json) else {
      throw ValidationError("run takes one of --detach, --batch, --plain and --json, or --detach with --json")
    }
    if let onEnd = session.onEnd, onEnd.isEmpty || onEnd.utf8.count > TaskRules.argumentBytes {
      throw ValidationError("--on-end is a command of at most \(TaskRules.argumentBytes) bytes")
    }
    if let resume, resume.hasPrefix("-"), resume != Self.latest {
      throw ValidationError("--resume needs a session, or --latest behind it, not '\(resume)'")
    }
    if !only.isEmpty, !failed { throw ValidationError("--only says which of the --failed tasks run again") }
    if failed, resume == nil {
      throw ValidationError("--failed says what --resume takes up again: name a session with --resume")
    }
  }

  /// What may stand behind `--resume` for the session that was opened last.
  static let latest = "--latest"

  mutating func run() throws {
    if resume == Self.latest { resume = try SessionArgument.newestOfOurs().id }
    if let resume, !isHost, let found = try? SessionFinder().find(resume) { StrayOffer(session: found.id).make() }
    if isHost { throw ExitStatus(code: try Hosting.inBackground { try makePlan(try handedOn()) }) }
    // Before anything else: the keyboard may take the place of standard input.
    let input = try open()
    if show.detach { throw ExitStatus(code: try detached(input)) }
    let output: (any RunOutput)? = show.json ? EventOutput() : show.plain ? PlainOutput() : nil
    guard output == nil, !show.batch, isatty(STDOUT_FILENO) == 1, takeKeyboard() else {
      let status = try Hosting.inForeground(try makePlan(input), output ?? BatchOutput())
      if screen.bell { Bell.ring() }
      throw ExitStatus(code: status, isSessions: true)
    }
    do { try Screen.checkTerminal() } catch {
      throw UsageError(description: "scalems-top: \(error); run it with --batch or --plain")
    }
    throw ExitStatus(
      code: try OwnedScreen(screen, exitWhenDone: show.exitWhenDone, resumed: resume).run(
        input: input?.descriptor ?? -1))
  }

  /// Opens what the user wants to run.
  private func open() throws -> Input? {
    guard path == nil || commands == nil else {
      throw ValidationError("run either a workflow or a list of --commands, not both")
    }
    return resume == nil ? try (path ?? commands).map { try Input($0) } : nil
  }

  /// What the process that started this host has opened.
  private func handedOn() throws -> Input? {
    resume == nil ? try (path ?? commands).map { try Input(handedOnAs: $0) } : nil
  }

  /// Starts the session in the background and leaves it.
  private func detached(_ input: Input?) throws -> Int32 {
    let host = try LaunchedHost(input: input?.descriptor ?? -1, resumed: resume)
    try host.leave(
      asJSON: show.json, "session \(host.session)", [("session", host.session), ("directory", host.directory)])
    if input == nil, resume == nil { sayHowToSubmit(host.session) }
    return 0
  }

  /// Makes the terminal the standard input; commands that come over standard input were moved out of the way.
  private func takeKeyboard() -> Bool {
    guard isatty(STDIN_FILENO) != 1 else { return true }
    let terminal = Glibc.open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else { return false }
    defer { close(terminal) }
    return dup2(terminal, STDIN_FILENO) == 0
  }

  private func makePlan(_ input: Input?) throws -> SessionHost.Plan {
    if let resume { return try resumption(of: resume) }
    let work = try loadWork(input)
    let settings = try makeSettings(work)
    let configuration = try checked(work, settings)
    return SessionHost.Plan(
      work: work, settings: settings, configuration: configuration, directory: session.sessionDir,
      reason: session.reason)
  }

  /// Everything that is known to be wrong before anything starts.
  ///
  /// - Parameter assumingCores: whether a pilot of which nobody said how many cores it has gets those of this machine.
  func checked(_ work: Work, _ settings: RunSettings, assumingCores: Bool = true) throws -> RuntimeConfiguration {
    var configuration = try settings.configuration()
    configuration.expectedCores = assumingCores ? Self.expectedCores(configuration) : nil
    try checkFits(work.file, configuration)
    try checkLaunch(work.file, configuration)
    return configuration
  }

  /// What the session was run with, unless this command line says otherwise.
  private func resumption(of text: String) throws -> SessionHost.Plan {
    guard path == nil, commands == nil, session.sessionDir == nil else {
      throw ValidationError("--resume takes up what the session has: name no workflow, commands or directory with it")
    }
    let found = try SessionFinder().find(text)
    let earlier = try EarlierSession(found, runsFailedAgain: failed, names: only)
    var settings: RunSettings
    do { settings = try RunSettings(reading: earlier.held) } catch {
      throw UsageError(description: "session \(found.id) cannot be taken up: \(error)")
    }
    if let name = session.name { settings.name = name }
    if let engine = target.engine { settings.engine = engine }
    if let resource = target.resource { settings.resource = resource }
    if let access = target.access { settings.accessSchema = access }
    if let venv = target.venv { settings.venv = try absolutePath(venv) }
    if let targetVenv = target.targetVenv { settings.targetVenv = try absolutePath(targetVenv) }
    let shape = try raptorShape()
    if raptor.enableRaptor || !shape.isEmpty { settings.enableRaptor = true }
    settings.raptor = settings.raptor.overridden(by: shape)
    if let cores = target.cores { settings.cores = cores }
    if let gpus = target.gpus { settings.gpus = gpus }
    if let bind = target.bind { settings.bindsCores = bind }
    if let ompThreads = target.ompThreads { settings.setsThreads = ompThreads }
    if let taskGrace = session.taskGrace { settings.taskGrace = taskGrace }
    if let patience = session.patience { settings.patience = patience }
    if let policy = try failurePolicy() { settings.onFailure = policy }
    if !target.pilotOption.isEmpty { settings.pilotOptions = try pilotOptions() }
    if let onEnd = session.onEnd { settings.onEnd = onEnd }
    if session.keepOpen { settings.isKeptOpen = true }
    var configuration = try settings.configuration()
    configuration.expectedCores = Self.expectedCores(configuration)
    return SessionHost.Plan(
      work: Work(title: settings.name, source: .none), settings: settings, configuration: configuration,
      reason: session.reason, earlier: earlier)
  }

  private func loadWork(_ input: Input?) throws -> Work {
    guard let input else {
      guard session.keepOpen else {
        throw ValidationError("name a workflow to run, or a list of shell commands with --commands")
      }
      return Work(title: "", source: .none)
    }
    if commands != nil {
      let stream = CommandStream(input, isNullSeparated: null)
      // What is wrong with a list that is all there is known before anything runs.
      let directory = try workingDirectory()
      return Work(
        title: input.title ?? "commands",
        source: input.isWhole
          ? .commands(try stream.readAll(), directory: directory) : .stream(stream, directory: directory))
    }
    guard !null else { throw ValidationError("--null is for lists of --commands") }
    return Work(
      title: input.title ?? "workflow", source: .file(try input.workflow(), directory: try input.directory()))
  }

  func makeSettings(_ work: Work) throws -> RunSettings {
    let file = work.file
    let engine = target.engine ?? file?.engine ?? Engines.all[0].kind.name
    let clientDirectory: String
    if case .file(_, let directory) = work.source {
      clientDirectory = directory
    } else {
      clientDirectory = try currentDirectory().string
    }
    let shape = try raptorShape()
    let hasRaptor = raptor.enableRaptor || !shape.isEmpty || file?.needsRaptor ?? false
    // What the command line says wins, in other words, too.
    let given = try pilotOptions()
    var fromFile = file?.pilot.options ?? [:]
    if target.cores != nil || given["cores"] != nil { fromFile["nodes"] = nil }
    let options = fromFile.merging(given) { $1 }
    var settings = RunSettings(
      name: session.name ?? file?.name ?? work.title, engine: engine, resource: target.resource ?? file?.resource,
      accessSchema: target.access ?? file?.access, venv: target.venv ?? file?.venv,
      targetVenv: target.targetVenv ?? file?.targetVenv,
      enableRaptor: hasRaptor, raptor: (file?.raptorShape ?? RaptorShape()).overridden(by: shape),
      cores: pilotCores(engine, file, options, hasRaptor), gpus: target.gpus ?? file?.pilot.gpus,
      runtime: file?.pilot.runtime, pilotOptions: options, taskGrace: session.taskGrace, patience: session.patience,
      clientDirectory: clientDirectory, isKeptOpen: session.keepOpen, bindsCores: target.bind ?? file?.pilot.bind,
      setsThreads: target.ompThreads ?? file?.pilot.ompThreads)
    settings.onFailure = try failurePolicy()
    settings.onEnd = session.onEnd
    return settings
  }

  private func failurePolicy() throws -> FailurePolicy? {
    guard let onFailure = session.onFailure else { return nil }
    if let policy = FailurePolicy(rawValue: onFailure) { return policy }
    let words = FailurePolicy.allCases.map(\.rawValue)
    throw UsageError(
      description: "--on-failure is one of \(words.joined(separator: ", ")), not '\(shortened(onFailure))'"
        + "\(suggestion(for: onFailure, among: words))")
  }

  /// What the engine is asked for, when it has no default and the target has a natural one.
  private func pilotCores(
    _ engine: String, _ file: WorkflowFile?, _ options: [String: String], _ hasRaptor: Bool
  ) -> Int? {
    // The nodes say how many.
    if options["nodes"] != nil { return target.cores }
    guard let choice = Engines.named(engine), choice.isToldCores, options["cores"] == nil else {
      return target.cores ?? file?.pilot.cores
    }
    return target.cores ?? file?.pilot.cores
      ?? choice.defaultCores(target.resource ?? file?.resource ?? "local.localhost", hasRaptor)
  }

  private func raptorShape() throws -> RaptorShape {
    if let fault = raptor.raptorClass.flatMap(RaptorShape.fault(workerClass:)) {
      throw UsageError(description: "\(fault)")
    }
    return RaptorShape(
      workers: raptor.raptorWorkers, cores: raptor.raptorCores,
      workerClass: raptor.raptorClass.flatMap { .init(rawValue: $0) })
  }

  private func pilotOptions() throws -> [String: String] {
    var options: [String: String] = [:]
    for text in target.pilotOption {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw UsageError(description: "--pilot-option is given as key=value, not '\(text)'")
      }
      options[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    return options
  }

  /// A program without its launcher, say.
  private func checkLaunch(_ file: WorkflowFile?, _ configuration: RuntimeConfiguration) throws {
    guard let file, let engine = Engines.named(configuration.engine.name) else { return }
    let resource = configuration.resource
    if let fault = waiting(for: { await engine.launchFault(resource, file.items) }) {
      throw UsageError(description: "\(fault)")
    }
  }

  /// The cores of a pilot of which nobody said how many; a job of whole nodes has cores that only the engine can count.
  static func expectedCores(_ configuration: RuntimeConfiguration) -> Int? {
    guard configuration.pilotOptions["nodes"] == nil else { return nil }
    return Engines.named(configuration.engine.name)?.defaultCores(configuration.resource, configuration.enableRaptor)
  }

  /// What can never run is refused before anything starts.
  private func checkFits(
    _ file: WorkflowFile?, _ configuration: RuntimeConfiguration
  ) throws {
    let pilot = configuration.pilotSize
    if configuration.enableRaptor, let cores = pilot.cores,
      let fault = PilotSize.faultOfRaptor(configuration.raptor, cores: cores)
    {
      throw UsageError(description: "\(fault) (--cores)")
    }
    guard let first = TaskRules.violations(in: file?.items ?? [], pilot: pilot, limit: 1).first else { return }
    let hint =
      switch first.path {
      case [.key("ranks")]: ": ask for more with --cores or pilot.cores"
      case [.key("gpus_per_rank")]: ": ask for more with --gpus or pilot.gpus"
      default: ""
      }
    throw UsageError(description: "\(first.sentence)\(hint)")
  }
}
