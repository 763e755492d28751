/// A pull scanner over one line of JSON: no tree, no allocation, for the flat objects of a journal.
///
/// Use only inside the closure that lent the bytes. It never reads past them, whatever they hold.
public struct JSONScanner {
  /// Where a line stopped being the JSON that was expected.
  public struct Failure: Error, CustomStringConvertible {
    public var expected: StaticString
    /// Byte offset in the line.
    public var offset: Int
    public var description: String { "expected \(expected) at byte \(offset)" }
  }

  /// A piece of the line: a string without its quotes, or a whole value.
  public struct Token {
    public let bytes: UnsafeRawBufferPointer
    let hasEscapes: Bool

    @inline(__always)
    public func equals(_ name: StaticString) -> Bool { bytes.equals(name) }

    public var text: String {
      hasEscapes ? JSONScanner.unescape(bytes) : String(decoding: bytes, as: UTF8.self)
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private let end: Int
  private var offset = 0

  public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    end = bytes.count
  }

  @inline(__always)
  private mutating func skipSpace() {
    while offset < end, bytes[offset] == 0x20 || bytes[offset] == 0x09 || bytes[offset] == 0x0d { offset += 1 }
  }

  @inline(__always)
  private mutating func take(_ byte: UInt8, _ expected: StaticString) throws(Failure) {
    skipSpace()
    guard offset < end, bytes[offset] == byte else { throw Failure(expected: expected, offset: offset) }
    offset += 1
  }

  public mutating func beginObject() throws(Failure) { try take(0x7b, "{") }
  public mutating func beginArray() throws(Failure) { try take(0x5b, "[") }

  /// The next key of the object, with its colon consumed, or `nil` after the closing brace.
  public mutating func nextKey() throws(Failure) -> Token? {
    skipSpace()
    guard offset < end else { throw Failure(expected: "a key", offset: offset) }
    if bytes[offset] == 0x7d {
      offset += 1
      return nil
    }
    if bytes[offset] == 0x2c { offset += 1 }
    let key = try string()
    try take(0x3a, ":")
    return key
  }

  /// Whether another element of the array follows; consumes the comma or the closing bracket.
  public mutating func nextElement() throws(Failure) -> Bool {
    skipSpace()
    guard offset < end else { throw Failure(expected: "an element", offset: offset) }
    if bytes[offset] == 0x5d {
      offset += 1
      return false
    }
    if bytes[offset] == 0x2c { offset += 1 }
    return true
  }

  /// Ends the line: only white space may follow.
  public mutating func finish() throws(Failure) {
    skipSpace()
    guard offset == end else { throw Failure(expected: "the end of the line", offset: offset) }
  }

  public mutating func string() throws(Failure) -> Token {
    try take(0x22, "a string")
    let start = offset
    var hasEscapes = false
    while offset < end {
      let byte = bytes[offset]
      if byte == 0x22 {
        let token = Token(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), hasEscapes: hasEscapes)
        offset += 1
        return token
      }
      if byte == 0x5c {
        hasEscapes = true
        offset += 1
      }
      offset += 1
    }
    throw Failure(expected: "a closing quote", offset: start)
  }

  public mutating func integer() throws(Failure) -> Int64 {
    skipSpace()
    let start = offset
    var negative = false
    if offset < end, bytes[offset] == 0x2d {
      negative = true
      offset += 1
    }
    var value: Int64 = 0
    var digits = 0
    while offset < end, case let digit = bytes[offset] &- 0x30, digit < 10 {
      guard digits < 18 else { throw Failure(expected: "a number of at most 18 digits", offset: start) }
      value = value * 10 + Int64(digit)
      digits += 1
      offset += 1
    }
    guard digits > 0 else { throw Failure(expected: "a whole number", offset: start) }
    return negative ? -value : value
  }

  /// A number of seconds as whole microseconds; further digits are dropped.
  public mutating func microseconds() throws(Failure) -> Int64 {
    skipSpace()
    let negative = offset < end && bytes[offset] == 0x2d
    let whole = try integer()
    guard whole.magnitude < 9_000_000_000_000 else {
      throw Failure(expected: "a number of seconds in range", offset: offset)
    }
    var fraction: Int64 = 0
    if offset < end, bytes[offset] == 0x2e {
      offset += 1
      var unit: Int64 = 100_000
      while offset < end, case let digit = bytes[offset] &- 0x30, digit < 10 {
        fraction += Int64(digit) * unit
        unit /= 10
        offset += 1
      }
    }
    if offset < end, bytes[offset] == 0x65 || bytes[offset] == 0x45 {
      throw Failure(expected: "a number without an exponent", offset: offset)
    }
    return negative ? whole * 1_000_000 - fraction : whole * 1_000_000 + fraction
  }

  public mutating func seconds() throws(Failure) -> Double { Double(try microseconds()) / 1e6 }

  public mutating func boolean() throws(Failure) -> Bool {
    let value = try self.value()
    if value.equals("true") { return true }
    if value.equals("false") { return false }
    throw Failure(expected: "true or false", offset: offset)
  }

  /// The bytes of a value of any kind, nested or not.
  public mutating func value() throws(Failure) -> Token {
    skipSpace()
    let start = offset
    guard offset < end else { throw Failure(expected: "a value", offset: offset) }
    switch bytes[offset] {
    case 0x22: _ = try string()
    case 0x7b, 0x5b:
      var depth = 0
      repeat {
        guard offset < end else { throw Failure(expected: "a closing bracket", offset: offset) }
        switch bytes[offset] {
        case 0x22:
          _ = try string()
          continue
        case 0x7b, 0x5b: depth += 1
        case 0x7d, 0x5d: depth -= 1
        default: break
        }
        offset += 1
      } while depth > 0
    default:
      while offset < end, bytes[offset] != 0x2c, bytes[offset] != 0x7d, bytes[offset] != 0x5d { offset += 1 }
      guard offset > start else { throw Failure(expected: "a value", offset: offset) }
    }
    return Token(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), hasEscapes: false)
  }

  static func unescape(_ bytes: UnsafeRawBufferPointer) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    func hex4(at start: Int) -> UInt32? {
      guard start + 4 <= bytes.count else { return nil }
      var value: UInt32 = 0
      for position in start..<(start + 4) {
        guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else { return nil }
        value = value << 4 | UInt32(digit)
      }
      return value
    }
    while index < bytes.count {
      guard bytes[index] == 0x5c, index + 1 < bytes.count else {
        result.append(bytes[index])
        index += 1
        continue
      }
      let escape = bytes[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0a)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0d)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0c)
      case UInt8(ascii: "u"):
        var code = hex4(at: index) ?? 0xfffd
        index = min(bytes.count, index + 4)
        if (0xd800..<0xdc00).contains(code), index + 1 < bytes.count, bytes[index] == 0x5c,
          bytes[index + 1] == UInt8(ascii: "u"), let low = hex4(at: index + 2), (0xdc00..<0xe000).contains(low)
        {
          code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
          index += 6
        }
        result.append(contentsOf: String(Character(Unicode.Scalar(code) ?? "\u{fffd}")).utf8)
      default: result.append(escape)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension UnsafeRawBufferPointer {
  @inline(__always)
  package func equals(_ name: StaticString) -> Bool { count == name.utf8CodeUnitCount && starts(with: name) }

  @inline(__always)
  package func starts(with name: StaticString) -> Bool {
    guard count >= name.utf8CodeUnitCount else { return false }
    for index in 0..<name.utf8CodeUnitCount where self[index] != name.utf8Start[index] { return false }
    return true
  }
}
