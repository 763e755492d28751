import Work
import Yams

/// What a workflow file asks of its pilot; what it does not say is left to the command line and the engine.
public struct PilotRequest: Equatable, Sendable {
  public var cores: Int?
  public var gpus: Int?
  /// Seconds the pilot may live.
  public var runtime: Double?

  public init(cores: Int? = nil, gpus: Int? = nil, runtime: Double? = nil) {
    self.cores = cores
    self.gpus = gpus
    self.runtime = runtime
  }
}

/// A workflow as a person wrote it, in YAML or JSON.
///
/// ```yaml
/// pilot: {cores: 4}
/// tasks:
///   - name: simulate
///     ensemble: 8
///     command: ./simulate --seed {member} > result
///     outputs: [{source: result, target: "session:///result.{member}"}]
///   - name: analyse
///     after: simulate
///     argv: [./analyse, results]
/// ```
///
/// Reading checks everything that can be known without running, and reports all of it at once. Top-level keys that
/// begin with `x-` are ignored: a place for anchors (`x-defaults: &defaults {…}`, then `<<: *defaults` in a task).
public struct WorkflowFile: Equatable, Sendable {
  public var name: String?
  /// `local` or `radical`.
  public var engine: String?
  public var resource: String?
  public var venv: String?
  public var pilot: PilotRequest
  /// Whether a raptor is wanted; `nil` when the file leaves it open.
  public var raptor: Bool?
  public var items: [WorkItem]

  public init(
    name: String? = nil, engine: String? = nil, resource: String? = nil, venv: String? = nil,
    pilot: PilotRequest = PilotRequest(), raptor: Bool? = nil, items: [WorkItem] = []
  ) {
    self.name = name
    self.engine = engine
    self.resource = resource
    self.venv = venv
    self.pilot = pilot
    self.raptor = raptor
    self.items = items
  }

  /// Whether the workflow cannot run without a raptor, or says that it wants one.
  public var needsRaptor: Bool { raptor ?? items.contains { $0.description.raptor } }

  /// How many tasks the items stand for.
  public var taskCount: Int { items.reduce(0) { $0 + ($1.shape.first ?? 1) } }

  /// Reads the file at `path`.
  public init(contentsOf path: String) throws(WorkflowProblems) {
    try self.init(text: SourceText.read(path), path: path)
  }

  /// Reads `text`; `path` is what messages call it.
  public init(text: String, path: String) throws(WorkflowProblems) {
    let document = try YAMLDocument(text: text, path: path)
    let reader = NodeReader(path: path)
    reader.hiddenKeys = Set(document.standIns.keys)
    reader.add(document.duplicateKeys(path: path))
    self = WorkflowReader(reader: reader).read(document.root)
    guard reader.problems.isEmpty else { throw WorkflowProblems(reader.orderedProblems) }
  }
}

/// Reads the top level of a workflow file.
struct WorkflowReader {
  static let keys = ["name", "engine", "resource", "venv", "pilot", "raptor", "tasks"]
  static let pilotKeys = ["cores", "gpus", "runtime"]
  static let engines = ["local", "radical"]

  let reader: NodeReader

  func read(_ root: Node?) -> WorkflowFile {
    var file = WorkflowFile()
    guard let root, !isEmpty(root) else {
      reader.report(nil, "the workflow is empty: it needs 'tasks', a list of tasks")
      return file
    }
    guard case .mapping = root else {
      reader.report(root.mark, "a workflow must be a mapping with the key 'tasks', found \(reader.describe(root))")
      return file
    }
    guard let fields = reader.fields(root, owner: "the workflow", known: Self.keys, isFree: { $0.hasPrefix("x-") })
    else { return file }
    func text(_ key: String) -> String? {
      fields[key].flatMap { reader.text($0, what: "'\(key)'", isEmptyAllowed: false) }
    }
    file.name = text("name")
    file.resource = text("resource")
    file.venv = text("venv")
    file.engine = text("engine")
    if let engine = file.engine, !Self.engines.contains(engine) {
      reader.report(
        fields["engine"]?.mark,
        "unknown engine '\(shortened(engine))'\(suggestion(for: engine, among: Self.engines)): "
          + "there are \(Self.engines.joined(separator: " and "))")
    }
    file.raptor = fields["raptor"].flatMap { reader.boolean($0, what: "'raptor'") }
    file.pilot = fields["pilot"].map(pilot) ?? PilotRequest()
    let tasks = self.tasks(fields)
    file.items = tasks.map(\.item)
    WorkflowChecks(reader: reader, file: file, tasks: tasks).run()
    if file.needsRaptor, file.pilot.cores == 1 {
      reader.report(
        fields["pilot"]?.mark, "a pilot with a raptor needs at least 2 cores: the raptor keeps one for itself")
    }
    return file
  }

  private func isEmpty(_ node: Node) -> Bool {
    if case .scalar(let scalar) = node { return ScalarValue(scalar) == .nothing }
    return false
  }

  private func pilot(_ node: Node) -> PilotRequest {
    guard let fields = reader.fields(node, owner: "'pilot'", known: Self.pilotKeys) else { return PilotRequest() }
    return PilotRequest(
      cores: fields["cores"].flatMap { reader.whole($0, what: "'cores' of the pilot", in: 1...100_000_000) },
      gpus: fields["gpus"].flatMap { reader.whole($0, what: "'gpus' of the pilot", in: 0...100_000_000) },
      runtime: fields["runtime"].flatMap { reader.duration($0, what: "'runtime' of the pilot") })
  }

  private func tasks(_ fields: Fields) -> [ParsedTask] {
    guard let node = fields["tasks"] else {
      reader.report(fields.mark, "the workflow has no 'tasks'")
      return []
    }
    guard case .sequence(let sequence) = node else {
      reader.report(node.mark, "'tasks' must be a list (- name: …), found \(reader.describe(node))")
      return []
    }
    if sequence.isEmpty { reader.report(node.mark, "'tasks' is empty: there is nothing to run") }
    let taskReader = TaskReader(reader: reader)
    return sequence.enumerated().compactMap { taskReader.read($1, number: $0 + 1) }
  }
}
