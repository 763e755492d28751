import JSON
import Work

/// The settings of an agent, in its first line.
package struct AgentConfiguration: Equatable, Sendable {
  package var session: String
  package var sessionDirectory: String
  /// Which directory that is, as the host has it open: another one at its path is not it. Not said by an older host.
  package var directoryIdentity: String?
  package var clientDirectory: String
  /// The virtual environment that functions run in; the `python3` in PATH when `nil`.
  package var venv: String?
  package var cores: Int
  package var gpus: Int
  package var runtime: Double?
  package var pilot: String
  package var killGrace: Double
  /// Seconds in which nothing runs and nothing can be started before the agent gives up.
  package var patience: Double
  /// The program that an agent starts as raptor, and its arguments.
  package var raptorCommand: [String]
  package var placement: TaskPlacement
  /// Calls of an interpreter, before another takes its place.
  package var callLimit: Int
  /// Functions that run at a time, at most; `nil` when cores alone say so.
  package var functions: Int?

  package init(
    session: String, sessionDirectory: String, directoryIdentity: String? = nil, clientDirectory: String,
    venv: String?, cores: Int, gpus: Int, runtime: Double?, pilot: String, killGrace: Double, patience: Double,
    raptorCommand: [String], placement: TaskPlacement = TaskPlacement(), callLimit: Int,
    functions: Int? = nil
  ) {
    self.session = session
    self.sessionDirectory = sessionDirectory
    self.directoryIdentity = directoryIdentity
    self.clientDirectory = clientDirectory
    self.venv = venv
    self.cores = cores
    self.gpus = gpus
    self.runtime = runtime
    self.pilot = pilot
    self.killGrace = killGrace
    self.patience = patience
    self.raptorCommand = raptorCommand
    self.placement = placement
    self.callLimit = callLimit
    self.functions = functions
  }

  /// What is wrong with its numbers, if anything: an agent survives whatever its host says.
  var fault: String? {
    PilotSize.fault(cores: cores) ?? PilotSize.fault(gpus: gpus) ?? runtime.flatMap(PilotSize.fault(runtime:))
  }

  static let coding = JSONRecord(
    AgentConfiguration(
      session: "", sessionDirectory: "", clientDirectory: "", venv: nil, cores: 0, gpus: 0, runtime: nil, pilot: "",
      killGrace: 0, patience: 0, raptorCommand: [], callLimit: 0),
    .required("session", \.session, .text),
    .required("session_directory", \.sessionDirectory, .text),
    .optional("directory_identity", \.directoryIdentity, .text),
    .required("client_directory", \.clientDirectory, .text),
    .optional("venv", \.venv, .text),
    .required("cores", \.cores, .integer),
    .required("gpus", \.gpus, .integer),
    .optional("runtime", \.runtime, .number),
    .required("pilot", \.pilot, .text),
    .required("kill_grace", \.killGrace, .number),
    .field("patience", \.patience, .number),
    .required("raptor_command", \.raptorCommand, .list(.text)),
    .field("bind", \.placement.bindsCores, .flag),
    .field("omp_threads", \.placement.setsThreads, .flag),
    .required("call_limit", \.callLimit, .integer),
    .optional("functions", \.functions, .integer)
  ).coding
}
