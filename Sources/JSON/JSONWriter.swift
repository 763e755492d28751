/// Appends one flat JSON object after another to a buffer; no tree, no Foundation.
///
/// `JSONEncoder` writes 0.5 million small events a second, this some ten times that.
public struct JSONWriter {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false
  /// Seconds from here on do not fit into the microseconds of a time stamp.
  private static let secondsLimit = 9e12

  public init() {}

  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  public mutating func beginObject() {
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  public mutating func endObject() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  public mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  public mutating func key(_ name: StaticString) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = true
  }

  public mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }

  public mutating func member(_ name: StaticString, _ value: some BinaryInteger) {
    key(name)
    append(String(value))
  }

  public mutating func member(_ name: StaticString, _ value: Bool) {
    key(name)
    append(value ? "true" : "false")
  }

  /// A number of seconds, to the microsecond; what is not finite becomes `null`.
  public mutating func member(_ name: StaticString, _ value: Double) {
    key(name)
    guard value.isFinite, abs(value) < Self.secondsLimit else { return append("null") }
    seconds(microseconds: Int64((value * 1e6).rounded()))
  }

  public mutating func member(_ name: StaticString, _ value: String?) {
    if let value { member(name, value) }
  }

  public mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
    if let value { member(name, value) }
  }

  /// Left out when it is not finite.
  public mutating func member(_ name: StaticString, _ value: Double?) {
    if let value, value.isFinite, abs(value) < Self.secondsLimit { member(name, value) }
  }

  public mutating func member(_ name: StaticString, _ values: some Collection<String>) {
    key(name)
    bytes.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      string(value)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// JSON that something else encoded.
  public mutating func member(_ name: StaticString, raw: some Sequence<UInt8>) {
    key(name)
    bytes.append(contentsOf: raw)
  }

  /// A number of seconds, given in microseconds.
  public mutating func member(_ name: StaticString, microseconds: Int64) {
    key(name)
    seconds(microseconds: microseconds)
  }

  /// An object of counts.
  public mutating func member(_ name: StaticString, _ counts: [String: Int]) {
    key(name)
    bytes.append(UInt8(ascii: "{"))
    for (index, (key, value)) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      string(key)
      bytes.append(UInt8(ascii: ":"))
      append(String(value))
    }
    bytes.append(UInt8(ascii: "}"))
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func seconds(microseconds: Int64) {
    if microseconds < 0 { bytes.append(UInt8(ascii: "-")) }
    let magnitude = microseconds.magnitude
    append(String(magnitude / 1_000_000))
    let fraction = magnitude % 1_000_000
    guard fraction > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    var divisor: UInt64 = 100_000
    var rest = fraction
    while rest > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }

  public mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\t"): append("\\t")
      case UInt8(ascii: "\r"): append("\\r")
      case 0..<0x20, 0x7f:
        let digits = String(byte, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
