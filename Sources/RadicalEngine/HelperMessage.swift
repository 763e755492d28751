import JSON
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
    /// Why this version of RP cannot call functions.
    var noFunctions: String?
  }

  /// - Throws: `JSONScanner.SyntaxError` or `JSONError` when the line is none of these.
  init(line: UnsafeRawBufferPointer) throws {
    do { try self.init(JSONObject(line)) } catch let failure as JSONScanner.SyntaxError {
      // What RP measured may be what is no number.
      guard let line = replacingPythonNumbers(line) else { throw failure }
      self = try line.withUnsafeBytes { try HelperMessage(JSONObject($0)) }
    }
  }

  /// RP's own records may be anything: of them a member of another type is as good as none.
  private init(_ members: JSONObject) throws {
    if members.has("reply") {
      // A reply without an id answers a request that was not ours, as the end of a helper that got a signal.
      self = .reply(members.lenient("reply", .integer) ?? 0, HelperReply(members))
      return
    }
    let uid = members.lenient("uid", .text) ?? ""
    let state = members.lenient("state", .text) ?? ""
    switch members.lenient("event", .text) {
    case "task":
      self = .task(
        uid: uid, state: state, time: members.lenient("t", .time) ?? .now, members.object("record").map(TaskRecord.init)
      )
    case "heartbeat": self = .heartbeat
    case "pilot":
      let record = PilotRecord(
        resources: members.object("resources")?.numbers ?? [:], reason: members.lenient("reason", .text),
        jobs: members.lenient("jobs", .list(.text)) ?? [])
      self = .pilot(uid: uid, state: state, time: members.lenient("t", .time) ?? .now, record)
    case "log":
      self = .log(
        members.lenient("level", .text).flatMap(LogLevel.init) ?? .warning, members.lenient("text", .text) ?? "")
    case "session": self = .session(uid: uid, path: members.lenient("path", .text) ?? "")
    case "hello": self = .hello(Hello(members))
    case let event?: throw JSONError([.member("event")], "cannot be '\(event)'")
    case nil: throw JSONError([], "has no 'event'")
    }
  }
}

extension HelperMessage.Hello {
  fileprivate init(_ members: JSONObject) {
    self.init(
      version: members.lenient("protocol", .integer) ?? 0, rp: members.lenient("rp_version", .text),
      python: members.lenient("python", .text) ?? "?",
      error: members.lenient("error", .text), noFunctions: members.lenient("no_functions", .text))
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
  fileprivate init(_ members: JSONObject) {
    self.init(
      ok: members.lenient("ok", .flag) ?? false, error: members.lenient("error", .text),
      names: members.lenient("names", .list(.text)), uid: members.lenient("uid", .text),
      sandbox: members.lenient("sandbox", .text), manager: members.lenient("manager", .text),
      runtime: members.lenient("runtime", .integer),
      state: members.lenient("state", .text),
      hello: members.object("hello").map {
        RaptorHello(name: $0.lenient("name", .text), version: $0.lenient("version", .text))
      })
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
  /// How its ranks ended, as `run_task.py` says; of ranks with a launcher, what is known of any.
  var end: RankEnd?
  /// What was wrong with its files.
  var problem: String?

  /// How a program ended.
  struct RankEnd: Equatable, Sendable {
    var exitCode: Int32?
    var signal: Int32?
    /// Why it was not started.
    var reason: String?
    /// The entry of `pre_exec` that it ended in.
    var entry: String?
    var user: Double?
    var system: Double?
    /// KiB.
    var peak: Int?
    /// Seconds.
    var wall: Double?
  }

  init(
    exitCode: Int32? = nil, stderr: String? = nil, exception: String? = nil, exceptionDetail: String? = nil,
    returnValue: String? = nil, end: RankEnd? = nil, problem: String? = nil
  ) {
    self.end = end
    self.problem = problem
    self.exitCode = exitCode
    self.stderr = stderr
    self.exception = exception
    self.exceptionDetail = exceptionDetail
    self.returnValue = returnValue
  }

}

extension TaskRecord {
  fileprivate init(_ members: JSONObject) {
    self.init(
      exitCode: members.lenient("exit_code", .integer), stderr: members.lenient("stderr", .text),
      exception: members.lenient("exception", .text),
      exceptionDetail: members.lenient("exception_detail", .text), returnValue: members.lenient("return_value", .text),
      end: members.object("end").map(RankEnd.init), problem: members.lenient("problem", .text))
  }
}

extension TaskRecord.RankEnd {
  fileprivate init(_ members: JSONObject) {
    self.init(
      exitCode: members.lenient("exit_code", .integer), signal: members.lenient("signal", .integer),
      reason: members.lenient("reason", .text), entry: members.lenient("entry", .text),
      user: members.lenient("user", .number), system: members.lenient("system", .number),
      peak: members.lenient("peak_kib", .integer), wall: members.lenient("wall", .number))
  }
}

/// What RP and the helper know of a pilot.
struct PilotRecord: Equatable, Sendable {
  /// RP's `rm_info`, its numbers.
  var resources: [String: Double] = [:]
  var reason: String?
  /// Its batch jobs, as RP's launcher was told their ids.
  var jobs: [String] = []

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
