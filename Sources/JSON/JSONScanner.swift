/// A pull scanner over one line of JSON (RFC 8259): no tree, no allocation.
///
/// It accepts JSON and nothing else, whatever order its caller asks in: it knows whether a value, a member or a comma is
/// due, and in which bracket. Who reads to the end and calls `finish` has checked every byte of the line. Use it only
/// inside the closure that lent the bytes; it never reads past them.
///
/// Two things the grammar leaves open: bytes that are no UTF-8, and escapes of half a surrogate pair, are no error, and
/// become U+FFFD in the text. (A damaged character shall not cost the fact that a line of a journal states.)
@frozen public struct JSONScanner {
  /// Where a line stopped being the JSON that was expected.
  public struct SyntaxError: Error, Equatable, CustomStringConvertible {
    public var expected: StaticString
    /// Byte offset in the line.
    public var offset: Int
    public var description: String { "expected \(expected) at byte \(offset)" }

    @usableFromInline init(expected: StaticString, offset: Int) {
      self.expected = expected
      self.offset = offset
    }

    public static func == (a: SyntaxError, b: SyntaxError) -> Bool {
      a.offset == b.offset && a.description == b.description
    }
  }

  /// What may come next.
  @frozen @usableFromInline enum Due: UInt8 {
    case value
    /// The first member or element, or the end of its container.
    case first
    /// A comma, or the end of the container; outside of all containers the end of the line.
    case separator
  }

  @usableFromInline let bytes: UnsafeRawBufferPointer
  @usableFromInline let end: Int
  @usableFromInline var offset = 0
  @usableFromInline var due = Due.value
  /// The open containers as bits, the innermost lowest: 1 for an object.
  @usableFromInline var containers: UInt128 = 0
  @usableFromInline var depth = 0
  /// Whether a `JSONRecord` refuses members that its table does not have: what they ask for must not silently be dropped.
  public var refusesUnknownMembers = false

  /// The deepest nesting that can be pulled apart; what is only passed over (`value`) may be as deep as it likes.
  public static let depthLimit = 100

