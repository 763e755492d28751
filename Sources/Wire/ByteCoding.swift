import SessionModel

/// Appends numbers (little-endian), texts and whole columns to a buffer.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  /// - Parameter capacity: about how many bytes will come, so that they are moved as seldom as possible.
  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  @inline(__always)
  mutating func number(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func seconds(_ value: Double) { number(value.bitPattern) }
  mutating func time(_ time: Timestamp) { number(time.microseconds) }
  mutating func flag(_ value: Bool) { number(value ? UInt8(1) : 0) }
  mutating func count(_ value: Int) { number(UInt64(value)) }

  mutating func text(_ value: String) {
    var value = value
    value.withUTF8 {
      count($0.count)
      bytes.append(contentsOf: $0)
    }
  }

  mutating func optional<T>(_ value: T?, _ write: (inout ByteWriter, T) -> Void) {
    flag(value != nil)
    if let value { write(&self, value) }
  }

  mutating func text(_ value: String?) { optional(value) { $0.text($1) } }
  mutating func time(_ value: Timestamp?) { optional(value) { $0.time($1) } }

  mutating func list<T>(_ values: some Collection<T>, _ write: (inout ByteWriter, T) -> Void) {
    count(values.count)
    for value in values { write(&self, value) }
  }

  mutating func texts(_ values: [String]) { list(values) { $0.text($1) } }

  /// The numbers as they are in memory; how many they are is not written.
  mutating func column<T: FixedWidthInteger>(_ values: [T]) {
    #if _endian(big)
      for value in values { number(value) }
    #else
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    #endif
  }

  /// Puts a number over bytes that were written before.
  mutating func set(_ value: UInt64, at offset: Int) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<(offset + 8), with: $0) }
  }
}

/// Reads what a `ByteWriter` wrote; whatever the bytes are, it throws and never reads past them.
///
/// Numbers are held to what the JSON of a journal can say, so that no computation with them overflows.
struct ByteReader {
  /// Bytes that are not what was written; `offset` is where that was noticed.
  struct Damage: Error { var offset: Int }

  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0
  private static let limit = 1_000_000_000_000_000_000
  private static let timeLimit: Int64 = 9_000_000_000_000_000_000
  private static let secondsLimit = 9e12

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - offset }
  var damage: Damage { Damage(offset: offset) }

  func require(_ condition: Bool) throws(Damage) { if !condition { throw damage } }

  @inline(__always)
  mutating func number<T: FixedWidthInteger>(_: T.Type = T.self) throws(Damage) -> T {
    guard remaining >= MemoryLayout<T>.size else { throw damage }
    defer { offset += MemoryLayout<T>.size }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  mutating func integer() throws(Damage) -> Int {
    let value = try number(Int64.self)
    try require(value.magnitude < UInt64(Self.limit))
    return Int(value)
  }

  mutating func seconds() throws(Damage) -> Double {
    let value = Double(bitPattern: try number())
    try require(abs(value) < Self.secondsLimit)
    return value
  }

  mutating func time() throws(Damage) -> Timestamp {
    let value = try number(Int64.self)
    try require(value.magnitude <= UInt64(Self.timeLimit))
    return Timestamp(microseconds: value)
  }

  mutating func flag() throws(Damage) -> Bool {
    let value = try number(UInt8.self)
    try require(value <= 1)
    return value == 1
  }

  /// How many things follow, of at least `size` bytes each: never more than there are bytes for.
  mutating func count(ofSize size: Int = 1) throws(Damage) -> Int {
    let value = try number(UInt64.self)
    try require(value <= UInt64(remaining / size))
    return Int(value)
  }

  mutating func text() throws(Damage) -> String {
    let count = try count()
    defer { offset += count }
    return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)]), as: UTF8.self)
  }

  mutating func optional<T>(_ read: (inout ByteReader) throws(Damage) -> T) throws(Damage) -> T? {
    try flag() ? try read(&self) : nil
  }

  mutating func optionalText() throws(Damage) -> String? { try flag() ? try text() : nil }
  mutating func optionalTime() throws(Damage) -> Timestamp? { try flag() ? try time() : nil }

  mutating func list<T>(_ read: (inout ByteReader) throws(Damage) -> T) throws(Damage) -> [T] {
    let count = try count()
    var values: [T] = []
    for _ in 0..<count { values.append(try read(&self)) }
    return values
  }

  mutating func texts() throws(Damage) -> [String] { try list { reader throws(Damage) in try reader.text() } }

  mutating func choice<T: RawRepresentable>(_: T.Type = T.self) throws(Damage) -> T where T.RawValue == String {
    guard let value = T(rawValue: try text()) else { throw damage }
    return value
  }

  mutating func column<T: FixedWidthInteger>(_ count: Int, of _: T.Type = T.self) throws(Damage) -> [T] {
    let (size, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<T>.size)
    guard count >= 0, !overflows, size <= remaining else { throw damage }
    defer { offset += size }
    let source = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + size)])
    let values = [T](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
      initialized = count
    }
    #if _endian(big)
      return values.map { T(littleEndian: $0) }
    #else
      return values
    #endif
  }
}
