import JSON

/// What the helper is asked to do.
enum HelperRequest {
  /// - `modules`: what Python must find beside RP.
  case session(
    resource: String, accessSchema: String?, cores: Int?, gpus: Int?, options: [String: String], modules: [String])
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
  func line(id: Int) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("id", id)
    json.member("do", verb)
    switch self {
    case .session(let resource, let accessSchema, let cores, let gpus, let options, let modules):
      json.member("resource", resource)
      json.member("access_schema", accessSchema)
      json.member("cores", cores)
      json.member("gpus", gpus)
      json.member("options", options, .map(.text))
      if !modules.isEmpty { json.member("modules", modules) }
    case .pilotManager, .taskManager, .cancelRaptor, .close: break
    case .pilot(let description, let options):
      json.member("description", description, RPPilot.coding)
      json.member("options", options, .map(.text))
    case .submit(let tasks): json.member("tasks", tasks, .list(RPTask.coding))
    case .cancel(let uids): json.member("uids", uids)
    case .jobs(let ids): json.member("ids", ids)
    case .raptor(let description, let workers):
      json.member("description", description, RPTask.coding)
      json.member("workers", workers, .list(RPTask.coding))
    case .helloRaptor(let timeout), .stopRaptor(let timeout), .cancelPilot(let timeout):
      json.member("timeout", timeout, .number)
    }
    json.endObject()
    json.endLine()
    return json.bytes
  }

  private var verb: String {
    switch self {
    case .session: "session"
    case .pilotManager: "pilot_manager"
    case .taskManager: "task_manager"
    case .pilot: "pilot"
    case .submit: "submit"
    case .cancel: "cancel"
    case .raptor: "raptor"
    case .helloRaptor: "hello_raptor"
    case .stopRaptor: "stop_raptor"
    case .cancelRaptor: "cancel_raptor"
    case .cancelPilot: "cancel_pilot"
    case .jobs: "jobs"
    case .close: "close"
    }
  }
}

/// RP's `PilotDescription`, the part that is always given.
struct RPPilot: Equatable, Sendable {
  var uid: String
  var resource: String
  var accessSchema: String?
  /// Minutes.
  var runtime: Int
  var cores: Int?
  var gpus: Int?

  static let coding = JSONRecord(
    RPPilot(uid: "", resource: "", runtime: 0),
    .required("uid", \.uid, .text),
    .required("resource", \.resource, .text),
    .optional("access_schema", \.accessSchema, .text),
    .required("runtime", \.runtime, .integer),
    .optional("cores", \.cores, .integer),
    .optional("gpus", \.gpus, .integer)
  ).coding
}

/// RP's `TaskDescription`, the part that is used here.
struct RPTask: Equatable, Sendable {
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
  /// A launcher also for one rank; RP's own rule when `nil`.
  var useMPI: Bool?
  /// Seconds.
  var timeout: Double?
  var raptorID: String?
  var raptorFile: String?
  var raptorClass: String?
  /// Not RP's: a function to call in a worker of the raptor.
  var call: RPCall?

  static let coding = JSONRecord(
    RPTask(uid: ""),
    .required("uid", \.uid, .text),
    .optional("name", \.name, .text),
    .optional("executable", \.executable, .text),
    .optional("arguments", \.arguments, .list(.text)),
    .optional("environment", \.environment, .map(.text)),
    .optional("pre_launch", \.preLaunch, .list(.text)),
    .optional("pre_exec", \.preExec, .list(.text)),
    .optional("post_launch", \.postLaunch, .list(.text)),
    .optional("sandbox", \.sandbox, .text),
    .optional("stdout", \.stdout, .text),
    .optional("stderr", \.stderr, .text),
    .field("ranks", \.ranks, .integer),
    .field("cores_per_rank", \.coresPerRank, .integer),
    .field("gpus_per_rank", \.gpusPerRank, .number),
    .optional("use_mpi", \.useMPI, .flag),
    .optional("timeout", \.timeout, .number),
    .optional("raptor_id", \.raptorID, .text),
    .optional("raptor_file", \.raptorFile, .text),
    .optional("raptor_class", \.raptorClass, .text),
    .optional("call", \.call, RPCall.coding)
  ).coding
}

/// A call of a Python function, as `scalems_call.py` in the worker reads it.
struct RPCall: Equatable, Sendable {
  /// What `call.py` is told, as JSON: so numbers stay what they are. The directory is added in the worker.
  var request: String
  /// Where modules are looked for first.
  var path: String
  /// The path of `scalems_call.py`, and what it hashes to.
  var program: String
  var hash: String
  /// The task's.
  var directory: String
  var venv: String
  /// The interpreter, when it is not the worker's own.
  var python: String?
  /// The path of the user's environment, and what it hashes to.
  var environment: String
  var environmentHash: String
  /// Whether it runs on the machine of the session.
  var isOnThisMachine = true
  /// Shell commands that bring files in and out.
  var before: [String]
  var after: [String]
  /// Seconds; `nil` is no limit.
  var timeout: Double?
  /// Seconds from SIGTERM to SIGKILL.
  var grace: Double

  static let coding = JSONRecord(
    RPCall(
      request: "", path: "", program: "", hash: "", directory: "", venv: "", environment: "", environmentHash: "",
      before: [], after: [], grace: 0),
    .required("request", \.request, .text),
    .required("path", \.path, .text),
    .required("program", \.program, .text),
    .required("hash", \.hash, .text),
    .required("directory", \.directory, .text),
    .required("venv", \.venv, .text),
    .optional("python", \.python, .text),
    .required("environment", \.environment, .text),
    .required("environment_hash", \.environmentHash, .text),
    .required("is_here", \.isOnThisMachine, .flag),
    .required("before", \.before, .list(.text)),
    .required("after", \.after, .list(.text)),
    .optional("timeout", \.timeout, .number),
    .required("grace", \.grace, .number)
  ).coding
}
