import JSON
import SessionModel
import Work

extension SessionEvent {
  /// Reads one line of a journal.
  ///
  /// - Returns: `nil` for an event of a kind that this version does not know; members it does not know are ignored.
  /// - Throws: `JSONScanner.SyntaxError` when the line is not JSON, `JSONError` when a member is missing or wrong.
  public init?(line: UnsafeRawBufferPointer) throws {
    guard let event = try Self.read(line) else { return nil }
    self = event
  }

  private static func read(_ line: UnsafeRawBufferPointer) throws -> SessionEvent? {
    do {
      return try readStrictly(line)
    } catch let failure as JSONScanner.SyntaxError {
      // 0.1.0 wrote the values of functions as Python had them.
      guard let line = replacingPythonNumbers(line) else { throw failure }
      return try line.withUnsafeBytes { try readStrictly($0) }
    }
  }

  private static func readStrictly(_ line: UnsafeRawBufferPointer) throws -> SessionEvent? {
    var members = TaskEventMembers()
    do {
      if try members.read(line) { return try members.event() }
    } catch {
      // A member of another kind of event may have the name of a task's and another type.
      guard let kind = try JSONObject(line).optional("event", .text), kind != "task" else { throw error }
    }
    return try readOther(line)
  }

  /// An event that is not of a task.
  private static func readOther(_ line: UnsafeRawBufferPointer) throws -> SessionEvent? {
    let members = try JSONObject(line)
    guard let kind = try Kind(members, try members.required("event", .text), line) else { return nil }
    let source = try members.optional("source", .text).flatMap(Source.init) ?? .executor
    return SessionEvent(time: try members.required("t", .time), source: source, kind)
  }
}

extension SessionEvent.Kind {
  fileprivate init?(_ members: JSONObject, _ name: String, _ line: UnsafeRawBufferPointer) throws {
    var scanner = JSONScanner(line)
    switch name {
    case "session.opened": self = .sessionOpened(try SessionInfo.record.read(&scanner))
    case "session.phase":
      self = .sessionPhase(
        try members.required("phase", .word), reason: try members.optional("reason", .text))
    case "resource":
      self = .resource(
        name: try members.required("name", .text), acquired: try members.required("acquired", .flag),
        detail: try members.optional("detail", .text))
    case "pilot": self = .pilot(try PilotStatus.record.read(&scanner))
    case "raptor": self = .raptor(try RaptorStatus.record.read(&scanner))
    case "tasks.added": self = .tasksAdded(try BatchMembers.record.read(&scanner).batch())
    case "workflow.complete": self = .workflowComplete
    case "command": self = .command(try CommandRecord.coding.read(&scanner))
    case "shutdown.entered":
      self = .shutdownEntered(
        try members.required("phase", .word), deadline: try members.required("deadline", .limit))
    case "shutdown.left":
      self = .shutdownLeft(
        try members.required("phase", .word), try members.required("outcome", .word),
        detail: try members.optional("detail", .text))
    case "log":
      let level = LogLevel(rawValue: try members.required("level", .text)) ?? .info
      self = .log(level, try members.required("text", .text))
    case "session.closed": self = .sessionClosed(try SessionSummary.record.read(&scanner))
    default: return nil
    }
  }
}
