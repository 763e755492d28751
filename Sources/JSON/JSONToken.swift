extension JSONScanner {
  /// A string as it stands in the line, without its quotes.
  @frozen public struct Token {
    public let bytes: UnsafeRawBufferPointer
    @usableFromInline let hasEscapes: Bool

    @inlinable init(bytes: UnsafeRawBufferPointer, hasEscapes: Bool) {
      self.bytes = bytes
      self.hasEscapes = hasEscapes
    }

    @inlinable @inline(__always)
    public func equals(_ name: StaticString) -> Bool { hasEscapes ? textEquals(name) : bytes.equals(name) }

    @usableFromInline func textEquals(_ name: StaticString) -> Bool { text == name.description }

    public var text: String {
      hasEscapes ? JSONScanner.unescape(bytes) : String(decoding: bytes, as: UTF8.self)
    }
  }

  /// A whole value as it stands in the line: JSON that was checked.
  public struct Value {
    public let bytes: UnsafeRawBufferPointer
    public var json: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// The text of a string whose escapes were checked.
  static func unescape(_ bytes: UnsafeRawBufferPointer) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
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
        var code = codeUnit(bytes, index)
        index += 4
        if (0xd800..<0xdc00).contains(code), index + 5 < bytes.count, bytes[index] == 0x5c,
          bytes[index + 1] == UInt8(ascii: "u"), case let low = codeUnit(bytes, index + 2),
          (0xdc00..<0xe000).contains(low)
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

  /// Whether the text of a line is kept as it is when it is read: its bytes are UTF-8, and none of its escapes is half a
  /// surrogate pair, as Python writes bytes of a file's name that are no text.
  ///
  /// - Parameter line: JSON that was checked.
  public static func isExact(_ line: UnsafeRawBufferPointer) -> Bool {
    guard String(validating: line, as: UTF8.self) != nil else { return false }
    var index = 0
    while let escape = line[index...].firstIndex(of: 0x5c), escape + 1 < line.count {
      index = escape + 2
      guard line[escape + 1] == UInt8(ascii: "u") else { continue }
      let code = codeUnit(line, index)
      index = min(index + 4, line.count)
      guard (0xd800..<0xe000).contains(code) else { continue }
      guard code < 0xdc00, index + 6 <= line.count, line[index] == 0x5c, line[index + 1] == UInt8(ascii: "u"),
        (0xdc00..<0xe000).contains(codeUnit(line, index + 2))
      else { return false }
      index += 6
    }
    return true
  }

  /// What the four digits after `\u` say.
  private static func codeUnit(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt32 {
    guard start + 4 <= bytes.count else { return 0xfffd }
    return bytes[start..<(start + 4)].reduce(0) { $0 << 4 | (hexDigit($1) ?? 0) }
  }
}

extension UnsafeRawBufferPointer {
  @inlinable @inline(__always)
  package func equals(_ name: StaticString) -> Bool { count == name.utf8CodeUnitCount && starts(with: name) }

  @inlinable @inline(__always)
  package func starts(with name: StaticString) -> Bool {
    guard count >= name.utf8CodeUnitCount else { return false }
    for index in 0..<name.utf8CodeUnitCount where self[index] != name.utf8Start[index] { return false }
    return true
  }
}
