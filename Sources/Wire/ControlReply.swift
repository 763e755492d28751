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
  case refused(ControlProblem)

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
    }
    json.endObject()
    json.endLine()
  }

  /// Reads one line, without its line feed.
  ///
  /// - Throws: `ControlProblem` when it is no reply.
  public init(line: UnsafeRawBufferPointer) throws(ControlProblem) {
    var fields = Fields()
    do {
      try fields.read(line)
      self = try fields.reply()
    } catch { throw ControlProblem("the host of the session said what is no reply: \(error)") }
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

  package func write(to json: inout JSONWriter) {
    json.member("command", command)
    switch stage {
    case .requested: json.member("stage", "requested")
    case .acknowledged: json.member("stage", "acknowledged")
    case .finished(let succeeded, let outcome):
      json.member("stage", "finished")
      json.member("succeeded", succeeded)
      json.member("outcome", outcome)
    }
    if let added {
      json.member("first", added.lowerBound)
      json.member("count", added.count)
    }
  }
}

private struct Fields {
  private var id: Int?
  private var version: Int?
  private var session = ""
  private var program = ""
  private var isAccepted = false
  private var command: Int?
  private var stage: String?
  private var succeeded = false
  private var outcome = ""
  private var first: UInt32?
  private var count: UInt32?
  private var position: Int?
  private var problem: String?
  private var error: String?

  mutating func read(_ line: UnsafeRawBufferPointer) throws {
    var scanner = JSONScanner(line)
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      switch key.text {
      case "id": id = Int(try scanner.integer())
      case "scalems_control": version = Int(try scanner.integer())
      case "session": session = try scanner.string().text
      case "program": program = try scanner.string().text
      case "ok": isAccepted = try scanner.boolean()
      case "command": command = Int(try scanner.integer())
      case "stage": stage = try scanner.string().text
      case "succeeded": succeeded = try scanner.boolean()
      case "outcome": outcome = try scanner.string().text
      case "first": first = UInt32(exactly: try scanner.integer())
      case "count": count = UInt32(exactly: try scanner.integer())
      case "position": position = Int(try scanner.integer())
      case "problem": problem = try scanner.string().text
      case "error": error = try scanner.string().text
      default: _ = try scanner.value()
      }
    }
    try scanner.finish()
  }

  func reply() throws(ControlProblem) -> ControlReply {
    if let version { return .greeting(version: version, session: session, program: program) }
    if let error { return .refused(ControlProblem(id: id, error)) }
    if let position { return .position(position, problem: problem) }
    guard let id else { throw ControlProblem("it has no id") }
    guard let command else {
      guard isAccepted else { throw ControlProblem("it says nothing") }
      return .accepted(id: id)
    }
    var added: Range<UInt32>?
    if let first, let count, count <= UInt32.max - first { added = first..<(first + count) }
    let stage: CommandRecord.Stage
    switch self.stage {
    case "acknowledged": stage = .acknowledged
    case "finished": stage = .finished(succeeded: succeeded, outcome: outcome)
    default: throw ControlProblem("a command has no stage '\(self.stage ?? "")'")
    }
    return .command(id: id, CommandReport(command: command, stage: stage, added: added))
  }
}
