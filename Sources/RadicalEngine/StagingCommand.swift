import JSON
import Platform
import Wire
import Work

extension TaskMapping {
  /// The shell command that brings a task's files, or says in its standard error why not, and fails.
  ///
  /// - Returns: `nil` when there is nothing to do.
  func stagingCommand(
    _ direction: StagingDirective.Direction, _ task: ResolvedTask, _ submission: Int
  ) -> String? {
    let description = task.description
    let isAgain = task.attempt > 1 || submission > 1
    switch direction {
    case .input: guard !description.inputs.isEmpty || isAgain else { return nil }
    case .output:
      guard !description.outputs.isEmpty || description.inputs.contains(where: { $0.action == .move }) else {
        return nil
      }
    }
    // The directory of the task is the program's working directory.
    let locations = Locations(client: clientDirectory, session: sessionDirectory, task: ".", home: homeDirectory())
    let plan = StagingPlan(of: task, direction, locations: locations)
    var json = JSONWriter()
    json.beginObject()
    json.member("uid", Self.uid(task.id, submission: submission))
    json.member("attempt", task.attempt)
    json.member("again", isAgain)
    json.member("errors", Self.problemFile)
    json.member("own", OutputNames(description).all)
    json.member("task", task.id.uid)
    json.member("label", task.label)
    json.member("ordered", !description.after.isEmpty)
    json.member("brought", "\(sessionDirectory)/\(StagingMeeting.tableName)")
    json.member("meetings", "\(sessionDirectory)/radical/\(MeetingNotes.fileName)")
    json.member("direction", direction.rawValue)
    json.member("tag", plan.tag)
    json.member("steps", plan.steps, .list(StagingPlan.Step.coding))
    json.endObject()
    let program = CheckedProgram.stager.command(venv + "/bin/python3", "-I -S -X utf8", in: sessionDirectory)
    // Through a pipe: an argument of a program has a limit that a long list would pass.
    let bring =
      "printf %s \(TaskCommand.quoted(String(decoding: json.bytes, as: UTF8.self))) | \(program)"
    // Outputs of a task that failed are of no use, and what is missing then is no news.
    let there = "(cd -- \"$SCALEMS_DIR\" && \(bring))"
    return direction == .input ? there : "{ [ \"$RP_RET\" != 0 ] || \(there); }"
  }
}
