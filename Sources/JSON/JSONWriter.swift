/// Appends one JSON object after another to a buffer, with commas where they belong; no tree, no Foundation.
///
/// `JSONEncoder` writes 0.5 million small events a second, this some ten times that.
public struct JSONWriter {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false
  /// Whether a `JSONRecord` leaves out members that an absent one reads as: for readers of the same version.
  public var omitsDefaults = false
  /// Seconds from here on do not fit into the microseconds of a time stamp.
  private static let secondsLimit = 9e12
  private static let microsecondsLimit: Int64 = 9_000_000_000_000_000_000 - 1

  public init() {}

  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  public mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  // MARK: Containers

  public mutating func beginObject() { begin(UInt8(ascii: "{")) }
  public mutating func endObject() { end(UInt8(ascii: "}")) }
  public mutating func beginArray() { begin(UInt8(ascii: "[")) }
  public mutating func endArray() { end(UInt8(ascii: "]")) }

  private mutating func begin(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  public mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A key of any content.
  public mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A comma, where one is due; a value comes.
  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  // MARK: Values

  public mutating func null() { plain("null") }
  public mutating func boolean(_ value: Bool) { plain(value ? "true" : "false") }
  @inlinable public mutating func integer(_ value: some BinaryInteger) { plain(String(value)) }

  /// The shortest text that reads back as the same number, a whole one without a point; what is not finite becomes
  /// `null`: JSON has no word for it.
  public mutating func number(_ value: Double) {
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { integer(whole) } else { decimal(value) }
  }

  /// As `number`, with a point or an exponent.
  public mutating func decimal(_ value: Double) { plain(value.isFinite ? "\(value)" : "null") }

  /// A number of seconds, to the microsecond; what is not finite becomes `null`.
  public mutating func seconds(_ value: Double) {
    guard value.isFinite, abs(value) < Self.secondsLimit else { return null() }
    seconds(microseconds: Int64((value * 1e6).rounded()))
  }

  public mutating func string(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    // Nearly all texts need no escape.
    let isWritten = text.utf8.withContiguousStorageIfAvailable { utf8 in
      for byte in utf8 where Self.needsEscape(byte) { return false }
      bytes.append(contentsOf: utf8)
      return true
    }
    if isWritten != true {
      for byte in text.utf8 { if Self.needsEscape(byte) { escape(byte) } else { bytes.append(byte) } }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case UInt8(ascii: "\n"): append("\\n")
    case UInt8(ascii: "\t"): append("\\t")
    case UInt8(ascii: "\r"): append("\\r")
    default:
      let digits = String(byte, radix: 16)
      append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }
  }

  /// A number of seconds, given in microseconds.
  public mutating func seconds(microseconds: Int64) {
    separate()
    // What no reader takes is written as the nearest that each takes: a clock may show anything.
    let microseconds = min(max(microseconds, -Self.microsecondsLimit), Self.microsecondsLimit)
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

  /// JSON that was checked, as it is.
  public mutating func json(_ json: JSONText) { plain(json.text) }

  @usableFromInline mutating func plain(_ text: String) {
    separate()
    append(text)
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

/// Members of an object; one that is `nil` is left out.
extension JSONWriter {
  public mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }

  @inlinable public mutating func member(_ name: StaticString, _ value: some BinaryInteger) {
    key(name)
    integer(value)
  }

  public mutating func member(_ name: StaticString, _ value: Bool) {
    key(name)
    boolean(value)
  }

  /// A number of seconds, to the microsecond; what is not finite becomes `null`.
  public mutating func member(_ name: StaticString, _ value: Double) {
    key(name)
    seconds(value)
  }

  /// A number of seconds, given in microseconds.
  public mutating func member(_ name: StaticString, microseconds: Int64) {
    key(name)
    seconds(microseconds: microseconds)
  }

  public mutating func member(_ name: StaticString, _ value: String?) {
    if let value { member(name, value) }
  }

  @inlinable public mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
    if let value { member(name, value) }
  }

  /// Left out when it is not finite.
  public mutating func member(_ name: StaticString, _ value: Double?) {
    if let value, value.isFinite, abs(value) < Self.secondsLimit { member(name, value) }
  }

  public mutating func member(_ name: StaticString, _ values: some Collection<String>) {
    key(name)
    beginArray()
    for value in values { string(value) }
    endArray()
  }

  /// An object of counts.
  public mutating func member(_ name: StaticString, _ counts: [String: Int]) {
    member(name, counts, .map(.integer))
  }

  public mutating func member(_ name: StaticString, _ value: JSONValue) {
    key(name)
    self.value(value)
  }

  public mutating func member(_ name: StaticString, _ value: JSONText?) {
    guard let value else { return }
    key(name)
    json(value)
  }

  @inlinable public mutating func member<Value>(_ name: StaticString, _ value: Value, _ coding: JSONCoding<Value>) {
    key(name)
    coding.write(value, &self)
  }
}
