import JSON
import Work
import Yams

/// Reads `function: {module: m, name: f, args: […], kwargs: {…}}` of a task.
struct FunctionReader {
  static let keys = ["module", "name", "args", "kwargs"]
  static let hints = ["function": "write 'name'", "arguments": "write 'args'", "file": "write 'module', without '.py'"]
  /// More values than anyone writes: aliases that multiply.
  static let valueLimit = 100_000

  let reader: NodeReader

  /// - Parameter what: what messages call it: `'function' in task 't'`.
  func read(_ node: Node, what: String) -> FunctionCall? {
    guard let fields = reader.fields(node, owner: what, known: Self.keys, hints: Self.hints) else { return nil }
    let module = identifier("module", fields)
    let name = identifier("name", fields)
    var call = FunctionCall(module: module ?? "", name: name ?? "")
    var count = 0
    if let node = fields["args"] {
      let what = "'args' of \(what)"
      guard case .sequence(let sequence) = node else {
        reader.report(node.mark, "\(what) must be a list, found \(reader.describe(node))")
        return nil
      }
      call.args = sequence.compactMap { value($0, what: what, depth: 1, count: &count) }
    }
    if let node = fields["kwargs"] {
      let what = "'kwargs' of \(what)"
      guard let entries = reader.freeFields(node, owner: what)?.entries else { return nil }
      for (key, entry) in entries where !Self.isIdentifier(key) {
        reader.report(entry.keyMark, "'\(shortened(key))' of \(what) is no name of a Python argument")
      }
      call.kwargs = entries.compactMapValues { value($0.value, what: what, depth: 1, count: &count) }
    }
    return module == nil || name == nil ? nil : call
  }

  /// A Python name, or several with dots between.
  private func identifier(_ key: String, _ fields: Fields) -> String? {
    guard let node = fields[key] else {
      reader.report(fields.mark, "\(fields.owner) has no '\(key)'")
      return nil
    }
    let what = "'\(key)' of \(fields.owner)"
    guard let text = reader.text(node, what: what, isEmptyAllowed: false) else { return nil }
    guard text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isIdentifier) else {
      let hint = key == "module" && text.hasSuffix(".py") ? ": leave out '.py'" : ""
      reader.report(node.mark, "\(what) must be a Python name such as a.b, found '\(shortened(text))'\(hint)")
      return nil
    }
    return text
  }

  private static func isIdentifier(_ text: some StringProtocol) -> Bool {
    guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
    return text.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
  }

  // MARK: - Values

  private func value(_ node: Node, what: String, depth: Int, count: inout Int) -> JSONValue? {
    count += 1
    guard count <= Self.valueLimit else {
      if count == Self.valueLimit + 1 {
        reader.report(node.mark, "\(what) hold more than \(Self.valueLimit) values: leave them in a file")
      }
      return nil
    }
    guard depth <= JSONValue.depthLimit else {
      reader.report(node.mark, "\(what) are nested deeper than \(JSONValue.depthLimit) levels")
      return nil
    }
    switch node {
    case .scalar(let scalar): return value(of: scalar, what: what)
    case .sequence(let sequence):
      return .array(sequence.compactMap { value($0, what: what, depth: depth + 1, count: &count) })
    case .mapping:
      guard let entries = reader.freeFields(node, owner: "an entry of \(what)")?.entries else { return nil }
      return .object(entries.compactMapValues { value($0.value, what: what, depth: depth + 1, count: &count) })
    case .alias: return nil
    }
  }

  private func value(of scalar: Node.Scalar, what: String) -> JSONValue? {
    func refuse(_ why: String) -> JSONValue? {
      reader.report(
        scalar.mark, "the number '\(shortened(scalar.string))' in \(what) \(why): pass it as text, in quotes")
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
