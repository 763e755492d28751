import Work
import Yams

/// A task of the file with the places that later checks need.
struct ParsedTask {
  var item: WorkItem
  /// Of the name, or of the task when it has none.
  var mark: Mark?
  /// The entries of `after`, each with its place.
  var after: [(text: String, mark: Mark?)]
  /// Of what asks for the cores.
  var coresMark: Mark?
  var gpusMark: Mark?
  var raptorMark: Mark?

  var name: String { item.description.name }
  /// How many tasks the item stands for.
  var count: Int { item.shape.first ?? 1 }
  var isEnsemble: Bool { !item.shape.isEmpty }
}

/// Reads one entry of `tasks`.
struct TaskReader {
  static let resourceKeys = ["ranks", "cores_per_rank", "gpus_per_rank"]
  static let keys =
    [
      "name", "argv", "command", "function", "inputs", "outputs", "stdin", "environment", "stdout", "stderr",
      "resources",
      "pre_exec", "timeout", "raptor", "after", "ensemble", "retries",
    ] + resourceKeys
  /// What people write who come from RP, or from an older SCALE-MS.
  static let hints = [
    "executable": "the program is the first entry of 'argv'", "arguments": "they follow the program in 'argv'",
    "cpu_processes": "write 'ranks'", "cpu_threads": "write 'cores_per_rank'", "cores": "write 'cores_per_rank'",
    "gpu_processes": "write 'gpus_per_rank'", "gpus": "write 'gpus_per_rank'", "env": "write 'environment'",
    "input_staging": "write 'inputs'", "output_staging": "write 'outputs'", "depends": "write 'after'",
    "shape": "write 'ensemble: N'", "uid": "write 'name'",
  ]
  /// More tasks than any session holds: a mistyped number.
  static let taskLimit = 100_000_000

  let reader: NodeReader

  func read(_ node: Node, number: Int) -> ParsedTask? {
    let owner = Self.owner(node, number: number)
    guard let fields = reader.fields(node, owner: owner, known: Self.keys, hints: Self.hints) else { return nil }
    let task = owner == "task \(number)" ? "" : " in \(owner)"
    func what(_ key: String) -> String { "'\(key)'\(task)" }

    var description = TaskDescription(name: name(fields) ?? "", argv: argv(fields, what: what))
    description.function = fields["function"].flatMap {
      FunctionReader(reader: reader).read($0, what: what("function"))
    }
    description.stdin = fields["stdin"].flatMap { standardInput($0, what: what("stdin")) }
    description.environment = fields["environment"].map { environment($0, what: what("environment")) } ?? [:]
    description.stdout = fileName("stdout", fields, what: what)
    description.stderr = fileName("stderr", fields, what: what)
    let staging = StagingReader(reader: reader)
    description.inputs = fields["inputs"].map { staging.read($0, direction: .input, what: what("inputs")) } ?? []
    description.outputs = fields["outputs"].map { staging.read($0, direction: .output, what: what("outputs")) } ?? []
    description.preExec = fields["pre_exec"].flatMap { reader.texts($0, what: what("pre_exec")) }?.map(\.text) ?? []
    description.timeout = fields["timeout"].flatMap { reader.duration($0, what: what("timeout")) }
    description.raptor = fields["raptor"].flatMap { reader.boolean($0, what: what("raptor")) } ?? false
    description.retries = fields["retries"].flatMap { reader.whole($0, what: what("retries"), in: 0...250) } ?? 0
    let (resources, marks) = self.resources(fields, what: what)
    description.resources = resources
    if fields["function"] != nil { settleFunction(&description, fields, marks) }
    let after = fields["after"].flatMap { reader.texts($0, what: what("after")) } ?? []
    description.after = after.map(\.text)

    let shape = fields["ensemble"].map { self.shape($0, what: what("ensemble")) } ?? []
    if fields["ensemble"] == nil {
      var seen: Set<Int> = []
      for key in Self.keys { refuseMember(in: fields[key], key: key, task: task, seen: &seen) }
    }
    return ParsedTask(
      item: WorkItem(description, shape: shape), mark: fields["name"]?.mark ?? fields.mark, after: after,
      coresMark: marks["ranks"] ?? marks["cores_per_rank"] ?? fields.mark,
      gpusMark: marks["gpus_per_rank"] ?? fields.mark, raptorMark: (fields["raptor"] ?? fields["function"])?.mark)
  }

