import SessionModel
import Work

/// Appends numbers (little-endian) and whole columns to a buffer.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  /// - Parameter capacity: about how many bytes will come, so that they are moved as seldom as possible.
  init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  mutating func number(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func count(_ value: Int) { number(UInt64(value)) }

  /// The numbers as they are in memory; how many they are is not written.
  mutating func column<T: FixedWidthInteger>(_ values: [T]) {
    #if _endian(big)
      for value in values { number(value) }
    #else
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    #endif
  }

  mutating func ids(_ ids: [TaskID]) {
    count(ids.count)
    column(ids.map(\.number))
  }

  mutating func texts(_ texts: CommandList) {
    count(texts.bytes.count)
    column(texts.bytes)
    count(texts.ends.count)
    column(texts.ends)
  }

  /// Puts a number over bytes that were written before.
  mutating func set(_ value: UInt64, at offset: Int) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<(offset + 8), with: $0) }
  }
}

/// Reads what a `ByteWriter` wrote; whatever the bytes are, it throws and never reads past them.
struct ByteReader {
  /// Bytes that are not what was written; `offset` is where that was noticed.
  struct FormatError: Error { var offset: Int }

  private let buffer: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { buffer = bytes }

  var remaining: Int { buffer.count - offset }
  var damage: FormatError { FormatError(offset: offset) }

  func require(_ condition: Bool) throws(FormatError) { if !condition { throw damage } }

  mutating func number<T: FixedWidthInteger>(_: T.Type = T.self) throws(FormatError) -> T {
    guard remaining >= MemoryLayout<T>.size else { throw damage }
    defer { offset += MemoryLayout<T>.size }
    return T(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// How many things follow, of at least `size` bytes each: never more than there are bytes for.
  mutating func count(ofSize size: Int = 1) throws(FormatError) -> Int {
    let value = try number(UInt64.self)
    try require(value <= UInt64(remaining / size))
    return Int(value)
  }

  mutating func bytes(_ count: Int) throws(FormatError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else { throw damage }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: buffer[offset..<(offset + count)])
  }

  mutating func column<T: FixedWidthInteger>(_ count: Int, of _: T.Type = T.self) throws(FormatError) -> [T] {
    let (size, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<T>.size)
    guard !overflows else { throw damage }
    let source = try bytes(size)
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

  mutating func ids() throws(FormatError) -> [TaskID] {
    try column(try count(ofSize: 4), of: UInt32.self).map { TaskID($0) }
  }

  mutating func texts() throws(FormatError) -> CommandList {
    let bytes = try column(try count(), of: UInt8.self)
    let ends = try column(try count(ofSize: 4), of: UInt32.self)
    guard let list = CommandList(bytes: bytes, ends: ends) else { throw damage }
    return list
  }
}
