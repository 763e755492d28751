import Work
import Yams

/// What a workflow file asks of its pilot; what it does not say is left to the command line and the engine.
public struct PilotRequest: Equatable, Sendable {
  public var cores: Int?
  public var gpus: Int?
  /// Seconds the pilot may live.
  public var runtime: Double?
  /// `bind` and `omp_threads`, see `TaskPlacement`.
  public var bind: Bool?
  public var ompThreads: Bool?
  /// Further options by name, see `PilotOption`.
  public var options: [String: String]

  public init(
    cores: Int? = nil, gpus: Int? = nil, runtime: Double? = nil, bind: Bool? = nil, ompThreads: Bool? = nil,
    options: [String: String] = [:]
  ) {
    self.options = options
    self.cores = cores
    self.gpus = gpus
    self.runtime = runtime
    self.bind = bind
    self.ompThreads = ompThreads
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
  /// The name of an engine.
  public var engine: String?
  public var resource: String?
  /// How the resource is reached, as `local` or `ssh`.
  public var access: String?
  public var venv: String?
  /// What tasks run in, when that is another one than `venv`.
  public var targetVenv: String?
  public var pilot: PilotRequest
  /// Whether a raptor is wanted; `nil` when the file leaves it open.
  public var raptor: Bool?
  public var raptorShape = RaptorShape()
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
  public var taskCount: Int { items.taskCount }

  /// Reads the file at `path`.
  ///
  /// - Parameter engines: the names that an engine may have; any when `nil`.
  public init(contentsOf path: String, engines: [String]? = nil) throws(WorkflowErrors) {
    try self.init(text: SourceText.read(path), path: path, engines: engines)
  }

  /// Reads an open file, or a pipe, to its end.
  ///
  /// - Parameters:
  ///   - path: what messages call it.
  ///   - engines: the names that an engine may have; any when `nil`.
  public init(reading descriptor: Int32, path: String, engines: [String]? = nil) throws(WorkflowErrors) {
    try self.init(text: SourceText.read(descriptor, path: path), path: path, engines: engines)
  }

  /// Reads `text`; `path` is what messages call it.
  public init(text: String, path: String, engines: [String]? = nil) throws(WorkflowErrors) {
    let document = try YAMLDocument(text: JSONText.asYAML(text, path: path), path: path)
    let reader = NodeReader(path: path)
    reader.hiddenKeys = Set(document.standIns.keys)
    reader.add(document.duplicateKeys(path: path))
    self = WorkflowReader(reader: reader, engines: engines).read(document.root)
    guard reader.problems.isEmpty else { throw WorkflowErrors(reader.orderedProblems) }
  }
}

/// Reads the top level of a workflow file.
struct WorkflowReader {
  static let keys = ["name", "engine", "resource", "access", "venv", "target_venv", "pilot", "raptor", "tasks"]
  static let pilotKeys = ["cores", "gpus", "runtime", "bind", "omp_threads"] + PilotOption.known.map(\.name)
  static let raptorKeys = ["workers", "cores", "class"]

