import Glibc
import Platform
import SessionModel

/// A profile that may still grow, read from where the last look stopped.
struct ProfileFile: ~Copyable {
  private let file: Descriptor
  private var position = 0
  /// The beginning of a line whose end has not come.
  private var rest: [UInt8] = []
  /// No line of RADICAL-Pilot is as long.
  private static let longestLine = 1 << 16
  /// Whether what comes belongs to a line that is too long, up to its end.
  private var isSkipping = false
  private static let portion = 1 << 18

  /// - Parameter count: how many of its bytes are read of what is there already, from the end.
  /// - Throws: `FileError` when it cannot be read, or is no file.
  init(_ path: String, lastBytes count: Int = .max) throws(FileError) {
    file = try Descriptor.open(.file, path)
    // What is left of a line is none.
    position = max(0, file.size - count)
  }

  /// When it was written to last.
  var lastWritten: Timestamp? {
    guard let status = try? file.status() else { return nil }
    // Anybody may have set it to anything.
    return Timestamp(microseconds: Int64(min(max(0, status.st_mtim.tv_sec), 99_999_999_999)) * 1_000_000)
  }

  /// Hands out what came since the last look; nothing when the file cannot be read now.
  ///
  /// One that has become shorter is read anew: the state of a thing is what it rose to, whatever is told twice.
  ///
  /// - Parameter limit: bytes to read at most, more or less.
  /// - Returns: how many were read; as many as that when there may be more.
  @discardableResult
  mutating func read(limit: Int = .max, _ take: (ProfileLine) -> Void) -> Int {
    readLines(limit: limit) { bytes in
      if let line = ProfileLine(bytes) { take(line) }
    }
  }

  /// The same of any lines, without their line feeds.
  @discardableResult
  mutating func readLines(limit: Int = .max, _ take: (UnsafeRawBufferPointer) -> Void) -> Int {
    let size = file.size
    if size < position { (position, rest, isSkipping) = (0, [], false) }
    var count = 0
    while position < size, count < limit {
      guard let bytes = try? file.bytes(at: position, count: min(Self.portion, size - position)), !bytes.isEmpty else {
        return count
      }
      position += bytes.count
      count += bytes.count
      let whole = rest.isEmpty ? bytes : rest + bytes
      let used = whole.withUnsafeBytes { bytes in
        let start = isSkipping ? Self.lineEnd(bytes, 0).map { $0 + 1 } : 0
        guard let start else { return bytes.count }
        isSkipping = false
        return start + Self.lines(UnsafeRawBufferPointer(rebasing: bytes[start...]), take)
      }
      rest = Array(whole[used...])
      if rest.count > Self.longestLine { (rest, isSkipping) = ([], true) }
    }
    return count
  }

  private static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress, let found = memchr(base + start, 0x0a, bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// - Returns: how many bytes the whole lines were.
  private static func lines(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) -> Void) -> Int {
    var start = 0
    while let end = lineEnd(bytes, start) {
      take(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      start = end + 1
    }
    return start
  }
}
