import JSON
import SessionModel

/// What a session's host says on a control socket: one JSON object a line.
public enum ControlReply: Equatable, Sendable {
  /// The first line.
  case greeting(version: Int, session: String, program: String)
  case accepted(id: Int)
  /// How a command goes.
  case command(id: Int, CommandReport)
  /// How many bytes of the journal can be read, and what is wrong with it.
  case position(Int, problem: String?)
  case refused(ControlError)

  /// Appends the reply as one line.
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    switch self {
    case .greeting(let version, let session, let program):
      json.member("scalems_control", version)
      json.member("session", session)
      json.member("program", program)
    case .accepted(let id):
      json.member("id", id)
      json.member("ok", true)
    case .command(let id, let report):
      json.member("id", id)
      report.write(to: &json)
    case .position(let position, let problem):
      json.member("position", position)
      json.member("problem", problem)
    case .refused(let problem):
      json.member("id", problem.id)
      json.member("error", problem.description)
      json.member("code", problem.code.rawValue)
    }
    json.endObject()
    json.endLine()
  }

  /// Reads one line, without its line feed.
  ///
  /// - Throws: `ControlError` when it is no reply.
  public init(line: UnsafeRawBufferPointer) throws(ControlError) {
    do { try self.init(try JSONObject(line), line) } catch {
      throw ControlError("the host of the session said what is no reply: \(error)")
    }
  }

  private init(_ members: JSONObject, _ line: UnsafeRawBufferPointer) throws {
    if let version: Int = try members.optional("scalems_control", .integer) {
      self = .greeting(
        version: version, session: try members.optional("session", .text) ?? "",
        program: try members.optional("program", .text) ?? "")
    } else if let error = try members.optional("error", .text) {
      let code = try members.optional("code", .text).flatMap(ControlError.Code.init) ?? .invalidRequest
      self = .refused(ControlError(id: try members.optional("id", .integer), code, error))
    } else if let position: Int = try members.optional("position", .integer) {
      self = .position(position, problem: try members.optional("problem", .text))
    } else if let command: Int = try members.optional("command", .integer) {
      let (stage, added) = try CommandProgress.read(JSONScanner(line))
      let report = CommandReport(command: command, stage: stage, added: added)
      self = .command(id: try members.required("id", .integer), report)
    } else {
      guard try members.optional("ok", .flag) ?? false else { throw ControlError("it says nothing") }
      self = .accepted(id: try members.required("id", .integer))
    }
  }
}

/// How far a command has come.
public struct CommandReport: Equatable, Sendable {
  /// Its id in the session.
  public var command: Int
  public var stage: CommandRecord.Stage
  /// The tasks that a `submit` became.
  public var added: Range<UInt32>?

  public init(command: Int, stage: CommandRecord.Stage, added: Range<UInt32>? = nil) {
    self.command = command
    self.stage = stage
    self.added = added
  }

  public init(_ record: CommandRecord) { self.init(command: record.id, stage: record.stage, added: record.added) }

  /// Appends its members to an object.
  package func write(to json: inout JSONWriter) {
    json.member("command", command)
    CommandProgress(stage, added).write(to: &json)
  }
}
