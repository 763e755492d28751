import Work
import Yams

/// Reads the entries of one task into values; what values are wrong, `TaskRules` say.
struct TaskReading {
  let reader: NodeReader
  let fields: Fields
  let isNamed: Bool
  private(set) var broken: [[WorkViolation.Step]] = []

  init(reader: NodeReader, fields: Fields, isNamed: Bool) {
    self.reader = reader
    self.fields = fields
    self.isNamed = isNamed
  }

  private func what(_ key: String) -> String { isNamed ? "'\(key)' in \(fields.owner)" : "'\(key)'" }

  mutating func item() -> WorkItem {
    var description = TaskDescription(name: name(), argv: argv())
    description.function = function()
    description.stdin = standardInput()
    description.environment = environment()
    description.stdout = text("stdout") ?? "stdout"
    description.stderr = text("stderr") ?? "stderr"
    description.inputs = staging("inputs", .input)
    description.outputs = staging("outputs", .output)
    description.preExec = texts("pre_exec")
    description.timeout = value("timeout") { $0.duration($1, what: $2) }
    description.raptor = value("raptor") { $0.boolean($1, what: $2) } ?? (fields["function"] != nil)
    description.retries = value("retries") { $0.whole($1, what: $2, least: TaskRules.retryRange.lowerBound) } ?? 0
    description.resources = resources()
    description.launcher = value("launcher", launcher) ?? .auto
    description.after = texts("after")
    return WorkItem(description, shape: shape())
  }

  /// The value of a key; what cannot be read is nothing that rules are asked about.
  private mutating func value<Value>(_ key: String, _ read: (NodeReader, Node, String) -> Value?) -> Value? {
    guard let node = fields[key] else { return nil }
    var result: Value?
    if !reader.isRight({ result = read(reader, node, what(key)) }) { broken.append([.key(key)]) }
    return result
  }

  private mutating func text(_ key: String) -> String? { value(key) { $0.text($1, what: $2) } }

  private mutating func name() -> String {
    if fields["name"] == nil {
      reader.report(fields.mark, "\(fields.owner) has no 'name'")
      broken.append([.key("name")])
    }
    let name = value("name") { reader, node, _ in reader.word(node, what: "'name' of a task") }
    return name ?? ""
  }

  private mutating func argv() -> [String] {
    let given = ["argv", "command", "function"].filter { fields[$0] != nil }
    if given.count > 1 {
      let names = given.map { "'\($0)'" }.joined(separator: " and ")
      reader.report(fields.keyMark(given[given.count - 1]), "\(fields.owner) has both \(names); give one of them")
      broken.append([.key("argv")])
    }
    if fields["function"] != nil { return [] }
    if fields["command"] != nil { return text("command").map { TaskCommand.shell($0).argv } ?? brokenArgv() }
    guard let node = fields["argv"] else {
      reader.report(fields.mark, "\(fields.owner) \(TaskRules.noProgram)")
      return brokenArgv()
    }
    guard case .sequence(let sequence) = node else {
      let hint = if case .scalar = node { "; a shell command line goes under 'command'" } else { "" }
      reader.report(node.mark, "\(what("argv")) must be a list, found \(reader.describe(node))\(hint)")
      return brokenArgv()
    }
    let what = what("argv")
    return elements(of: sequence, key: "argv") { index in
      index == 0 ? "the program of \(what)" : "an entry of \(what)"
    }
  }

  private mutating func brokenArgv() -> [String] {
    broken.append([.key("argv")])
    return []
  }

  private mutating func function() -> FunctionCall? {
    guard let node = fields["function"] else { return nil }
    var function = FunctionReader(reader: reader)
    if let call = function.read(node, what: what("function")) {
      broken += function.broken
      return call
    }
    broken += [[.key("function")], [.key("argv")]]
    return nil
  }

  /// The texts of a list; each keeps its place, also behind one that is none.
  private mutating func elements(
    of sequence: Node.Sequence, key: String, what: (Int) -> String
  ) -> [String] {
    sequence.enumerated().map { index, element in
      if let text = reader.text(element, what: what(index)) { return text }
      broken.append([.key(key), .index(index)])
      return ""
    }
  }

  /// A list of texts, or one text.
  private mutating func texts(_ key: String) -> [String] {
    guard case .sequence(let sequence)? = fields[key] else { return text(key).map { [$0] } ?? [] }
    let what = "an entry of \(what(key))"
    return elements(of: sequence, key: key) { _ in what }
  }

  private mutating func standardInput() -> StandardInput? {
    value("stdin") { reader, node, what in
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
        return reader.text(file, what: "'file' of \(what)").map(StandardInput.file)
      default: return reader.text(node, what: what).map(StandardInput.text)
      }
    }
  }

  private mutating func environment() -> [String: String] {
    guard let entries = value("environment", { $0.freeFields($1, owner: $2)?.entries }) else { return [:] }
    var result: [String: String] = [:]
    let what = what("environment")
    for (name, entry) in entries {
      if let value = reader.text(entry.value, what: "'\(shortened(name))' of \(what)") {
        result[name] = value
      } else {
        broken.append([.key("environment"), .key(name)])
      }
    }
    return result
  }

  private mutating func staging(_ key: String, _ direction: StagingDirective.Direction) -> [StagingDirective] {
    guard let node = fields[key] else { return [] }
    let staging = StagingReader(reader: reader, what: what(key), direction: direction)
    let nodes: [Node] = if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
    return nodes.enumerated().map { index, node in
      if let directive = staging.read(node) { return directive }
      broken.append([.key(key), .index(index)])
      return StagingDirective(source: "", target: "")
    }
  }

  private mutating func resources() -> TaskResources {
    let inner = fields["resources"].flatMap {
      reader.fields($0, owner: what("resources"), known: TaskReader.resourceKeys, hints: TaskReader.hints)
    }
    var values: [String: Int] = [:]
    for key in TaskReader.resourceKeys {
      if inner?[key] != nil, fields[key] != nil {
        reader.report(fields.keyMark(key), "'\(key)' is given twice in \(fields.owner): here and under 'resources'")
      }
      guard let node = fields[key] ?? inner?[key] else { continue }
      let least = (key == "gpus_per_rank" ? TaskRules.gpuRange : TaskRules.coreRange).lowerBound
      values[key] = reader.whole(node, what: what(key), least: least)
      if values[key] == nil { broken.append([.key(key)]) }
    }
    return TaskResources(
      ranks: values["ranks"] ?? 1, coresPerRank: values["cores_per_rank"] ?? 1,
      gpusPerRank: values["gpus_per_rank"] ?? 0)
  }

  private func launcher(_ reader: NodeReader, _ node: Node, _ what: String) -> Launcher? {
    guard let word = reader.word(node, what: what) else { return nil }
    if let launcher = Launcher(rawValue: word) { return launcher }
    let words = Launcher.allCases.map(\.rawValue)
    reader.report(
      node.mark,
      "\(what) must be one of \(words.joined(separator: ", ")), found '\(shortened(word))'"
        + suggestion(for: word, among: words))
    return nil
  }

  private mutating func shape() -> [Int] {
    guard let node = fields["ensemble"] else { return [] }
    let nodes: [Node] = if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
    // Of several numbers, that they are several is what is wrong.
    guard nodes.count == 1 else { return nodes.isEmpty ? [0, 0] : nodes.map { _ in 1 } }
    let count = value("ensemble") { reader, _, what in
      reader.whole(nodes[0], what: what, least: TaskRules.taskRange.lowerBound)
    }
    return [count ?? 1]
  }
}