  @inlinable public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    end = bytes.count
  }

  // MARK: Containers

  @inlinable public mutating func beginObject() throws(SyntaxError) { try open(0x7b, "{", 1) }
  @inlinable public mutating func beginArray() throws(SyntaxError) { try open(0x5b, "[", 0) }

  @inlinable
  mutating func open(_ bracket: UInt8, _ expected: StaticString, _ kind: UInt128) throws(SyntaxError) {
    try beginValue()
    guard offset < end, bytes[offset] == bracket else { throw failure(expected) }
    guard depth < Self.depthLimit else { throw failure("less nesting") }
    offset += 1
    depth += 1
    containers = containers << 1 | kind
    due = .first
  }

  /// The next key of the object, with its colon consumed, or `nil` after the closing brace.
  @inlinable public mutating func nextKey() throws(SyntaxError) -> Token? {
    guard try next(inObject: true) else { return nil }
    return try key()
  }

  /// Whether another element of the array follows; consumes the comma or the closing bracket.
  @inlinable public mutating func nextElement() throws(SyntaxError) -> Bool { try next(inObject: false) }

  @inlinable
  mutating func next(inObject: Bool) throws(SyntaxError) -> Bool {
    guard due != .value else { throw failure("a value") }
    guard depth > 0, containers & 1 == (inObject ? 1 : 0) else { throw failure(inObject ? "an element" : "a key") }
    skipSpace()
    guard offset < end else { throw failure(inObject ? "a key or }" : "an element or ]") }
    if bytes[offset] == (inObject ? 0x7d : 0x5d) {
      offset += 1
      depth -= 1
      containers >>= 1
      due = .separator
      return false
    }
    if due == .separator {
      guard bytes[offset] == 0x2c else { throw failure(inObject ? ", or }" : ", or ]") }
      offset += 1
    }
    due = .value
    return true
  }

  /// A key and its colon.
  @inlinable
  mutating func key() throws(SyntaxError) -> Token {
    skipSpace()
    guard offset < end, bytes[offset] == 0x22 else { throw failure("a key") }
    let key = try text()
    skipSpace()
    guard offset < end, bytes[offset] == 0x3a else { throw failure(":") }
    offset += 1
    return key
  }

  /// Ends the line: only white space may follow the one value.
  @inlinable public mutating func finish() throws(SyntaxError) {
    guard depth == 0, due == .separator else { throw failure("a whole value") }
    skipSpace()
    guard offset == end else { throw failure("the end of the line") }
  }

  // MARK: Values

  /// Of what kind the value is that comes next; a value is not necessarily one of its kind to the end.
  public mutating func kind() throws(SyntaxError) -> Kind {
    try beginValue()
    guard offset < end else { throw failure("a value") }
    switch bytes[offset] {
    case 0x22: return .string
    case 0x7b: return .object
    case 0x5b: return .array
    case 0x74, 0x66: return .boolean
    case 0x6e: return .null
    case 0x2d, 0x30...0x39: return .number
    default: throw failure("a value")
    }
  }

  public enum Kind: Sendable { case null, boolean, number, string, array, object }

  @inlinable public mutating func string() throws(SyntaxError) -> Token {
    try beginValue()
    guard offset < end, bytes[offset] == 0x22 else { throw failure("a string") }
    let token = try text()
    due = .separator
    return token
  }

  public mutating func boolean() throws(SyntaxError) -> Bool {
    try beginValue()
    guard offset < end, bytes[offset] == 0x74 || bytes[offset] == 0x66 else { throw failure("true or false") }
    let value = bytes[offset] == 0x74
    try word(value ? "true" : "false")
    due = .separator
    return value
  }

  /// Whether the next value is `null`, which is consumed then.
  public mutating func isNull() throws(SyntaxError) -> Bool {
    try beginValue()
    guard offset < end, bytes[offset] == 0x6e else { return false }
    try word("null")
    due = .separator
    return true
  }

  /// A whole number of at most 18 digits: sums and differences of a few of them don't overflow.
  public mutating func integer() throws(SyntaxError) -> Int64 {
    try beginValue()
    let start = offset
    let value = try wholePart()
    guard offset == end || bytes[offset] != 0x2e && bytes[offset] | 0x20 != 0x65 else {
      throw SyntaxError(expected: "a whole number", offset: start)
    }
    due = .separator
    return value
  }

  /// A number of seconds as whole microseconds; further digits are dropped.
  public mutating func microseconds() throws(SyntaxError) -> Int64 {
    try beginValue()
    let negative = offset < end && bytes[offset] == 0x2d
    let whole = try wholePart()
    guard whole.magnitude < 9_000_000_000_000 else { throw failure("a number of seconds in range") }
    var fraction: Int64 = 0
    if offset < end, bytes[offset] == 0x2e {
      offset += 1
      let start = offset
      var unit: Int64 = 100_000
      while offset < end, case let digit = bytes[offset] &- 0x30, digit < 10 {
        fraction &+= Int64(digit) &* unit
        unit /= 10
        offset += 1
      }
      guard offset > start else { throw failure("a digit") }
    }
    if offset < end, bytes[offset] == 0x65 || bytes[offset] == 0x45 { throw failure("a number without an exponent") }
    due = .separator
    return negative ? whole * 1_000_000 - fraction : whole * 1_000_000 + fraction
  }

  public mutating func seconds() throws(SyntaxError) -> Double { Double(try microseconds()) / 1e6 }

  /// A number of any form that a `Double` can hold.
  public mutating func number() throws(SyntaxError) -> Double {
    try beginValue()
    let start = offset
    try passNumber()
    guard let value = Double(String(decoding: bytes[start..<offset], as: UTF8.self)), value.isFinite else {
      throw SyntaxError(expected: "a number in range", offset: start)
    }
    due = .separator
    return value
  }

  /// A value of any kind, nested or not: passed over, and checked.
  public mutating func value() throws(SyntaxError) -> Value {
    try beginValue()
    let start = offset
    try passValue()
    due = .separator
    return Value(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
  }

  // MARK: Parts

  @inlinable @inline(__always)
  mutating func beginValue() throws(SyntaxError) {
    guard due == .value else { throw failure(due == .first ? "a key or an element" : "a comma or the end") }
    skipSpace()
  }

  @inlinable @inline(__always)
  mutating func skipSpace() {
    while offset < end, case let byte = bytes[offset], byte <= 0x20,
      byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
    { offset += 1 }
  }

  @usableFromInline func failure(_ expected: StaticString) -> SyntaxError {
    SyntaxError(expected: expected, offset: offset)
  }
}
