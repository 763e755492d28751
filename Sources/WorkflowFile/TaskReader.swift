import Work
import Yams

/// A task of the file.
struct ParsedTask {
  var item: WorkItem
  var node: Node
  /// What could not be read, and was reported: what the rules say of it has no meaning.
  var broken: [[WorkViolation.Step]] = []

  func isBroken(_ path: [WorkViolation.Step]) -> Bool { broken.contains { path.starts(with: $0) } }
}

/// Reads one entry of `tasks`.
struct TaskReader {
  static let resourceKeys = ["ranks", "cores_per_rank", "gpus_per_rank"]
  static let keys =
    [
      "name", "argv", "command", "function", "inputs", "outputs", "stdin", "environment", "stdout", "stderr",
      "resources", "launcher",
      "pre_exec", "timeout", "raptor", "after", "ensemble", "retries",
    ] + resourceKeys
  /// What people write who come from RP, or from an older SCALE-MS.
  static let hints = [
    "executable": "the program is the first entry of 'argv'", "arguments": "they follow the program in 'argv'",
    "cpu_processes": "write 'ranks'", "cpu_threads": "write 'cores_per_rank'", "cores": "write 'cores_per_rank'",
    "gpu_processes": "write 'gpus_per_rank'", "gpus": "write 'gpus_per_rank'", "env": "write 'environment'",
    "input_staging": "write 'inputs'", "output_staging": "write 'outputs'", "depends": "write 'after'",
    "shape": "write 'ensemble: N'", "uid": "write 'name'",
  ]
  let reader: NodeReader

  func read(_ node: Node, number: Int) -> ParsedTask {
    let owner = Self.owner(node, number: number)
    var task = ParsedTask(item: WorkItem(TaskDescription(name: "")), node: node)
    guard let fields = reader.fields(node, owner: owner, known: Self.keys, hints: Self.hints) else {
      task.broken = [[]]
      return task
    }
    var reading = TaskReading(reader: reader, fields: fields, isNamed: owner != "task \(number)")
    task.item = reading.item()
    task.broken = reading.broken
    return task
  }

  /// What messages call the task: by its name, or by its place in the list.
  private static func owner(_ node: Node, number: Int) -> String {
    guard case .mapping(let mapping) = node else { return "task \(number)" }
    for case (.scalar(let key), .scalar(let value)) in mapping where key.string == "name" && !value.string.isEmpty {
      return "task '\(shortened(value.string))'"
    }
    return "task \(number)"
  }
}
