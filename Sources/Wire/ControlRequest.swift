import FoundationEssentials
import JSON
import SessionModel
import Work

/// What a client says on a control socket, or in a file of the inbox: one JSON object a line.
public struct ControlRequest: Equatable, Sendable {
  /// The version of the protocol.
  public static let version = 1

  public enum Body: Equatable, Sendable {
    /// The first request: which protocol, where the person sits, and whether it will send no commands.
    case hello(version: Int, origin: String?, isReadOnly: Bool)
    /// Asks to be told how far the journal can be read, whenever that changes.
    case follow
    /// - `token`: what the journal is to call the request.
    case command(OperatorCommand, reason: String?, token: String?)
  }

  /// Chosen by the client; replies carry it.
  public var id: Int
  public var body: Body

  public init(id: Int, _ body: Body) {
    self.id = id
    self.body = body
  }

  /// Appends the request as one line.
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    json.member("id", id)
    switch body {
    case .hello(let version, let origin, let isReadOnly):
      json.member("request", "hello")
      json.member("version", version)
      json.member("origin", origin)
      json.member("read_only", isReadOnly)
    case .follow: json.member("request", "follow")
    case .command(let command, let reason, let token):
      json.member("request", "command")
      json.member("verb", command.verb.rawValue)
      if case .cancel(let ids) = command { json.member("uids", ids.lazy.map(\.uid)) }
      if case .submit(let offer) = command { offer.write(to: &json) }
      json.write(command.grace)
      json.member("reason", reason)
      json.member("request_id", token)
    }
    json.endObject()
    json.endLine()
  }

  /// Reads one line, without its line feed.
  ///
  /// - Throws: `ControlProblem` that says what is wrong, with the id when that could be read.
  public init(line: UnsafeRawBufferPointer) throws(ControlProblem) {
    var fields = Fields()
    do { try fields.read(line) } catch {
      throw ControlProblem(id: fields.id, "this is no request: \(ControlProblem.words(for: error))")
    }
    guard let id = fields.id else { throw ControlProblem("the request has no id") }
    do { self.init(id: id, try fields.body()) } catch { throw ControlProblem(id: id, "\(error)") }
  }
}

private struct Fields {
  var id: Int?
  private var request: String?
  private var version: Int?
  private var origin: String?
  private var isReadOnly = false
  private var verb: String?
  private var reason: String?
  private var token: String?
  private var uids: [TaskID]?
  private var items: [WorkItem]?
  private var commands: CommandList?
  private var grace: CloseGrace?

  mutating func read(_ line: UnsafeRawBufferPointer) throws {
    var scanner = JSONScanner(line)
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      switch key.text {
      case "id": id = Int(try scanner.integer())
      case "request": request = try scanner.string().text
      case "version": version = Int(try scanner.integer())
      case "origin": origin = try scanner.string().text
      case "read_only": isReadOnly = try scanner.boolean()
      case "verb": verb = try scanner.string().text
      case "reason": reason = try scanner.string().text
      case "request_id": token = try scanner.string().text
      case "uids": uids = try Self.uids(&scanner)
      case "items": items = try JSONDecoder().decode([WorkItem].self, from: Data(try scanner.value().bytes))
      case "commands": commands = try Self.commands(&scanner)
      case "grace":
        let seconds = try scanner.seconds()
        guard let value = CloseGrace(seconds: seconds) else {
          throw ControlProblem("the grace is a number of seconds from 0 to \(Int(CloseGrace.limit)), not \(seconds)")
        }
        grace = value
      case "now": if try scanner.boolean() { grace = CloseGrace.none }
      default: _ = try scanner.value()
      }
    }
    try scanner.finish()
  }

  private static func uids(_ scanner: inout JSONScanner) throws -> [TaskID] {
    var ids: [TaskID] = []
    try scanner.beginArray()
    while try scanner.nextElement() {
      let uid = try scanner.string().text
      guard let id = TaskID(uid: uid) else { throw ControlProblem("\(ControlProblem.quoted(uid)) is no uid of a task") }
      ids.append(id)
    }
    return ids
  }

  private static func commands(_ scanner: inout JSONScanner) throws -> CommandList {
    var list = CommandList()
    try scanner.beginArray()
    while try scanner.nextElement() { list.append(try scanner.string().text.utf8) }
    return list
  }

  func body() throws(ControlProblem) -> ControlRequest.Body {
    switch request {
    case "hello":
      guard let version else { throw ControlProblem("the request 'hello' has no version") }
      return .hello(version: version, origin: origin, isReadOnly: isReadOnly)
    case "follow": return .follow
    case "command": return .command(try command(), reason: reason, token: token)
    case let other?: throw ControlProblem("there is no request \(ControlProblem.quoted(other))")
    case nil: throw ControlProblem("it does not say which request it is")
    }
  }

  private func command() throws(ControlProblem) -> OperatorCommand {
    guard let verb else { throw ControlProblem("the command has no verb") }
    switch OperatorCommand.Verb(rawValue: verb) {
    case .drain: return .drain
    case .stop: return .stop
    case .resume: return .resume
    case .cancelRaptor: return .cancelRaptor
    case .close: return .close(grace ?? .configured)
    case .cancel:
      guard let uids, !uids.isEmpty else { throw ControlProblem("the command 'cancel' names no tasks") }
      return .cancel(uids)
    case .submit:
      if let items, commands == nil { return .submit(.items(items)) }
      if let commands, items == nil { return .submit(.commands(commands)) }
      throw ControlProblem("the command 'submit' has either items or commands")
    case nil: throw ControlProblem("there is no command \(ControlProblem.quoted(verb))")
    }
  }
}

extension WorkOffer {
  fileprivate func write(to json: inout JSONWriter) {
    switch self {
    case .items(let items):
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      if let bytes = try? encoder.encode(items) { json.member("items", raw: bytes) }
    case .commands(let list): json.member("commands", (0..<list.count).lazy.map { list[$0] })
    }
  }
}
