import JSON
import SessionModel
import Work

/// Reads requests and remembers the descriptions they share.
package struct RequestReader {
  private var descriptions: [UInt32: TaskDescription] = [:]

  package init() {}

  package enum Outcome: Equatable, Sendable {
    case request(AgentRequest)
    /// A `start` of another version of the protocol; the sentence says which.
    case otherVersion(String)
    case problem(String)
  }

  package mutating func read(_ line: UnsafeRawBufferPointer) -> Outcome {
    do {
      let members = try JSONObject(line)
      let verb = try members.required("do", .text)
      if verb == "start", let words = try Self.otherVersion(members) { return .otherVersion(words) }
      return .request(try request(verb, members))
    } catch {
      return .problem("not a request: \(error)")
    }
  }

  private static func otherVersion(_ members: JSONObject) throws -> String? {
    let version: Int? = try members.optional("version", .integer)
    guard version != AgentRequest.version else { return nil }
    let theirs = version.map { "version \($0)" } ?? "no version"
    return "scalems-top \(programVersion) speaks version \(AgentRequest.version) of the protocol of agents, and was "
      + "started by a program that speaks \(theirs): both must be the same scalems-top"
  }

  private mutating func request(_ verb: String, _ members: JSONObject) throws -> AgentRequest {
    switch verb {
    case "start":
      let configuration = try members.required("configuration", AgentConfiguration.coding)
      if let fault = configuration.fault { throw JSONError([.member("configuration")], "is refused: \(fault)") }
      return .start(configuration)
    case "hello": return .hello
    case "batch":
      let number: UInt32 = try members.required("batch", .integer)
      let description = try members.required("description", TaskDescription.coding)
      descriptions[number] = description
      return .batch(number, description)
    case "add_item": return .addItem(try item(members), try slots(members))
    case "cancel":
      return .cancel(
        try members.required("uids", .list(TaskID.coding)), grace: try members.required("grace", .number))
    case "withdraw": return .withdraw(try members.required("request", .integer))
    case "directory": return .directory(try members.required("identity", .text))
    case "start_raptor": return .startRaptor
    case "stop_raptor": return .stopRaptor
    case "cancel_raptor": return .cancelRaptor
    case "stop": return .stop
    default: throw JSONError([.member("do")], "cannot be \(ControlError.quoted(verb))")
    }
  }

  private func slots(_ members: JSONObject) throws -> TaskSlots {
    TaskSlots(
      cores: try members.optional("cores", .list(.integer)) ?? [],
      gpus: try members.optional("gpus", .list(.integer)) ?? [])
  }

  /// A task of a batch, or one that was resolved, which brings its label.
  private func item(_ members: JSONObject) throws -> ResolvedTask {
    let id = TaskID(try members.required("n", JSONCoding<UInt32>.integer))
    let attempt: Int = try members.optional("attempt", .integer) ?? 1
    let member: Int? = try members.optional("member", .integer)
    let description: TaskDescription
    if let batch: UInt32 = try members.optional("batch", .integer) {
      guard let known = descriptions[batch] else { throw JSONError([.member("batch")], "\(batch) is not known") }
      description = known
    } else {
      description = try members.required("description", TaskDescription.coding)
    }
    if let label = try members.optional("label", .text) {
      return ResolvedTask(id: id, attempt: attempt, label: label, member: member, resolved: description)
    }
    return ResolvedTask(
      id: id, attempt: attempt, shared: description, member: member, command: try members.optional("command", .text))
  }
}
