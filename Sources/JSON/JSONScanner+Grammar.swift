/// The rules of RFC 8259 for what stands between commas and brackets.
extension JSONScanner {
  /// A string; the scanner stands on its opening quote.
  @inlinable
  mutating func text() throws(SyntaxError) -> Token {
    offset += 1
    let start = offset
    var hasEscapes = false
    while offset < end {
      let byte = bytes[offset]
      if byte == 0x22 {
        let token = Token(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), hasEscapes: hasEscapes)
        offset += 1
        return token
      }
      guard byte >= 0x20 else { throw failure("no control character in a string") }
      if byte == 0x5c {
        hasEscapes = true
        try passEscape()
      } else {
        offset += 1
      }
    }
    throw SyntaxError(expected: "a closing quote", offset: start)
  }

  /// An escape; the scanner stands on its backslash.
  @usableFromInline
  mutating func passEscape() throws(SyntaxError) {
    guard offset + 1 < end else { throw failure("a closing quote") }
    switch bytes[offset + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 2
    case UInt8(ascii: "u"):
      guard offset + 6 <= end, bytes[(offset + 2)..<(offset + 6)].allSatisfy({ Self.hexDigit($0) != nil }) else {
        throw failure("four hexadecimal digits after \\u")
      }
      offset += 6
    default: throw failure("an escape that JSON has")
    }
  }

  static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }

  /// A whole number, or the part of one before its point.
  mutating func wholePart() throws(SyntaxError) -> Int64 {
    let start = offset
    let negative = offset < end && bytes[offset] == 0x2d
    if negative { offset += 1 }
    let first = offset
    var value: Int64 = 0
    while offset < end, case let digit = bytes[offset] &- 0x30, digit < 10 {
      guard offset - first < 18 else { throw SyntaxError(expected: "a number of at most 18 digits", offset: start) }
      value = value &* 10 &+ Int64(digit)
      offset += 1
    }
    guard offset > first else { throw SyntaxError(expected: "a whole number", offset: start) }
    guard bytes[first] != 0x30 || offset == first + 1 else {
      throw SyntaxError(expected: "a number without leading zeros", offset: start)
    }
    return negative ? -value : value
  }

  /// A number of any form and size.
  mutating func passNumber() throws(SyntaxError) {
    if offset < end, bytes[offset] == 0x2d { offset += 1 }
    if offset < end, bytes[offset] == 0x30 {
      offset += 1
      // The digit after a leading zero is where the value should have ended.
    } else {
      try passDigits()
    }
    if offset < end, bytes[offset] == 0x2e {
      offset += 1
      try passDigits()
    }
    if offset < end, bytes[offset] == 0x65 || bytes[offset] == 0x45 {
      offset += 1
      if offset < end, bytes[offset] == 0x2b || bytes[offset] == 0x2d { offset += 1 }
      try passDigits()
    }
  }

  private mutating func passDigits() throws(SyntaxError) {
    let start = offset
    while offset < end, bytes[offset] &- 0x30 < 10 { offset += 1 }
    guard offset > start else { throw failure("a digit") }
  }

  mutating func word(_ word: StaticString) throws(SyntaxError) {
    guard offset + word.utf8CodeUnitCount <= end,
      UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + word.utf8CodeUnitCount)]).equals(word)
    else { throw failure("true, false or null") }
    offset += word.utf8CodeUnitCount
  }

  /// A value with all that is in it. Not by recursion: what it passes over may be nested deeper than a stack is.
  mutating func passValue() throws(SyntaxError) {
    var open = BitStack()
    while true {
      skipSpace()
      guard offset < end else { throw failure("a value") }
      let byte = bytes[offset]
      switch byte {
      case 0x22: _ = try text()
      case 0x7b, 0x5b:
        offset += 1
        skipSpace()
        if offset < end, bytes[offset] == byte + 2 {
          offset += 1
        } else {
          open.push(byte == 0x7b)
          if byte == 0x7b { _ = try key() }
          continue
        }
      case 0x74: try word("true")
      case 0x66: try word("false")
      case 0x6e: try word("null")
      case 0x2d, 0x30...0x39: try passNumber()
      default: throw failure("a value")
      }
      guard try passEnds(&open) else { return }
    }
  }

  /// What follows a value: the ends of containers, then a comma.
  ///
  /// - Returns: whether another value follows.
  private mutating func passEnds(_ open: inout BitStack) throws(SyntaxError) -> Bool {
    while let isObject = open.top {
      skipSpace()
      guard offset < end else { throw failure("a closing bracket") }
      switch bytes[offset] {
      case 0x2c:
        offset += 1
        if isObject { _ = try key() }
        return true
      case isObject ? 0x7d : 0x5d:
        offset += 1
        open.pop()
      default: throw failure(isObject ? ", or }" : ", or ]")
      }
    }
    return false
  }
}

/// A stack of bits; the first 64 cost no memory.
private struct BitStack {
  private var newest: UInt64 = 0
  private var older: [UInt64] = []
  private var count = 0

  var top: Bool? { count > 0 ? newest & 1 == 1 : nil }

  mutating func push(_ bit: Bool) {
    if count > 0, count & 63 == 0 {
      older.append(newest)
      newest = 0
    }
    newest = newest << 1 | (bit ? 1 : 0)
    count += 1
  }

  mutating func pop() {
    newest >>= 1
    count -= 1
    if count > 0, count & 63 == 0, let word = older.popLast() { newest = word }
  }
}
