import JSON
import Work
import WorkflowFile

/// What `check --json` says of a workflow.
struct CheckReport {
  var path: String
  /// `nil` when it cannot run.
  var file: WorkflowFile?
  var warnings: [String] = []
  var problems: [WorkflowError] = []

  var line: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("workflow", path)
    json.member("valid", file != nil)
    json.member("name", file?.name)
    json.member("engine", file.map { $0.engine ?? "local" })
    json.member("tasks", file?.taskCount)
    if let file {
      json.key("items")
      json.beginArray()
      for item in file.items { write(item, &json) }
      json.endArray()
    }
    json.member("warnings", warnings)
    json.key("problems")
    json.beginArray()
    for problem in problems {
      json.beginObject()
      // 0 is none.
      json.member("line", problem.line > 0 ? problem.line : nil)
      json.member("column", problem.line > 0 ? problem.column : nil)
      json.member("message", problem.message)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    json.endLine()
    return json.bytes
  }

  private func write(_ item: WorkItem, _ json: inout JSONWriter) {
    let description = item.description
    json.beginObject()
    json.member("name", description.name)
    json.member("members", item.shape.first)
    json.member("cores", description.resources.cores)
    json.member("gpus", description.resources.gpus)
    json.member("timeout", description.timeout)
    json.member("retries", description.retries)
    json.member("raptor", description.raptor)
    json.member("after", description.after)
    json.endObject()
  }
}
