import JSON
import Work
import Yams

/// Reads `function: {module: m, name: f, args: […], kwargs: {…}}` of a task.
struct FunctionReader {
  static let keys = ["module", "name", "args", "kwargs"]
  static let hints = ["function": "write 'name'", "arguments": "write 'args'", "file": "write 'module', without '.py'"]

  let reader: NodeReader

  /// - Parameter what: what messages call it: `'function' in task 't'`.
  func read(_ node: Node, what: String) -> FunctionCall? {
    guard let fields = reader.fields(node, owner: what, known: Self.keys, hints: Self.hints) else { return nil }
    let module = name("module", fields)
    let name = name("name", fields)
    var call = FunctionCall(module: module ?? "", name: name ?? "")
    var count = 0
    if let node = fields["args"] {
      let what = "'args' of \(what)"
      guard case .sequence(let sequence) = node else {
        reader.report(node.mark, "\(what) must be a list, found \(reader.describe(node))")
        return nil
      }
      call.args = sequence.map { value($0, what: what, depth: 1, count: &count) ?? .null }
    }
    if let node = fields["kwargs"] {
      let what = "'kwargs' of \(what)"
      guard let entries = reader.freeFields(node, owner: what)?.entries else { return nil }
      call.kwargs = entries.compactMapValues { value($0.value, what: what, depth: 1, count: &count) }
    }
    return module == nil || name == nil ? nil : call
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
    switch ScalarValue(scalar) {
    case .nothing: return .null
    case .boolean(let flag): return .bool(flag)
    case .whole(let number): return .int(number)
    case .decimal(let number):
      return scalar.string.utf8.contains(where: { ".eE".utf8.contains($0) }) ? .double(number) : refuse("is too large")
    case .text:
      let isPlain = scalar.style == .plain || scalar.style == .any
      if isPlain, [".inf", "-.inf", "+.inf", ".nan"].contains(scalar.string.lowercased()) {
        return refuse("has no place in JSON")
      }
      return .string(scalar.string)
    }
  }
}
