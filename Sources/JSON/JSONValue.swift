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
  public static let depthLimit = 100

  /// The value as JSON, on one line.
  public var json: String {
    var writer = JSONWriter()
    writer.value(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// - Throws: `JSONScanner.Failure` when `json` is no JSON value, or one nested deeper than `depthLimit`.
  public init(json: String) throws {
    self = try Array(json.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      let token = try scanner.value()
      try scanner.finish()
      return try JSONValue(token, depth: 0)
    }
  }

  private init(_ token: JSONScanner.Token, depth: Int) throws {
    guard depth <= Self.depthLimit else { throw JSONScanner.Failure(expected: "less nesting", offset: 0) }
    var scanner = JSONScanner(token.bytes)
    switch token.bytes.first {
    case UInt8(ascii: "\""): self = .string(try scanner.string().text)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try scanner.beginArray()
      while try scanner.nextElement() { elements.append(try JSONValue(scanner.value(), depth: depth + 1)) }
      self = .array(elements)
    case UInt8(ascii: "{"):
      var members: [String: JSONValue] = [:]
      try scanner.beginObject()
      while let key = try scanner.nextKey() { members[key.text] = try JSONValue(scanner.value(), depth: depth + 1) }
      self = .object(members)
    default: self = try JSONValue(word: token.text)
    }
  }

  /// A value without quotes or brackets; white space may follow it.
  private init(word: String) throws {
    var word = word[...]
    while word.last?.isWhitespace ?? false { word.removeLast() }
    switch word {
    case "null": self = .null
    case "true": self = .bool(true)
    case "false": self = .bool(false)
    default:
      // `Double` also reads "infinity" and hexadecimal.
      guard word.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else {
        throw JSONScanner.Failure(expected: "a JSON value", offset: 0)
      }
      if let number = Int(word) {
        self = .int(number)
      } else if let number = Double(word), number.isFinite {
        self = .double(number)
      } else {
        throw JSONScanner.Failure(expected: "a number in range", offset: 0)
      }
    }
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
  public mutating func member(_ name: StaticString, _ value: JSONValue) {
    key(name)
    self.value(value)
  }

  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .int(let number): append(String(number))
    case .double(let number): append(number.isFinite ? "\(number)" : "null")
    case .string(let text): string(text)
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        append(index == 0 ? "[" : ",")
        self.value(element)
      }
      append(elements.isEmpty ? "[]" : "]")
    case .object(let members):
      for (index, (key, member)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        append(index == 0 ? "{" : ",")
        string(key)
        append(":")
        self.value(member)
      }
      append(members.isEmpty ? "{}" : "}")
    }
  }
}
