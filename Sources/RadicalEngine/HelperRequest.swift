import FoundationEssentials

/// What the helper is asked to do.
enum HelperRequest {
  case session(resource: String, accessSchema: String?, cores: Int?, gpus: Int?, options: [String: String])
  case pilotManager
  case taskManager
  case pilot(RPPilot, options: [String: String])
  case submit([RPTask])
  case cancel([String])
  case raptor(RPTask, workers: [RPTask])
  case helloRaptor(timeout: Double)
  case stopRaptor(timeout: Double)
  case cancelRaptor
  case cancelPilot(timeout: Double)
  /// The batch jobs of the session that are in their queue; the host looks at that.
  case jobs([String])
  case close

  /// The request as a line of JSON.
  func line(id: Int) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return Array(try encoder.encode(Envelope(id: id, request: self))) + [UInt8(ascii: "\n")]
  }
}

private struct Envelope: Encodable {
  var id: Int
  var request: HelperRequest

  enum CodingKeys: String, CodingKey {
    case id
    case verb = "do"
    case resource
    case accessSchema = "access_schema"
    case cores, gpus, description, options, tasks, uids, workers, timeout, ids
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(id, forKey: .id)
    switch request {
    case .session(let resource, let accessSchema, let cores, let gpus, let options):
      try values.encode("session", forKey: .verb)
      try values.encode(resource, forKey: .resource)
      try values.encodeIfPresent(accessSchema, forKey: .accessSchema)
      try values.encodeIfPresent(cores, forKey: .cores)
      try values.encodeIfPresent(gpus, forKey: .gpus)
      try values.encode(options, forKey: .options)
    case .pilotManager: try values.encode("pilot_manager", forKey: .verb)
    case .taskManager: try values.encode("task_manager", forKey: .verb)
    case .pilot(let description, let options):
      try values.encode("pilot", forKey: .verb)
      try values.encode(description, forKey: .description)
      try values.encode(options, forKey: .options)
    case .submit(let tasks):
      try values.encode("submit", forKey: .verb)
      try values.encode(tasks, forKey: .tasks)
    case .cancel(let uids):
      try values.encode("cancel", forKey: .verb)
      try values.encode(uids, forKey: .uids)
    case .raptor(let description, let workers):
      try values.encode("raptor", forKey: .verb)
      try values.encode(description, forKey: .description)
      try values.encode(workers, forKey: .workers)
    case .helloRaptor(let timeout):
      try values.encode("hello_raptor", forKey: .verb)
      try values.encode(timeout, forKey: .timeout)
    case .stopRaptor(let timeout):
      try values.encode("stop_raptor", forKey: .verb)
      try values.encode(timeout, forKey: .timeout)
    case .cancelRaptor: try values.encode("cancel_raptor", forKey: .verb)
    case .cancelPilot(let timeout):
      try values.encode("cancel_pilot", forKey: .verb)
      try values.encode(timeout, forKey: .timeout)
    case .jobs(let ids):
      try values.encode("jobs", forKey: .verb)
      try values.encode(ids, forKey: .ids)
    case .close: try values.encode("close", forKey: .verb)
    }
  }
}

/// RP's `PilotDescription`, the part that is always given.
struct RPPilot: Encodable, Equatable {
  var uid: String
  var resource: String
  var accessSchema: String?
  /// Minutes.
  var runtime: Int
  var cores: Int?
  var gpus: Int?

  enum CodingKeys: String, CodingKey {
    case uid, resource
    case accessSchema = "access_schema"
    case runtime, cores, gpus
  }
}

/// RP's `TaskDescription`, the part that is used here.
struct RPTask: Encodable, Equatable {
  var uid: String
  var name: String?
  var executable: String?
  var arguments: [String]?
  var environment: [String: String]?
  var preLaunch: [String]?
  var preExec: [String]?
  var postLaunch: [String]?
  var sandbox: String?
  var stdout: String?
  var stderr: String?
  var ranks = 1
  var coresPerRank = 1
  var gpusPerRank = 0.0
  /// Seconds.
  var timeout: Double?
  var raptorID: String?
  var raptorFile: String?
  var raptorClass: String?
  /// Not RP's: a function to call in a worker of the raptor.
  var call: RPCall?

  enum CodingKeys: String, CodingKey {
    case uid, name, executable, arguments, environment
    case preLaunch = "pre_launch"
    case preExec = "pre_exec"
    case postLaunch = "post_launch"
    case sandbox, stdout, stderr, ranks
    case coresPerRank = "cores_per_rank"
    case gpusPerRank = "gpus_per_rank"
    case timeout
    case raptorID = "raptor_id"
    case raptorFile = "raptor_file"
    case raptorClass = "raptor_class"
    case call
  }
}

/// A call of a Python function, as `scalems_call.py` in the worker reads it.
struct RPCall: Encodable, Equatable {
  /// What `call.py` is told, as JSON: so numbers stay what they are. The directory is added in the worker.
  var request: String
  /// Where modules are looked for first.
  var path: String
  /// Shell commands that bring files in and out.
  var before: [String]
  var after: [String]
  /// Seconds; `nil` is no limit.
  var timeout: Double?
  /// Seconds from SIGTERM to SIGKILL.
  var grace: Double
}
