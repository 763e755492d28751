/// Writes numbers, texts and arrays one after the other, little-endian.
struct BinaryWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ value: Int) { put(Int64(value)) }
  mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }
  mutating func put(_ value: Double) { put(value.bitPattern) }

  mutating func put(_ text: String) {
    put(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  /// The elements as they stand in memory; this program runs on little-endian machines only.
  mutating func put<Element: BitwiseCopyable>(column: [Element]) {
    put(column.count)
    column.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func put(blob: some Collection<UInt8>) {
    put(blob.count)
    bytes.append(contentsOf: blob)
  }

  mutating func put<T>(_ value: T?, _ body: (inout BinaryWriter, T) -> Void) {
    put(value != nil)
    if let value { body(&self, value) }
  }
}

/// Reads what a `BinaryWriter` wrote; anything else throws.
struct BinaryReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  struct Damage: Error {}

  private mutating func take(_ count: Int) throws(Damage) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - offset else { throw Damage() }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  mutating func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) throws(Damage) -> T {
    T(littleEndian: try take(MemoryLayout<T>.size).loadUnaligned(as: T.self))
  }

  /// A number that counts things, each of which takes at least `size` bytes of the rest.
  mutating func count(of size: Int = 1) throws(Damage) -> Int {
    let count = try number(Int64.self)
    guard count >= 0, count <= Int64((bytes.count - offset) / max(1, size)) else { throw Damage() }
    return Int(count)
  }

  mutating func int() throws(Damage) -> Int { Int(try number(Int64.self)) }

  mutating func bool() throws(Damage) -> Bool {
    switch try number(UInt8.self) {
    case 0: return false
    case 1: return true
    default: throw Damage()
    }
  }

  mutating func double() throws(Damage) -> Double { Double(bitPattern: try number(UInt64.self)) }

  mutating func text() throws(Damage) -> String { String(decoding: try take(try count()), as: UTF8.self) }

  mutating func blob() throws(Damage) -> UnsafeRawBufferPointer { try take(try count()) }

  mutating func column<T: BitwiseCopyable>(_ type: T.Type = T.self) throws(Damage) -> [T] {
    let count = try count(of: MemoryLayout<T>.stride)
    let source = try take(count * MemoryLayout<T>.stride)
    return [T](unsafeUninitializedCapacity: count) { buffer, initialized in
      if count > 0 { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source) }
      initialized = count
    }
  }

  mutating func optional<T>(_ body: (inout BinaryReader) throws -> T) throws -> T? {
    try bool() ? try body(&self) : nil
  }

  func finish() throws(Damage) {
    guard offset == bytes.count else { throw Damage() }
  }
}