  /// What messages call the task: by its name, or by its place in the list.
  private static func owner(_ node: Node, number: Int) -> String {
    guard case .mapping(let mapping) = node else { return "task \(number)" }
    for case (.scalar(let key), .scalar(let value)) in mapping where key.string == "name" && !value.string.isEmpty {
      return "task '\(shortened(value.string))'"
    }
    return "task \(number)"
  }

  private func name(_ fields: Fields) -> String? {
    guard let node = fields["name"] else {
      reader.report(fields.mark, "\(fields.owner) has no 'name'")
      return nil
    }
    guard let name = reader.text(node, what: "'name' of a task", isEmptyAllowed: false) else { return nil }
    if let fault = Self.fault(ofName: name) { reader.report(node.mark, "the task name '\(shortened(name))' \(fault)") }
    return name
  }

  static func fault(ofName name: String) -> String? {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    if !isPlain {
      let hint = name.contains("{member}") ? " (members are called name.0, name.1 … by themselves)" : ""
      return "may hold only letters, digits, '_', '-' and '.'\(hint)"
    }
    if name.hasPrefix(".") || name.hasPrefix("-") { return "must begin with a letter, a digit or '_'" }
    if name.utf8.count > 200 { return "is longer than 200 characters" }
    if let dot = name.lastIndex(of: "."), name[dot...].dropFirst().allSatisfy(\.isNumber) {
      return "must not end in a dot and a number: that is how members of an ensemble are called"
    }
    return nil
  }

  /// What a function means for the rest of its task: it goes through the raptor, and has nothing that only a program has.
  private func settleFunction(_ description: inout TaskDescription, _ fields: Fields, _ marks: [String: Mark]) {
    func refuse(_ mark: Mark?, _ what: String, _ why: String) {
      reader.report(mark, "\(fields.owner) is a function and cannot have \(what): \(why)")
    }
    if case .scalar(let raptor)? = fields["raptor"], ScalarValue(raptor) == .boolean(false) {
      refuse(raptor.mark, "'raptor: false'", "a function runs in a worker of the raptor")
    }
    description.raptor = true
    if let stdin = fields["stdin"] {
      refuse(stdin.mark, "'stdin'", "what it works on goes under 'args' or 'kwargs'")
    }
    if let preExec = fields["pre_exec"] {
      refuse(preExec.mark, "'pre_exec'", "that is run by a shell, a function by the interpreter of a worker")
    }
    if description.resources.ranks > 1 {
      refuse(marks["ranks"], "'ranks: \(description.resources.ranks)'", "it runs in one process")
    }
  }

  private func argv(_ fields: Fields, what: (String) -> String) -> [String] {
    let given = ["argv", "command", "function"].filter { fields[$0] != nil }
    if given.count > 1 {
      let names = given.map { "'\($0)'" }.joined(separator: " and ")
      reader.report(fields.keyMark(given[given.count - 1]), "\(fields.owner) has both \(names); give one of them")
    }
    if fields["function"] != nil { return [] }
    if let command = fields["command"] {
      return reader.text(command, what: what("command"), isEmptyAllowed: false).map { ["/bin/sh", "-c", $0] } ?? []
    }
    guard let node = fields["argv"] else {
      reader.report(
        fields.mark, "\(fields.owner) has neither 'argv' (a program and its arguments) nor 'command' nor 'function'")
      return []
    }
    guard case .sequence(let sequence) = node else {
      let hint = if case .scalar = node { "; a shell command line goes under 'command'" } else { "" }
      reader.report(node.mark, "\(what("argv")) must be a list, found \(reader.describe(node))\(hint)")
      return []
    }
    if sequence.isEmpty { reader.report(node.mark, "\(what("argv")) is empty: it begins with the program to run") }
    return sequence.enumerated().compactMap { index, element in
      reader.text(
        element, what: index == 0 ? "the program of \(what("argv"))" : "an entry of \(what("argv"))",
        isEmptyAllowed: index > 0)
    }
  }

