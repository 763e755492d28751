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
      if !command.tasks.isEmpty { json.member("uids", command.tasks, TaskIDs.coding) }
      if case .submit(let offer) = command { offer.write(to: &json) }
      command.grace?.write(to: &json)
      json.member("reason", reason)
      json.member("request_id", token)
    }
    json.endObject()
    json.endLine()
  }

  /// Reads one line, without its line feed.
  ///
  /// - Throws: `ControlError` that says what is wrong, with the id when that could be read.
  public init(line: UnsafeRawBufferPointer) throws(ControlError) {
    let members: JSONObject
    do { members = try JSONObject(line) } catch { throw ControlError("this is no request: \(error)") }
    guard members.has("id") else { throw ControlError("the request has no id") }
    do { id = try members.required("id", .integer) } catch { throw ControlError("this is no request: \(error)") }
    do { body = try Body(members) } catch let problem as ControlError {
      throw ControlError(id: id, problem.code, problem.description)
    } catch { throw ControlError(id: id, "this is no request: \(error)") }
    // Names and commands that were repaired would be others.
    if case .command(.submit, _, _) = body, !JSONScanner.isExact(line) {
      throw ControlError(id: id, "the work that is submitted has text that is not UTF-8, or half a surrogate pair")
    }
  }
}

extension ControlRequest.Body {
  fileprivate init(_ members: JSONObject) throws {
    switch try members.optional("request", .text) {
    case "hello":
      guard let version: Int = try members.optional("version", .integer) else {
        throw ControlError("the request 'hello' has no version")
      }
      let origin = try members.optional("origin", .text)
      if let fault = SessionRules.fault(inOrigin: origin) { throw ControlError(.tooLarge, fault) }
      self = .hello(
        version: version, origin: origin,
        isReadOnly: try members.optional("read_only", .flag) ?? false)
    case "follow": self = .follow
    case "command":
      let reason = try members.optional("reason", .text)
      let token = try members.optional("request_id", .text)
      if let fault = SessionRules.fault(inReason: reason) ?? SessionRules.fault(inRequest: token) {
        throw ControlError(.tooLarge, fault)
      }
      self = .command(try OperatorCommand(members), reason: reason, token: token)
    case let other?: throw ControlError(.unknownRequest, "there is no request \(ControlError.quoted(other))")
    case nil: throw ControlError("it does not say which request it is")
    }
  }
}

extension OperatorCommand {
  fileprivate init(_ members: JSONObject) throws {
    guard let verb = try members.optional("verb", .text) else { throw ControlError("the command has no verb") }
    switch Verb(rawValue: verb) {
    case .drain: self = .drain
    case .stop: self = .stop
    case .resume: self = .resume
    case .cancelRaptor: self = .cancelRaptor
    case .close: self = .close(try CloseGrace(members) ?? .configured)
    case .cancel:
      guard let ids = try members.optional("uids", TaskIDs.coding), !ids.isEmpty else {
        throw ControlError("the command 'cancel' names no tasks")
      }
      self = .cancel(ids)
    case .rerun: self = .rerun(try members.optional("uids", TaskIDs.coding) ?? [])
    case .submit: self = .submit(try WorkOffer(members))
    case nil: throw ControlError(.unknownRequest, "there is no command \(ControlError.quoted(verb))")
    }
  }
}

extension CloseGrace {
  /// What a `close` gives to running tasks: `now`, or `grace` in seconds.
  fileprivate init?(_ members: JSONObject) throws {
    if try members.optional("now", .flag) == true {
      self = .none
      return
    }
    guard let seconds: Double = try members.optional("grace", .number) else { return nil }
    guard let grace = CloseGrace(seconds: seconds) else {
      throw ControlError("the grace is a number of seconds from 0 to \(Int(Self.limit)), not \(seconds)")
    }
    self = grace
  }

  fileprivate func write(to json: inout JSONWriter) {
    switch self {
    case .configured: break
    case .seconds(let seconds): json.member("grace", seconds)
    case .none: json.member("now", true)
    }
  }
}

extension WorkOffer {
  /// What a newer client wants of a task, and this session does not know, is refused: it must not silently be dropped.
  fileprivate init(_ members: JSONObject) throws {
    let items = try members.optional("items", .list(WorkItem.coding), refusesUnknown: true)
    let commands = try members.optional("commands", CommandList.coding)
    let directory = try members.optional("directory", .text)
    switch (items, commands) {
    case (let items?, nil) where directory == nil: self = .items(items)
    case (nil, let commands?): self = .commands(commands, directory: directory)
    default: throw ControlError("the command 'submit' has either items or commands")
    }
  }

  fileprivate func write(to json: inout JSONWriter) {
    switch self {
    case .items(let items): json.member("items", items, .list(WorkItem.coding))
    case .commands(let list, let directory):
      json.member("commands", list, CommandList.coding)
      json.member("directory", directory)
    }
  }
}
