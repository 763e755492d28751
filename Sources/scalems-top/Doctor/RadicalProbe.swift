import JSON
import Platform

/// What the Python of a virtual environment says of itself and of its RADICAL-Pilot.
struct RadicalProbe: Sendable {
  /// A resource RADICAL-Pilot knows.
  struct Resource: Sendable {
    /// By name, what submits jobs: `slurm://localhost/`.
    var schemas: [String: String]
    /// The schema that is used when none is named.
    var usual: String
    /// What shares out the nodes: `SLURM`, `FORK`, …
    var manager: String

    fileprivate static let record = JSONRecord(
      Resource(schemas: [:], usual: "", manager: ""),
      .required("schemas", \.schemas, .map(.text)),
      .required("usual", \.usual, .text),
      .required("manager", \.manager, .text))
  }

  /// `nil` when it does not run.
  var python: [Int]?
  /// The version of RADICAL-Pilot, `nil` when it cannot be imported.
  var pilot: String?
  var resources: [String: Resource]?
  /// The last thing that went wrong.
  var problem: String?

  var pilotVersion: [Int] {
    (pilot ?? "").split(separator: ".").prefix(3).map { Int($0.prefix { $0.isASCII && $0.isNumber }) ?? 0 }
  }

  private static let record = JSONRecord(
    RadicalProbe(),
    .optional("python", \.python, .list(.integer)),
    .optional("pilot", \.pilot, .text),
    .optional("resources", \.resources, .map(Resource.record.coding)),
    .optional("problem", \.problem, .text))

  /// Asks the Python of a virtual environment; opens no session.
  static func run(_ venv: RadicalVenv) async -> RadicalProbe {
    var probe = RadicalProbe()
    if let problem = venv.problem {
      probe.problem = problem
      return probe
    }
    // Importing takes 0.3 s here, and can take very long from a busy network file system.
    guard let outcome = await ExternalCommand.run(venv.python, ["-c", script], limit: .seconds(120)) else {
      probe.problem = "\(venv.python) cannot be run, or does not answer"
      return probe
    }
    for text in outcome.stdout.split(separator: "\n") where text.hasPrefix("{") {
      guard let line = try? record.coding.value(Array(text.utf8)) else { continue }
      probe.python = line.python ?? probe.python
      probe.pilot = line.pilot ?? probe.pilot
      probe.resources = line.resources ?? probe.resources
      probe.problem = line.problem ?? probe.problem
    }
    if outcome.status != 0, probe.problem == nil {
      probe.problem = outcome.stderr.split(separator: "\n").last.map(String.init) ?? "exit \(outcome.status)"
    }
    return probe
  }

  /// The configurations are read as `rp.Session` does. An old Python must understand it far enough to tell its version.
  private static let script = """
    import json, sys
    def say(**facts):
        sys.stdout.write(json.dumps(facts) + "\\n")
        sys.stdout.flush()
    say(python=list(sys.version_info[:3]))
    try:
        import radical.pilot
        say(pilot=radical.pilot.version)
        import radical.utils
        resources = {}
        sites = radical.utils.Config("radical.pilot.resource", name="*", expand=False)
        def endpoint(schemas, key):
            # One schema may stand for another.
            schema = schemas.get(key)
            schema = schemas.get(schema) if isinstance(schema, str) else schema
            return str((schema or {}).get("job_manager_endpoint"))
        for site in sites:
            for name, resource in sites[site].items():
                schemas = resource.get("schemas") or {}
                resources[site + "." + name] = {
                    "schemas": {key: endpoint(schemas, key) for key in schemas},
                    "usual": str(resource.get("default_schema") or next(iter(schemas), "")),
                    "manager": str(resource.get("resource_manager") or "FORK")}
        say(resources=resources)
    except BaseException as error:
        say(problem="%s: %s" % (type(error).__name__, " ".join(str(error).split())[:300]))
    """
}
