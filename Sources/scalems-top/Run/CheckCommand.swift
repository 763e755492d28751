import ArgumentParser
import Executor
import LocalEngine
import Platform
import Work
import WorkflowFile

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate a workflow and print what a run of it would do.",
    discussion: """
      Prints every problem with its line and column, and exits with 2, or the plan, and exits with 0.

      scalems-top check workflow.yaml
      scalems-top check workflow.yaml --engine radical    a run on RADICAL-Pilot
      """)

  @Argument(help: ArgumentHelp("The workflow, in YAML or JSON; '-' is standard input.", valueName: "workflow"))
  var path: String

  @Option(help: "The engine that is to run it: 'local' or 'radical' (default: what the workflow says).")
  var engine: String?

  @Flag(help: "One JSON object: the items and the warnings, or all problems with their places.")
  var json = false

  func run() throws {
    do {
      let (file, warnings) = try checked()
      if json {
        putJSON(CheckReport(path: path, file: file, warnings: warnings).line)
        return
      }
      for words in warnings { complain("scalems-top: \(path): \(words)") }
      put("\(plan(of: file))\n")
    } catch let errors as WorkflowErrors {
      guard json else { throw UsageError(description: errors.text) }
      putJSON(CheckReport(path: path, problems: errors.problems).line)
      throw ExitStatus(code: 2)
    } catch let fault as UsageError where json {
      putJSON(CheckReport(path: path, problems: [WorkflowError(path: path, message: fault.description)]).line)
      throw ExitStatus(code: 2)
    }
  }

  /// The workflow as it would run, and what has to be said of it.
  private func checked() throws -> (file: WorkflowFile, warnings: [String]) {
    let input = try Input(path)
    let file = try input.parsedWorkflow()
    // As 'run' would, before it starts anything.
    var run = try RunCommand.parse([])
    run.target.engine = engine
    // Which the command line may name.
    if file.venv == nil { run.target.venv = "venv" }
    let work = Work(title: path, source: .file(file, directory: "/"))
    let configuration: RuntimeConfiguration
    do {
      var settings = try run.makeSettings(work)
      // How many it has when the file does not say so is the affair of the machine that runs it.
      settings.cores = file.pilot.cores
      configuration = try run.checked(work, settings, assumingCores: false)
    } catch let fault as UsageError {
      throw UsageError(description: "\(path): \(fault.description)")
    }
    var planned = file
    planned.engine = engine ?? file.engine
    return (planned, configuration.warnings + Self.overload(file, configuration))
  }

  /// What asks for more than this machine has, which may not be the one that runs it.
  private static func overload(_ file: WorkflowFile, _ configuration: RuntimeConfiguration) -> [String] {
    guard let machine = RunCommand.expectedCores(configuration) else { return [] }
    if let cores = file.pilot.cores {
      return cores > machine ? [LocalEngine.overload(cores: cores, of: machine)] : []
    }
    let pilot = configuration.pilotSize(orCores: machine)
    return TaskRules.violations(in: file.items, pilot: pilot, limit: 3).map {
      "\($0.sentence), if this machine runs it: name more with --cores or pilot.cores"
    }
  }
}
