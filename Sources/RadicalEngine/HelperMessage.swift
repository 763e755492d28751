import FoundationEssentials
import SessionModel

/// One line of the helper: a reply to a request, or an event of its own.
enum HelperMessage: Sendable {
  case hello(Hello)
  case reply(Int, HelperReply)
  /// RP's session is open: from here on there is something to sweep.
  case session(uid: String, path: String)
  case task(uid: String, state: String, time: Timestamp, TaskRecord?)
  case pilot(uid: String, state: String, time: Timestamp, PilotRecord)
  /// A batch job of the session, with the reason why it waits.
  case job(id: String, state: String, reason: String)
  case log(LogLevel, String)
  case heartbeat

  struct Hello: Decodable, Sendable {
    var version: Int
    var rp: String?
    var python: String
    /// Why the helper cannot work.
    var error: String?

    enum CodingKeys: String, CodingKey {
      case version = "protocol"
      case rp = "rp_version"
      case python, error
    }
  }

  /// - Throws: `DecodingError` when the line is none of these.
  init(line: UnsafeRawBufferPointer) throws {
    let decoder = JSONDecoder()
    let data = Data(line)
    let head = try decoder.decode(Head.self, from: data)
    if let reply = head.reply {
      self = .reply(reply, try decoder.decode(HelperReply.self, from: data))
      return
    }
    let time = head.t.map { Timestamp(microseconds: Int64($0 * 1e6)) } ?? .now
    switch head.event {
    case "hello": self = .hello(try decoder.decode(Hello.self, from: data))
    case "session": self = .session(uid: head.uid ?? "", path: head.path ?? "")
    case "task": self = .task(uid: head.uid ?? "", state: head.state ?? "", time: time, head.record)
    case "pilot":
      self = .pilot(
        uid: head.uid ?? "", state: head.state ?? "", time: time,
        PilotRecord(resources: head.resources ?? [:], reason: head.reason))
    case "job": self = .job(id: head.id ?? "", state: head.state ?? "", reason: head.reason ?? "")
    case "log": self = .log(head.level.flatMap(LogLevel.init) ?? .warning, head.text ?? "")
    case "heartbeat": self = .heartbeat
    default:
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no event '\(head.event ?? "")'"))
    }
  }

  private struct Head: Decodable {
    var event: String?
    var reply: Int?
    var uid: String?
    var id: String?
    var path: String?
    var state: String?
    var t: Double?
    var record: TaskRecord?
    var resources: [String: Double]?
    var reason: String?
    var level: String?
    var text: String?
  }
}

/// What a request came to.
struct HelperReply: Decodable, Sendable {
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

  struct RaptorHello: Decodable, Sendable {
    var name: String?
    var version: String?
  }
}

/// RP's record of a task that came to its end; of it, what is of use here.
struct TaskRecord: Decodable, Equatable, Sendable {
  var exitCode: Int32?
  var stderr: String?
  var exception: String?
  var exceptionDetail: String?
  var returnValue: String?

  enum CodingKeys: String, CodingKey {
    case exitCode = "exit_code"
    case stderr, exception
    case exceptionDetail = "exception_detail"
    case returnValue = "return_value"
  }

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

  /// A member of an unexpected type is as good as none: RP gives lists where a worker has several ranks.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    exitCode = try? values.decode(Int32.self, forKey: .exitCode)
    stderr = try? values.decode(String.self, forKey: .stderr)
    exception = try? values.decode(String.self, forKey: .exception)
    exceptionDetail = try? values.decode(String.self, forKey: .exceptionDetail)
    returnValue = try? values.decode(String.self, forKey: .returnValue)
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
