import JSON

/// A JSON Schema of `Documentation/Schemas`, as far as those go: types, members, items, words, bounds.
///
/// A word of a schema that is not understood is an error: nothing passes because it was not looked at.
public struct JSONSchema {
  private let root: [String: JSONValue]

  /// - Parameter name: of the file, without `.schema.json`.
  public init(_ name: String) throws {
    let path = "\(packageRoot)/Documentation/Schemas/\(name).schema.json"
    guard let text = contents(path) else { throw TestError("there is no \(path)") }
    guard case .object(let members) = try JSONValue(json: text) else { throw TestError("\(path) is no schema") }
    root = members
  }

  /// What is wrong with a line of JSON; empty when nothing is.
  public func faults(_ line: some StringProtocol) throws -> [String] {
    try Self.faults(try JSONValue(json: String(line)), root, at: "")
  }

  private static func faults(_ value: JSONValue, _ schema: [String: JSONValue], at path: String) throws -> [String] {
    var faults: [String] = []
    for (word, rule) in schema {
      switch (word, rule) {
      case ("$schema", _), ("title", _), ("description", _), ("properties", _): break
      case ("type", .string(let type)): if !isA(value, type) { faults.append("\(path) is no \(type): \(value)") }
      case ("enum", .array(let words)): if !words.contains(value) { faults.append("\(path) cannot be \(value)") }
      case ("const", _): if value != rule { faults.append("\(path) is not \(rule)") }
      case ("minimum", let bound):
        if number(value) ?? .infinity < number(bound) ?? 0 { faults.append("\(path): \(value)") }
      case ("maximum", let bound): if number(value) ?? 0 > number(bound) ?? 0 { faults.append("\(path): \(value)") }
      case ("required", .array(let names)):
        guard case .object(let members) = value else { break }
        for case .string(let name) in names where members[name] == nil { faults.append("\(path) has no '\(name)'") }
      case ("additionalProperties", .bool(false)):
        guard case .object(let members) = value, case .object(let known)? = schema["properties"] else { break }
        for name in members.keys where known[name] == nil { faults.append("\(path) has a '\(name)'") }
      case ("items", .object(let rule)):
        guard case .array(let items) = value else { break }
        for (number, item) in items.enumerated() { faults += try Self.faults(item, rule, at: "\(path)[\(number)]") }
      default: throw TestError("the schema says '\(word)': \(rule)")
      }
    }
    guard case .object(let members) = value, case .object(let rules)? = schema["properties"] else { return faults }
    for (name, member) in members {
      if case .object(let rule)? = rules[name] { faults += try Self.faults(member, rule, at: "\(path).\(name)") }
    }
    return faults
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  private static func isA(_ value: JSONValue, _ type: String) -> Bool {
    switch (type, value) {
    case ("string", .string), ("integer", .int), ("number", .int), ("number", .double), ("boolean", .bool),
      ("array", .array), ("object", .object):
      true
    default: false
    }
  }
}
