import ArgumentParser
import Platform
import Work
import WorkflowFile

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate a workflow and print what a run of it would do.",
    discussion: "Prints every problem with its line and column, and exits with 2, or the plan, and exits with 0.")

  @Argument(help: ArgumentHelp("The workflow, in YAML or JSON; '-' is standard input.", valueName: "workflow"))
  var path: String

  @Option(help: "The engine that is to run it: 'local' or 'radical' (default: what the workflow says).")
  var engine: String?

  func run() throws {
    let input = try Input(path)
    let file = try input.workflow()
    // As 'run' would, before it starts anything.
    var run = try RunCommand.parse([])
    run.engine = engine
    // Which the command line may name.
    if file.venv == nil { run.venv = "venv" }
    let work = Work(title: path, source: .file(file, directory: "/"))
    let warnings: [String]
    do {
      var settings = try run.makeSettings(work)
      // How many it has when the file does not say so is the affair of the machine that runs it.
      settings.cores = file.pilot.cores
      warnings = try run.checked(work, settings, assumingCores: false).warnings
    } catch let fault as UsageError {
      throw UsageError(description: "\(path): \(fault.description)")
    }
    for words in warnings { complain("scalems-top: \(path): \(words)") }
    var planned = file
    planned.engine = engine ?? file.engine
    put("\(plan(of: planned))\n")
  }
}
