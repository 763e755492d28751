import SessionModel
import Wire

/// One line of the helper: a reply to a request, or an event of its own.
enum HelperMessage: Sendable {
  case hello(Hello)
  case reply(Int, HelperReply)
  /// RP's session is open: from here on there is something to sweep.
  case session(uid: String, path: String)
  case task(uid: String, state: String, time: Timestamp, TaskRecord?)
  case pilot(uid: String, state: String, time: Timestamp, PilotRecord)
  case log(LogLevel, String)
  case heartbeat

  struct Hello: Sendable {
    var version: Int
    var rp: String?
    var python: String
    /// Why the helper cannot work.
    var error: String?
  }

  /// - Throws: `JSONScanner.Failure` or `EventProblem` when the line is none of these.
  init(line: UnsafeRawBufferPointer) throws {
    let members = try JSONMembers(line)
    if members.has("reply") {
      // A reply without an id answers a request that was not ours, as the end of a helper that got a signal.
      self = .reply(members.integer("reply") ?? 0, HelperReply(members))
      return
    }
    let uid = members.text("uid") ?? ""
    let state = members.text("state") ?? ""
    switch members.text("event") {
    case "task":
      self = .task(
        uid: uid, state: state, time: members.time("t") ?? .now, members.object("record").map(TaskRecord.init))
    case "heartbeat": self = .heartbeat
    case "pilot":
      let record = PilotRecord(resources: members.object("resources")?.numbers ?? [:], reason: members.text("reason"))
      self = .pilot(uid: uid, state: state, time: members.time("t") ?? .now, record)
    case "log":
      self = .log(members.text("level").flatMap(LogLevel.init) ?? .warning, members.text("text") ?? "")
    case "session": self = .session(uid: uid, path: members.text("path") ?? "")
    case "hello": self = .hello(Hello(members))
    case let event?: throw EventProblem.invalid("event", value: event)
    case nil: throw EventProblem.missing("event")
    }
  }
}

extension HelperMessage.Hello {
  fileprivate init(_ members: JSONMembers) {
    self.init(
      version: members.integer("protocol") ?? 0, rp: members.text("rp_version"), python: members.text("python") ?? "?",
      error: members.text("error"))
  }
}

/// What a request came to.
struct HelperReply: Sendable {
  var ok: Bool
  var error: String?
  /// What would have been right.
  var names: [String]?
  var uid: String?
  /// RP's directory of a pilot.
  var sandbox: String?
  /// RP's resource manager, as `FORK` or `SLURM`.
  var manager: String?
  /// Minutes.
  var runtime: Int?
  var state: String?
  /// What the raptor answered to CPI `hello`.
  var hello: RaptorHello?

  struct RaptorHello: Sendable {
    var name: String?
    var version: String?
  }
}

extension HelperReply {
  fileprivate init(_ members: JSONMembers) {
    self.init(
      ok: members.isTrue("ok"), error: members.text("error"), names: members.texts("names"), uid: members.text("uid"),
      sandbox: members.text("sandbox"), manager: members.text("manager"), runtime: members.integer("runtime"),
      state: members.text("state"),
      hello: members.object("hello").map { RaptorHello(name: $0.text("name"), version: $0.text("version")) })
  }
}

/// RP's record of a task that came to its end; of it, what is of use here. RP gives lists where a worker has several
/// ranks: those are left out.
struct TaskRecord: Equatable, Sendable {
  var exitCode: Int32?
  var stderr: String?
  var exception: String?
  var exceptionDetail: String?
  var returnValue: String?

  init(
    exitCode: Int32? = nil, stderr: String? = nil, exception: String? = nil, exceptionDetail: String? = nil,
    returnValue: String? = nil
  ) {
    self.exitCode = exitCode
    self.stderr = stderr
    self.exception = exception
    self.exceptionDetail = exceptionDetail
    self.returnValue = returnValue
  }

}

extension TaskRecord {
  fileprivate init(_ members: JSONMembers) {
    self.init(
      exitCode: members.integer("exit_code"), stderr: members.text("stderr"), exception: members.text("exception"),
      exceptionDetail: members.text("exception_detail"), returnValue: members.text("return_value"))
  }
}

/// What RP and the helper know of a pilot.
struct PilotRecord: Equatable, Sendable {
  /// RP's `rm_info`, its numbers.
  var resources: [String: Double] = [:]
  var reason: String?

  var nodes: Int? { count("nodes") }
  var coresPerNode: Int? { count("cores_per_node") }
  var cores: Int? { nodes.flatMap { nodes in coresPerNode.map { nodes * $0 } } }
  var gpus: Int? { nodes.flatMap { nodes in count("gpus_per_node").map { nodes * $0 } } }

  /// A number that can be one of nodes or cores; the product of two is in range, too.
  private func count(_ key: String) -> Int? {
    guard let number = resources[key], number >= 0, number < 0x8000_0000 else { return nil }
    return Int(number)
  }
}
