import JSON
import Work
import Yams

/// Reads `function: {module: m, name: f, args: […], kwargs: {…}}` of a task.
struct FunctionReader {
  static let keys = ["module", "name", "args", "kwargs"]
  static let hints = ["function": "write 'name'", "arguments": "write 'args'", "file": "write 'module', without '.py'"]

  let reader: NodeReader
  /// What could not be read, and was reported.
  private(set) var broken: [[WorkViolation.Step]] = []

  init(reader: NodeReader) { self.reader = reader }

  /// - Parameter what: what messages call it: `'function' in task 't'`.
  /// - Returns: `nil` when it is no mapping.
  mutating func read(_ node: Node, what: String) -> FunctionCall? {
    guard let fields = reader.fields(node, owner: what, known: Self.keys, hints: Self.hints) else { return nil }
    var count = 0
    var call = FunctionCall(module: "", name: "")
    note("module") { call.module = $0.name("module", fields) ?? "" }
    note("name") { call.name = $0.name("name", fields) ?? "" }
    note("args") { call.args = $0.args(fields["args"], what: "'args' of \(what)", count: &count) }
    note("kwargs") { call.kwargs = $0.kwargs(fields["kwargs"], what: "'kwargs' of \(what)", count: &count) }
    return call
  }

  /// Reads a part, and notes when that could not be done.
  private mutating func note(_ key: String, _ read: (FunctionReader) -> Void) {
    if !reader.isRight({ read(self) }) { broken.append([.key("function"), .key(key)]) }
  }

  private func args(_ node: Node?, what: String, count: inout Int) -> [JSONValue] {
    guard let node else { return [] }
    guard case .sequence(let sequence) = node else {
      reader.report(node.mark, "\(what) must be a list, found \(reader.describe(node))")
      return []
    }
    return sequence.map { value($0, what: what, depth: 1, count: &count) ?? .null }
  }

  private func kwargs(_ node: Node?, what: String, count: inout Int) -> [String: JSONValue] {
    guard let node, let entries = reader.freeFields(node, owner: what)?.entries else { return [:] }
    return entries.compactMapValues { value($0.value, what: what, depth: 1, count: &count) }
  }

  private func name(_ key: String, _ fields: Fields) -> String? {
    guard let node = fields[key] else {
      reader.report(fields.mark, "\(fields.owner) has no '\(key)'")
      return nil
    }
    return reader.text(node, what: "'\(key)' of \(fields.owner)")
  }

  // MARK: - Values

  private func value(_ node: Node, what: String, depth: Int, count: inout Int) -> JSONValue? {
    count += 1
    guard count <= TaskRules.valueLimit else {
      if count == TaskRules.valueLimit + 1 { reader.report(node.mark, "\(what) \(TaskRules.tooManyValues)") }
      return nil
    }
    guard depth <= JSONValue.depthLimit else {
      reader.report(node.mark, "\(what) \(PythonName.tooDeep)")
      return nil
    }
    switch node {
    case .scalar(let scalar): return value(of: scalar, what: what)
    case .sequence(let sequence):
      return .array(sequence.map { value($0, what: what, depth: depth + 1, count: &count) ?? .null })
    case .mapping where node.isUnquotedMember:
      reader.report(node.mark, "an entry of \(what) is \(reader.describe(node))")
      return nil
    case .mapping:
      guard let entries = reader.freeFields(node, owner: "an entry of \(what)")?.entries else { return nil }
      return .object(entries.compactMapValues { value($0.value, what: what, depth: depth + 1, count: &count) })
    case .alias: return nil
    }
  }

  private func value(of scalar: Node.Scalar, what: String) -> JSONValue? {
    func refuse(_ why: String) -> JSONValue? {
      reader.report(scalar.mark, TaskRules.noNumber(scalar.string, in: what, why))
      return nil
    }
    if scalar.isPlain, let fault = NumberSpelling.fault(of: scalar.string, isExponentFine: true) {
      reader.report(scalar.mark, "an entry of \(what) \(fault), or pass it as text, in quotes")
      return nil
    }
    switch ScalarValue(scalar) {
    case .nothing: return .null
    case .boolean(let flag): return .bool(flag)
    case .whole(let number): return .int(number)
    case .decimal(let number):
      return scalar.string.utf8.contains(where: { ".eE".utf8.contains($0) }) ? .double(number) : refuse("is too large")
    case .text:
      if scalar.isPlain, [".inf", "-.inf", "+.inf", ".nan"].contains(scalar.string.lowercased()) {
        return refuse("has no place in JSON")
      }
      return .string(scalar.string)
    }
  }
}
