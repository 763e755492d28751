import Logging
import SessionModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Makes the executor of a workflow.
///
/// Ports the `executor_factory` of SCALE-MS.
/// - Parameters:
///   - workflow: what is to be done, or what an earlier session left.
///   - configuration: without one, the defaults of `kind` are used, with a warning: a program should say where its work runs.
///   - id: the id of the session, unique on this machine.
///   - directory: the directory of the session, which exists.
///   - clientDirectory: the directory that relative paths of the workflow refer to.
///   - engine: what holds the resources, of the kind that the configuration names.
///   - kind: what the engine offers and asks for.
/// - Throws: `ValueError` when the defaults are no valid configuration here.
public func executorFactory(
  _ workflow: Workflow = Workflow(), configuration: RuntimeConfiguration? = nil, id: String, name: String? = nil,
  directory: String, clientDirectory: String, engine: any PilotEngine, kind: EngineKind,
  recorder: any EventRecorder,
  reason: String? = nil, logger: Logger = Logger(label: "scalems.executor"), scope: RuntimeScope = .process
) throws(ValueError) -> DispatchingExecutor {
  let chosen: RuntimeConfiguration
  if let configuration {
    chosen = configuration
  } else {
    chosen = try RuntimeConfiguration(engines: [kind])
    logger.warning(
      """
      an executor was made without a configuration: the defaults are used \
      (engine \(chosen.engine.name), \(chosen.resource))
      """)
  }
  let info = SessionInfo(
    id: id, name: name ?? id, engine: chosen.engine.name, resource: chosen.resource,
    user: getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? String(getuid()), host: hostName(),
    pid: getpid(), directory: directory, reason: reason)
  let context = SessionContext(
    id: id, directory: directory, clientDirectory: clientDirectory, configuration: chosen)
  return DispatchingExecutor(
    context: context, info: info, engine: engine, recorder: recorder, workflow: workflow, scope: scope)
}

/// The name of this machine, without its domain.
private func hostName() -> String {
  var name = utsname()
  uname(&name)
  return withUnsafeBytes(of: &name.nodename) {
    String(decoding: $0.prefix { $0 != 0 && $0 != UInt8(ascii: ".") }, as: UTF8.self)
  }
}
