import ArgumentParser
import WorkflowFile

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate a workflow and print what a run of it would do.",
    discussion: "Prints every problem with its line and column, and exits with 2, or the plan, and exits with 0.")

  @Argument(help: ArgumentHelp("The workflow, in YAML or JSON.", valueName: "workflow"))
  var path: String

  func run() throws {
    do {
      print(plan(of: try WorkflowFile(contentsOf: path, engines: Engines.names)))
    } catch {
      throw UsageError(description: error.description)
    }
  }
}
