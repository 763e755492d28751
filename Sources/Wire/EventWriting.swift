import JSON
import SessionModel
import Work

extension SessionEvent {
  /// Appends the event as one line of JSON: `t` (seconds since the epoch), `event`, `source`, then what happened.
  ///
  /// - Parameters:
  ///   - uid: what a task is called, where that is not its number.
  ///   - name: its name, where `tasks.added` may not have had it yet.
  public func write(
    to writer: inout JSONWriter, uid: (TaskID) -> String = { $0.uid }, name: (TaskID) -> String? = { _ in nil }
  ) {
    writer.beginObject()
    writer.member("t", time)
    writer.member("event", kind.name)
    writer.member("source", source.rawValue)
    switch kind {
    case .task(let id, let state, let result):
      writer.member("uid", uid(id))
      writer.member("state", state.name)
      writer.member("name", name(id))
      result?.write(to: &writer)
    case .sessionOpened(let info): SessionInfo.record.write(info, to: &writer)
    case .sessionPhase(let phase, let reason):
      writer.member("phase", phase.rawValue)
      writer.member("reason", reason)
    case .resource(let name, let acquired, let detail):
      writer.member("name", name)
      writer.member("acquired", acquired)
      writer.member("detail", detail)
    case .pilot(let status): PilotStatus.record.write(status, to: &writer)
    case .raptor(let status): RaptorStatus.record.write(status, to: &writer)
    case .tasksAdded(let batch): BatchMembers.record.write(BatchMembers(batch), to: &writer)
    case .workflowComplete: break
    case .command(let record): record.write(to: &writer)
    case .shutdownEntered(let phase, let deadline):
      writer.member("phase", phase.rawValue)
      writer.member("deadline", deadline)
    case .shutdownLeft(let phase, let outcome, let detail):
      writer.member("phase", phase.rawValue)
      writer.member("outcome", outcome.rawValue)
      writer.member("detail", detail)
    case .log(let level, let text):
      writer.member("level", level.rawValue)
      writer.member("text", text)
    case .sessionClosed(let summary): summary.write(to: &writer)
    }
    writer.endObject()
    writer.endLine()
  }
}

extension SessionEvent.Kind {
  /// The value of `event` in the journal.
  var name: String {
    switch self {
    case .sessionOpened: "session.opened"
    case .sessionPhase: "session.phase"
    case .resource: "resource"
    case .pilot: "pilot"
    case .raptor: "raptor"
    case .tasksAdded: "tasks.added"
    case .workflowComplete: "workflow.complete"
    case .task: "task"
    case .command: "command"
    case .shutdownEntered: "shutdown.entered"
    case .shutdownLeft: "shutdown.left"
    case .log: "log"
    case .sessionClosed: "session.closed"
    }
  }
}

extension TaskResult {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("exit_code", exitCode)
    writer.member("signal", signal)
    writer.member("wall", wall)
    writer.member("user", user)
    writer.member("system", system)
    writer.member("peak_kib", peakMemory)
    if attempt != 1 { writer.member("attempt", attempt) }
    writer.member("pid", pid)
    writer.member("reason", reason)
    writer.member("value", value)
  }
}
