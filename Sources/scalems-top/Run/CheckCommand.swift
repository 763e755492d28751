import ArgumentParser
import Platform
import WorkflowFile

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Validate a workflow and print what a run of it would do.",
    discussion: "Prints every problem with its line and column, and exits with 2, or the plan, and exits with 0.")

  @Argument(help: ArgumentHelp("The workflow, in YAML or JSON; '-' is standard input.", valueName: "workflow"))
  var path: String

  func run() throws {
    let file = try Input(path).workflow()
    let resource = file.resource ?? "local.localhost"
    if let engine = Engines.named(file.engine),
      let fault = waiting(for: { await engine.launchFault(resource, file.items) })
    {
      throw UsageError(description: "\(path): \(fault)")
    }
    put("\(plan(of: file))\n")
  }
}
