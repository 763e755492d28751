/// The members of an object, read when they are asked for: for what is not read by the million.
///
/// Use only while the bytes are lent that it was made of. Of members with one name the last counts.
public struct JSONObject {
  private var members: [(key: JSONScanner.Token, value: JSONScanner.Value)] = []

  /// - Throws: `JSONScanner.SyntaxError` when the bytes are anything but one object of JSON.
  public init(_ bytes: UnsafeRawBufferPointer) throws(JSONScanner.SyntaxError) {
    var scanner = JSONScanner(bytes)
    try self.init(&scanner)
    try scanner.finish()
  }

  /// Takes the next value of the scanner.
  public init(_ scanner: inout JSONScanner) throws(JSONScanner.SyntaxError) {
    members.reserveCapacity(8)
    try scanner.beginObject()
    while let key = try scanner.nextKey() { members.append((key, try scanner.value())) }
  }

  public func has(_ name: StaticString) -> Bool { bytes(name) != nil }

  /// - Parameter refusesUnknown: whether a member of a record that its table does not have is an error.
  /// - Throws: `JSONError` when the member is missing or something else than it should be.
  public func required<Value>(
    _ name: StaticString, _ coding: JSONCoding<Value>, refusesUnknown: Bool = false
  ) throws(JSONError) -> Value {
    guard let bytes = bytes(name) else { throw JSONError.missing(name.description) }
    return try value(name, bytes, coding, refusesUnknown)
  }

  /// - Returns: `nil` when the member is absent, or `null`.
  /// - Throws: `JSONError` when the member is something else than it should be.
  public func optional<Value>(
    _ name: StaticString, _ coding: JSONCoding<Value>, refusesUnknown: Bool = false
  ) throws(JSONError) -> Value? {
    guard let bytes = bytes(name), !bytes.equals("null") else { return nil }
    return try value(name, bytes, coding, refusesUnknown)
  }

  /// - Returns: `nil` when the member is absent, or anything else than it should be: of a peer whose words are its own.
  public func lenient<Value>(_ name: StaticString, _ coding: JSONCoding<Value>) -> Value? {
    bytes(name).flatMap { try? coding.value($0) }
  }

  /// The object in a member; `nil` when there is none.
  public func object(_ name: StaticString) -> JSONObject? { bytes(name).flatMap { try? JSONObject($0) } }

  /// Those members that are objects.
  public var objects: [JSONObject] { members.compactMap { try? JSONObject($0.value.bytes) } }

  /// Those members that are numbers.
  public var numbers: [String: Double] {
    var result: [String: Double] = [:]
    for (key, value) in members { result[key.text] = try? JSONCoding.number.value(value.bytes) }
    return result
  }

  private func value<Value>(
    _ name: StaticString, _ bytes: UnsafeRawBufferPointer, _ coding: JSONCoding<Value>, _ refusesUnknown: Bool
  ) throws(JSONError) -> Value {
    var scanner = JSONScanner(bytes)
    scanner.refusesUnknownMembers = refusesUnknown
    do {
      let value = try coding.read(&scanner)
      try scanner.finish()
      return value
    } catch { throw JSONError(error, in: .member(name.description)) }
  }

  private func bytes(_ name: StaticString) -> UnsafeRawBufferPointer? {
    members.last { $0.key.equals(name) }?.value.bytes
  }
}