  private func standardInput(_ node: Node, what: String) -> StandardInput? {
    switch node {
    case .sequence(let lines):
      let texts = lines.map { reader.text($0, what: "a line of \(what)") }
      return .text(texts.map { ($0 ?? "") + "\n" }.joined())
    case .mapping:
      guard let fields = reader.fields(node, owner: what, known: ["file"]) else { return nil }
      guard let file = fields["file"] else {
        reader.report(node.mark, "\(what) must be a text, a list of lines, or {file: PATH}")
        return nil
      }
      return reader.text(file, what: "'file' of \(what)", isEmptyAllowed: false).map(StandardInput.file)
    default: return reader.text(node, what: what).map(StandardInput.text)
    }
  }

  private func environment(_ node: Node, what: String) -> [String: String] {
    guard let fields = reader.freeFields(node, owner: what) else { return [:] }
    var result: [String: String] = [:]
    for (name, entry) in fields.entries {
      if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) || name.utf8.contains(0) {
        reader.report(entry.keyMark, "'\(shortened(name))' cannot be the name of an environment variable")
      } else if let value = reader.text(entry.value, what: "'\(shortened(name))' of \(what)") {
        result[name] = value
      }
    }
    return result
  }

  private func fileName(_ key: String, _ fields: Fields, what: (String) -> String) -> String {
    guard let node = fields[key] else { return key }
    guard let name = reader.text(node, what: what(key), isEmptyAllowed: false) else { return key }
    if name.utf8.contains(UInt8(ascii: "/")) || name == ".." || name == "." {
      reader.report(
        node.mark,
        "\(what(key)) must be a file name inside the task's directory, without '/', found '\(shortened(name))'")
      return key
    }
    return name
  }

  private func resources(_ fields: Fields, what: (String) -> String) -> (TaskResources, [String: Mark]) {
    var values: [String: Int] = [:]
    var marks: [String: Mark] = [:]
    let inner = fields["resources"].flatMap {
      reader.fields($0, owner: what("resources"), known: Self.resourceKeys, hints: Self.hints)
    }
    for key in Self.resourceKeys {
      if inner?[key] != nil, fields[key] != nil {
        reader.report(fields.keyMark(key), "'\(key)' is given twice in \(fields.owner): here and under 'resources'")
      }
      guard let node = fields[key] ?? inner?[key] else { continue }
      let least = key == "gpus_per_rank" ? 0 : 1
      values[key] = reader.whole(node, what: what(key), in: least...1_000_000)
      marks[key] = node.mark
    }
    return (
      TaskResources(
        ranks: values["ranks"] ?? 1, coresPerRank: values["cores_per_rank"] ?? 1,
        gpusPerRank: values["gpus_per_rank"] ?? 0), marks
    )
  }

  private func shape(_ node: Node, what: String) -> [Int] {
    guard case .sequence(let sequence) = node else {
      return [reader.whole(node, what: what, in: 1...Self.taskLimit) ?? 1]
    }
    guard sequence.count == 1, let only = sequence.first else {
      reader.report(node.mark, "\(what) must be one number: only one-dimensional ensembles are supported")
      return [1]
    }
    return [reader.whole(only, what: what, in: 1...Self.taskLimit) ?? 1]
  }

  /// `{member}` stands for nothing in a single task.
  private func refuseMember(in node: Node?, key: String, task: String, seen: inout Set<Int>) {
    guard let node, key != "name" else { return }
    if case .scalar(let scalar) = node {
      if scalar.string.utf8.contains(UInt8(ascii: "{")), scalar.string.contains("{member}") {
        reader.report(scalar.mark, "'\(key)'\(task) has {member}, but the task is no ensemble (ensemble: N)")
      }
      return
    }
    // Aliases may lead to the same list over and over.
    guard seen.insert(node.place).inserted else { return }
    switch node {
    case .sequence(let sequence):
      for element in sequence { refuseMember(in: element, key: key, task: task, seen: &seen) }
    case .mapping(let mapping):
      for (_, value) in mapping { refuseMember(in: value, key: key, task: task, seen: &seen) }
    case .scalar, .alias: break
    }
  }
}