  let reader: NodeReader
  let engines: [String]?

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
      fields[key].flatMap { reader.word($0, what: "'\(key)'") }
    }
    file.name = text("name")
    file.resource = text("resource")
    file.access = text("access")
    file.venv = text("venv")
    file.targetVenv = text("target_venv")
    file.engine = text("engine")
    if let engine = file.engine, let engines, !engines.contains(engine) {
      reader.report(
        fields["engine"]?.mark,
        "unknown engine '\(shortened(engine))'\(suggestion(for: engine, among: engines)): "
          + "there are \(engines.joined(separator: " and "))")
    }
    if let node = fields["raptor"] { (file.raptor, file.raptorShape) = raptor(node) }
    file.pilot = fields["pilot"].map(pilot) ?? PilotRequest()
    let tasks = self.tasks(fields)
    file.items = tasks.map(\.item)
    let pilot = PilotSize(
      cores: file.pilot.cores, gpus: file.pilot.gpus, hasRaptor: file.needsRaptor,
      noRaptor: file.raptor == false ? "the workflow says 'raptor: false'" : nil)
    for violation in TaskRules.violations(in: file.items, pilot: pilot) { report(violation, of: tasks) }
    if file.needsRaptor, let cores = file.pilot.cores,
      let fault = PilotSize.faultOfRaptor(file.raptorShape, cores: cores)
    {
      reader.report(fields["pilot"]?.mark, fault)
    }
    return file
  }

  /// Whether one is wanted, or what it is to be like.
  private func raptor(_ node: Node) -> (Bool?, RaptorShape) {
    guard case .mapping = node else { return (reader.boolean(node, what: "'raptor'"), RaptorShape()) }
    guard let fields = reader.fields(node, owner: "'raptor'", known: Self.raptorKeys) else {
      return (nil, RaptorShape())
    }
    func number(_ key: String, _ what: String, _ fault: (Int) -> String?) -> Int? {
      guard let node = fields[key], let value = reader.whole(node, what: what, least: 1) else { return nil }
      guard let sentence = fault(value) else { return value }
      reader.report(node.mark, sentence)
      return nil
    }
    var shape = RaptorShape(
      workers: number("workers", "'workers' of the raptor", RaptorShape.fault(workers:)),
      cores: number("cores", "'cores' of the raptor's workers", RaptorShape.fault(cores:)))
    if let node = fields["class"], let name = reader.word(node, what: "'class' of the raptor") {
      if let fault = RaptorShape.fault(workerClass: name) { reader.report(node.mark, fault) }
      shape.workerClass = RaptorShape.WorkerClass(rawValue: name)
    }
    return (true, shape)
  }

  private func isEmpty(_ node: Node) -> Bool {
    if case .scalar(let scalar) = node { return ScalarValue(scalar) == .nothing }
    return false
  }

  /// Adds the place to what the rules say, unless the reader has said already what is wrong there.
  private func report(_ violation: WorkViolation, of tasks: [ParsedTask]) {
    let task = tasks[violation.item]
    guard !task.isBroken(violation.path) else { return }
    var sentence = violation.sentence
    if case .duplicate(let first?) = violation.kind {
      sentence += " (on line \(marks(of: tasks[first]).mark(at: [.key("name")])?.line ?? 0))"
    }
    reader.report(marks(of: task).mark(at: violation.path), sentence)
  }

  private func marks(of task: ParsedTask) -> TaskMarks { TaskMarks(node: task.node, hiddenKeys: reader.hiddenKeys) }

  private func pilot(_ node: Node) -> PilotRequest {
    guard let fields = reader.fields(node, owner: "'pilot'", known: Self.pilotKeys) else { return PilotRequest() }
    func checked<Value>(_ key: String, _ value: Value?, _ fault: (Value) -> String?) -> Value? {
      guard let value, let sentence = fault(value) else { return value }
      reader.report(fields[key]?.mark, sentence)
      return nil
    }
    func whole(_ key: String, least: Int) -> Int? {
      fields[key].flatMap { reader.whole($0, what: "'\(key)' of the pilot", least: least) }
    }
    func flag(_ key: String) -> Bool? { fields[key].flatMap { reader.boolean($0, what: "'\(key)' of the pilot") } }
    return PilotRequest(
      cores: checked("cores", whole("cores", least: PilotSize.coreRange.lowerBound), PilotSize.fault(cores:)),
      gpus: checked("gpus", whole("gpus", least: PilotSize.gpuRange.lowerBound), PilotSize.fault(gpus:)),
      runtime: checked(
        "runtime", fields["runtime"].flatMap { reader.duration($0, what: "'runtime' of the pilot") },
        PilotSize.fault(runtime:)), bind: flag("bind"), ompThreads: flag("omp_threads"),
      options: options(fields))
  }

  private func options(_ fields: Fields) -> [String: String] {
    var options: [String: String] = [:]
    for option in PilotOption.known {
      guard let node = fields[option.name],
        let value = reader.text(node, what: "'\(option.name)' of the pilot")
      else { continue }
      if let fault = option.fault(of: value) { reader.report(node.mark, fault) } else { options[option.name] = value }
    }
    if options["nodes"] != nil, fields["cores"] != nil {
      reader.report(fields.keyMark("nodes"), "the pilot has 'cores' and 'nodes': give one of them")
    }
    return options
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
    return sequence.enumerated().map { taskReader.read($1, number: $0 + 1) }
  }
}
