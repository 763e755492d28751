import JSON
import SessionModel
import Work

/// A record of RADICAL-Pilot: the same members in its dumps, which are JSON, and on its wire, which is MessagePack.
protocol RecordFields {
  func text(_ name: StaticString) -> String?
  func integer(_ name: StaticString) -> Int?
  func number(_ name: StaticString) -> Double?
  func fields(_ name: StaticString) -> Self?
  /// The elements of a list, as texts.
  func texts(_ name: StaticString) -> [String]
  /// How many elements a list has; `nil` when there is none.
  func count(_ name: StaticString) -> Int?
}

extension JSONObject: RecordFields {
  func text(_ name: StaticString) -> String? { lenient(name, .text) }
  func integer(_ name: StaticString) -> Int? { lenient(name, .integer) }
  func number(_ name: StaticString) -> Double? { lenient(name, .number) }
  func fields(_ name: StaticString) -> JSONObject? { object(name) }

  func texts(_ name: StaticString) -> [String] {
    (lenient(name, JSONCoding<[JSONValue]>.list(.any)) ?? []).map { value in
      if case .string(let text) = value { text } else { value.json }
    }
  }

  func count(_ name: StaticString) -> Int? { lenient(name, JSONCoding<[JSONValue]>.list(.any))?.count }
}

extension MessagePack: RecordFields {
  func text(_ name: StaticString) -> String? { self[name]?.text }
  func integer(_ name: StaticString) -> Int? { self[name]?.integer }
  func number(_ name: StaticString) -> Double? { self[name]?.number }
  func fields(_ name: StaticString) -> MessagePack? { self[name] }

  func texts(_ name: StaticString) -> [String] {
    guard let list = self[name] else { return [] }
    var texts: [String] = []
    list.forEach { element in
      texts.append(element.text ?? element.number.map { String($0) } ?? element.boolean.map { String($0) } ?? "…")
    }
    return texts
  }

  func count(_ name: StaticString) -> Int? {
    guard let list = self[name], list.isList else { return nil }
    var count = 0
    list.forEach { _ in count += 1 }
    return count
  }
}

/// A number of cores, ranks or gpus that somebody wrote: what no machine has is not calculated with.
func plausible(_ count: Int?, atLeast least: Int = 0) -> Int? {
  count.flatMap { (least...1_000_000).contains($0) ? $0 : nil }
}

/// What is known of a task beside its state.
struct TaskFacts: Equatable, Sendable {
  var uid: String
  var state: String?
  var exitCode: Int32?
  var description: TaskDescription?
  /// Why it failed, in RADICAL-Pilot's words.
  var detail: String?
  var stderr: String?
  /// RADICAL-Pilot's kind of task: `task.executable`, `raptor.master`, …
  var mode: String?
  /// Of a raptor's worker or function, the raptor.
  var raptor: String?

  init(uid: String) { self.uid = uid }

  init(_ task: some RecordFields) {
    uid = task.text("uid") ?? ""
    state = task.text("state")
    exitCode = task.integer("exit_code").flatMap(Int32.init(exactly:))
    detail = task.text("exception_detail")
    stderr = task.text("stderr")
    guard let said = task.fields("description") else { return }
    mode = said.text("mode")
    let name = said.text("name") ?? ""
    var description = TaskDescription(name: name.isEmpty ? uid : name)
    let program = said.text("executable") ?? ""
    if !program.isEmpty {
      description.argv = [program] + said.texts("arguments")
    } else if !(said.text("function") ?? "").isEmpty {
      // The function itself is packed: nobody can read it.
      description.argv = ["a Python function"]
    }
    description.resources = TaskResources(
      ranks: plausible(said.integer("ranks"), atLeast: 1) ?? 1,
      coresPerRank: plausible(said.integer("cores_per_rank"), atLeast: 1) ?? 1,
      gpusPerRank: plausible(said.number("gpus_per_rank").flatMap { Int(exactly: $0.rounded(.up)) }) ?? 0)
    raptor = said.text("raptor_id").flatMap { $0.isEmpty ? nil : $0 }
    description.raptor = raptor != nil
    self.description = description
  }
}

/// What is known of a pilot beside its state.
struct PilotFacts: Equatable, Sendable {
  var uid: String
  var state: String?
  var resource: String?
  var cores: Int?
  var gpus: Int?
  var nodes: Int?
  /// What gives out its nodes, by RADICAL-Pilot's name: `SLURM`, `FORK`, …
  var manager: String?
  /// Whether that is what it was given, and not what was asked for.
  var isGranted = false
  /// Minutes; 0 is no limit.
  var runtime: Double?
  /// Of the machine on which the program runs that opened the session.
  var ownerAddress: String?

  init(uid: String) { self.uid = uid }

  init(_ pilot: some RecordFields) {
    uid = pilot.text("uid") ?? ""
    state = pilot.text("state")
    resource = pilot.text("resource")
    cores = plausible(pilot.fields("resources")?.integer("cpu"))
    gpus = plausible(pilot.fields("resources")?.number("gpu").flatMap { Int(exactly: $0) })
    if let details = pilot.fields("resources")?.fields("rm_info") ?? pilot.fields("resource_details") {
      grant(details)
    }
    runtime = Self.minutes(pilot.fields("description")?.number("runtime"))
  }

  /// Of no more than a hundred years.
  private static func minutes(_ number: Double?) -> Double? {
    number.flatMap { (0...52_600_000).contains($0) ? $0 : nil }
  }

  /// Takes what its resource manager gave it, by RADICAL-Pilot's agent: of a machine that it knows, or of a job.
  mutating func grant(_ details: some RecordFields) {
    guard let count = plausible(details.count("node_list"), atLeast: 1) else { return }
    func total(_ name: StaticString) -> Int? {
      plausible(details.integer(name)).flatMap { plausible($0 * count) }
    }
    (nodes, cores, gpus) = (count, total("cores_per_node") ?? cores, total("gpus_per_node") ?? gpus)
    isGranted = true
  }

  /// Takes what another place says of the same pilot: what it was given goes before what was asked for.
  mutating func take(_ other: PilotFacts) {
    if other.isGranted, !isGranted {
      (cores, gpus, nodes) = (other.cores ?? cores, other.gpus ?? gpus, other.nodes ?? nodes)
      isGranted = true
    }
    cores = cores ?? other.cores
    gpus = gpus ?? other.gpus
    nodes = nodes ?? other.nodes
    runtime = runtime ?? other.runtime
    resource = resource ?? other.resource
    manager = manager ?? other.manager
  }

  /// - Parameter agent: what its agent was started with, which has the same in other places.
  init(agent: some RecordFields) {
    uid = agent.text("pid") ?? ""
    resource = agent.text("resource")
    cores = plausible(agent.integer("cores"))
    gpus = plausible(agent.integer("gpus"))
    nodes = plausible(agent.integer("nodes"), atLeast: 1)
    manager = agent.text("resource_manager")
    runtime = Self.minutes(agent.number("runtime"))
    ownerAddress = agent.text("proxy_url")
  }
}
