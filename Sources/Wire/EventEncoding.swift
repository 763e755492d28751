import SessionModel
import FoundationEssentials
import JSON
import Work

extension SessionEvent {
  /// Appends the event as one line of JSON: `t` (seconds since the epoch), `event`, `source`, then what happened.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("t", time)
    writer.member("event", kind.name)
    writer.member("source", source.rawValue)
    switch kind {
    case .sessionOpened(let info): info.write(to: &writer)
    case .sessionPhase(let phase, let reason):
      writer.member("phase", phase.rawValue)
      writer.member("reason", reason)
    case .resource(let name, let acquired, let detail):
      writer.member("name", name)
      writer.member("acquired", acquired)
      writer.member("detail", detail)
    case .pilot(let status):
      writer.member("uid", status.uid)
      writer.member("state", status.state.rawValue)
      writer.member("cores", status.cores)
      writer.member("gpus", status.gpus)
      writer.member("runtime", status.runtime)
      writer.member("detail", status.detail)
    case .raptor(let status):
      writer.member("uid", status.uid)
      writer.member("state", status.state.name)
      writer.member("workers", status.workers)
      writer.member("hello", status.hello)
      writer.member("detail", status.detail)
    case .tasksAdded(let batch): batch.write(to: &writer)
    case .workflowComplete: break
    case .task(let id, let state, let result):
      writer.member("uid", id.uid)
      writer.member("state", state.name)
      result?.write(to: &writer)
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

extension SessionInfo {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("session", id)
    writer.member("name", name)
    writer.member("engine", engine)
    writer.member("resource", resource)
    writer.member("user", user)
    writer.member("host", host)
    writer.member("pid", pid)
    writer.member("directory", directory)
    writer.member("reason", reason)
  }
}

extension TaskBatch {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("first", first.number)
    writer.member("count", count)
    if let json = try? description.json() { writer.member("description", raw: json) }
    switch members {
    case .single: break
    case .ensemble(let first, _): writer.member("member", first)
    case .commands(let first, let list):
      writer.member("member", first)
      writer.member("commands", (0..<list.count).lazy.map { list[$0] })
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
    if let value { writer.member("value", raw: value.utf8) }
  }
}

extension CommandRecord {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("verb", verb.rawValue)
    if !tasks.isEmpty { writer.member("uids", tasks.map(\.uid)) }
    if let added {
      writer.member("first", added.lowerBound)
      writer.member("count", added.count)
    }
    writer.write(grace)
    writer.member("user", sender.user)
    writer.member("origin", sender.origin)
    writer.member("request", sender.request)
    writer.member("reason", reason)
    switch stage {
    case .requested: writer.member("stage", "requested")
    case .acknowledged: writer.member("stage", "acknowledged")
    case .finished(let succeeded, let outcome):
      writer.member("stage", "finished")
      writer.member("succeeded", succeeded)
      writer.member("outcome", outcome)
    }
  }
}

extension SessionSummary {
  /// The members of the summary, as the journal and `--json` show them.
  public func write(to writer: inout JSONWriter) {
    writer.member("session", session)
    writer.member("tasks", tasks)
    writer.member("wall_s", wall)
    if !leftovers.isEmpty { writer.member("leftovers", leftovers) }
    writer.member("exit", exitCode)
    writer.member("problem", problem)
  }
}

extension TaskDescription {
  /// The description as JSON, its members in order of name.
  public func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }
}
