/// Any JSON value. A decimal number stays one on its way (`2.0` is never written as `2`), which `Codable` would not keep.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int)
  /// One that is not finite is written as `null`: JSON has no other word for it.
  case double(Double)
  case string(String)
  case array([JSONValue])
  /// Written in order of the keys.
  case object([String: JSONValue])

  /// The deepest nesting that is read, so that no input exhausts the stack.
  public static let depthLimit = JSONScanner.depthLimit

  /// The value as JSON, on one line.
  public var json: String {
    var writer = JSONWriter()
    writer.value(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// - Throws: `JSONScanner.SyntaxError` when `json` is no JSON value, or one nested deeper than `depthLimit`.
  public init(json: String) throws {
    self = try Array(json.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      let value = try JSONValue(&scanner)
      try scanner.finish()
      return value
    }
  }

  /// Takes the next value. Of members with one name the last counts.
  public init(_ scanner: inout JSONScanner) throws(JSONScanner.SyntaxError) {
    switch try scanner.kind() {
    case .null:
      _ = try scanner.isNull()
      self = .null
    case .boolean: self = .bool(try scanner.boolean())
    case .string: self = .string(try scanner.string().text)
    case .number: self = try Self.number(&scanner)
    case .array:
      var elements: [JSONValue] = []
      try scanner.beginArray()
      while try scanner.nextElement() { elements.append(try JSONValue(&scanner)) }
      self = .array(elements)
    case .object:
      var members: [String: JSONValue] = [:]
      try scanner.beginObject()
      while let key = try scanner.nextKey() { members[key.text] = try JSONValue(&scanner) }
      self = .object(members)
    }
  }

  private static func number(_ scanner: inout JSONScanner) throws(JSONScanner.SyntaxError) -> JSONValue {
    let ahead = scanner
    let text = try scanner.value().json
    if let number = Int(text) { return .int(number) }
    scanner = ahead
    return .double(try scanner.number())
  }

  /// The value with each of its texts (not the keys) replaced.
  package func mapStrings(_ transform: (String) -> JSONValue) -> JSONValue {
    switch self {
    case .string(let text): transform(text)
    case .array(let elements): .array(elements.map { $0.mapStrings(transform) })
    case .object(let members): .object(members.mapValues { $0.mapStrings(transform) })
    case .null, .bool, .int, .double: self
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}

extension JSONWriter {
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let flag): boolean(flag)
    case .int(let number): integer(number)
    case .double(let value): decimal(value)
    case .string(let text): string(text)
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .object(let members):
      beginObject()
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        key(name)
        self.value(member)
      }
      endObject()
    }
  }
}
