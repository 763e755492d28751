import Words
import Executor
import Glibc
import JSON
import Platform
import SessionLink
import SessionModel
import SystemPackage
import Work

/// What a session is run with; kept as `run.json` in its directory, so that it can be taken up again.
struct RunSettings: Sendable {
  var name: String
  var engine: String
  var resource: String?
  var accessSchema: String?
  /// The engine's own.
  var venv: String?
  /// That of tasks, when it is another; in what earlier versions kept, the engine's.
  var targetVenv: String?
  var enableRaptor: Bool
  var raptor = RaptorShape()
  var cores: Int?
  var gpus: Int?
  var runtime: Double?
  var pilotOptions: [String: String] = [:]
  /// Not set in what earlier versions kept.
  var bindsCores: Bool?
  var setsThreads: Bool?
  /// Seconds that running tasks get to finish in when the session is closed.
  var taskGrace: Double?
  /// Seconds that the session waits while nothing can be started for want of something, as room on the disk.
  var patience: Double?
  /// Not set in what earlier versions kept.
  var onFailure: FailurePolicy?
  /// The command that is run when the session has ended.
  var onEnd: String?
  /// What relative paths of the workflow refer to.
  var clientDirectory: String
  /// Whether the session waits for more work when all is done.
  var isKeptOpen: Bool

  private static let fileName = "run.json"
  /// Bytes; a file of more is none of ours.
  private static let longest = 1 << 20

  /// - Throws: `UsageError` that names the wrong value.
  func configuration() throws(UsageError) -> RuntimeConfiguration {
    if let fault = SessionRules.fault(inName: name) { throw UsageError(description: "\(fault)") }
    var limits = Engines.named(engine)?.kind.limits
    if let taskGrace {
      guard taskGrace >= 0, taskGrace <= 1e6 else {
        throw UsageError(
          description: "--task-grace is a number of seconds from 0 to 1000000, not \(Format.plain(taskGrace))")
      }
      limits?.awaitTasks = Duration(saturating: taskGrace)
    }
    if let patience {
      guard patience >= 0, patience <= 1e6 else {
        throw UsageError(
          description: "--patience is a number of seconds from 0 to 1000000, not \(Format.plain(patience))")
      }
      limits?.shortage = Duration(saturating: patience)
    }
    do {
      var configuration = try RuntimeConfiguration(
        engine: engine, resource: resource, accessSchema: accessSchema, venv: venv, targetVenv: targetVenv,
        enableRaptor: enableRaptor, raptor: raptor, cores: cores, gpus: gpus, runtime: runtime,
        pilotOptions: pilotOptions,
        placement: TaskPlacement(bindsCores: bindsCores ?? true, setsThreads: setsThreads ?? true), limits: limits,
        engines: Engines.kinds)
      configuration.onFailure = onFailure ?? .goOn
      return configuration
    } catch { throw UsageError(description: "\(error.message)\(Self.option(for: error.argument) ?? "")") }
  }

  /// What of the command line sets it, as the end of a sentence.
  private static func option(for argument: ValueError.Argument?) -> String? {
    switch argument {
    case .targetVenv: ": name one with --venv"
    case .cores: " (--cores)"
    case .raptor: " (--raptor-…)"
    case .gpus: " (--gpus)"
    case .runtime, .pilotOptions: " (--pilot-option)"
    case .engine, .resource, .limits, nil: nil
    }
  }

  /// - Throws: `FileError` when they cannot be kept.
  func write(to directory: HeldDirectory) throws(FileError) {
    try directory.replaceFile(Self.fileName, with: bytes)
  }

  /// As one line of JSON.
  var bytes: [UInt8] {
    var json = JSONWriter()
    Self.record.coding.write(self, &json)
    json.endLine()
    return json.bytes
  }

  /// Those of an earlier session.
  ///
  /// - Throws: `FileError` when they are not there, or make no sense: what is wrong with them, and where.
  init(reading directory: HeldDirectory) throws(FileError) {
    let path = "\(directory.path)/\(Self.fileName)"
    let bytes: [UInt8]
    do { bytes = try directory.openOwn(Self.fileName, O_RDONLY).readAll(limit: Self.longest) } catch {
      throw (error as? FileError) ?? FileError("\(path) cannot be read", (error as? Errno) ?? .ioError)
    }
    do { try self.init(bytes) } catch {
      throw FileError(description: "\(path) does not say how the session was run: \(error)")
    }
  }

  /// - Throws: `JSONError` when the bytes are no settings.
  init(_ bytes: [UInt8]) throws {
    self = try Self.record.coding.value(bytes)
    if venv == nil { (venv, targetVenv) = (targetVenv, nil) }
  }

  private static let record = JSONRecord(
    RunSettings(
      name: "", engine: "", resource: nil, accessSchema: nil, targetVenv: nil, enableRaptor: false, cores: nil,
      gpus: nil, runtime: nil, pilotOptions: [:], taskGrace: nil, patience: nil, clientDirectory: "",
      isKeptOpen: false),
    .required("name", \.name, .text),
    .required("engine", \.engine, .text),
    .optional("resource", \.resource, .text),
    .optional("accessSchema", \.accessSchema, .text),
    .optional("venv", \.venv, .text),
    .optional("targetVenv", \.targetVenv, .text),
    .required("enableRaptor", \.enableRaptor, .flag),
    .optional("raptorWorkers", \.raptor.workers, .integer),
    .optional("raptorCores", \.raptor.cores, .integer),
    .optional("raptorClass", \.raptor.workerClass, .word),
    .optional("cores", \.cores, .integer),
    .optional("gpus", \.gpus, .integer),
    .optional("runtime", \.runtime, .number),
    .required("pilotOptions", \.pilotOptions, .map(.text)),
    .optional("bindsCores", \.bindsCores, .flag),
    .optional("setsThreads", \.setsThreads, .flag),
    .optional("taskGrace", \.taskGrace, .number),
    .optional("patience", \.patience, .number),
    .optional("onFailure", \.onFailure, .word),
    .optional("onEnd", \.onEnd, .text),
    .required("clientDirectory", \.clientDirectory, .text),
    .required("isKeptOpen", \.isKeptOpen, .flag))

  init(
    name: String, engine: String, resource: String?, accessSchema: String?, venv: String? = nil, targetVenv: String?,
    enableRaptor: Bool, raptor: RaptorShape = RaptorShape(),
    cores: Int?, gpus: Int?, runtime: Double?, pilotOptions: [String: String], taskGrace: Double?,
    patience: Double?, clientDirectory: String, isKeptOpen: Bool, bindsCores: Bool? = nil, setsThreads: Bool? = nil
  ) {
    self.name = name
    self.engine = engine
    self.resource = resource
    self.accessSchema = accessSchema
    self.venv = venv
    self.targetVenv = targetVenv
    self.raptor = raptor
    self.enableRaptor = enableRaptor
    self.cores = cores
    self.gpus = gpus
    self.runtime = runtime
    self.pilotOptions = pilotOptions
    self.taskGrace = taskGrace
    self.patience = patience
    self.clientDirectory = clientDirectory
    self.isKeptOpen = isKeptOpen
    self.bindsCores = bindsCores
    self.setsThreads = setsThreads
  }

}
