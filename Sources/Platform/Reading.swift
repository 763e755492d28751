import Glibc
import SystemPackage

// The one loop that reads. What it is for: a signal ends a read before it began; a pipe or a terminal has less than is
// wanted, and nothing at all when it must not block and nothing came yet. The end and a failure are two things.

extension FileDescriptor {
  /// Reads what there is, once.
  ///
  /// - Parameters:
  ///   - offset: where; where the last one stopped when `nil`.
  ///   - waits: whether to wait for a descriptor that must not block and has nothing at the moment.
  /// - Returns: how many bytes came, 0 at the end; `nil` when there is nothing now and it is not waited for.
  public func get(
    into room: UnsafeMutableRawBufferPointer, at offset: Int? = nil, waits: Bool = true
  ) throws(Errno) -> Int? {
    while true {
      let count =
        if let offset { Glibc.pread(rawValue, room.baseAddress, room.count, off_t(offset)) } else {
          Glibc.read(rawValue, room.baseAddress, room.count)
        }
      if count >= 0 { return count }
      let why = Errno.last
      if why == .interrupted { continue }
      guard why == .resourceTemporarilyUnavailable else { throw why }
      guard waits else { return nil }
      var item = pollfd(fd: rawValue, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, -1) > 0 || errno == EINTR else { throw Errno.last }
    }
  }

  /// Reads what there is, once, to the front of an array that has room for it; as above.
  public func get(into chunk: inout [UInt8], waits: Bool = true) throws(Errno) -> Int? {
    try chunk.withUnsafeMutableBytes { bytes in
      Result { () throws(Errno) in try get(into: bytes, waits: waits) }
    }.get()
  }

  /// Reads until the room is full or the end has come.
  ///
  /// - Parameter offset: where to begin; where the last one stopped when `nil`.
  /// - Returns: how many bytes came.
  public func fill(_ room: UnsafeMutableRawBufferPointer, at offset: Int? = nil) throws(Errno) -> Int {
    var filled = 0
    while filled < room.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled...])
      guard let count = try get(into: rest, at: offset.map { $0 + filled }), count > 0 else { break }
      filled += count
    }
    return filled
  }

  /// The bytes from a place of a file on: `count` of them, fewer when it ends before.
  public func bytes(at offset: Int, count: Int) throws(Errno) -> [UInt8] {
    var outcome = Result<Int, Errno>.success(0)
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
      // The array may have got more room than was asked for.
      let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<max(0, count)])
      outcome = Result { () throws(Errno) in try fill(room, at: offset) }
      filled = (try? outcome.get()) ?? 0
    }
    _ = try outcome.get()
    return bytes
  }

  /// Reads one line, without its line feed; what comes behind it stays to be read.
  ///
  /// - Returns: fewer bytes when the end comes before, or `limit` of them did.
  public func nextLine(limit: Int = 1 << 20) throws(Errno) -> [UInt8] {
    var line: [UInt8] = []
    // A pipe gives nothing back that was read, so it comes byte by byte.
    var byte: [UInt8] = [0]
    while line.count < limit, try get(into: &byte) == 1, byte[0] != 0x0a { line.append(byte[0]) }
    return line
  }

  /// Reads to the end.
  ///
  /// - Parameter expected: how much is likely to come.
  /// - Throws: `fileTooLarge` when more than `limit` bytes come.
  public func readAll(limit: Int, expected: Int = 0) throws(Errno) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(min(expected, limit) + 1)
    // One byte more than there should be shows the end without another round.
    var chunk = [UInt8](repeating: 0, count: min(max(min(expected, limit) + 1, 8192), 1 << 20))
    while let count = try get(into: &chunk), count > 0 {
      guard result.count + count <= limit else { throw .fileTooLarge }
      result.append(contentsOf: chunk[..<count])
    }
    return result
  }
}

/// What no file that is read whole here is longer than, unless its reader says so.
public let longestFile = 64 << 20

/// The content of a regular file, those of `/proc` included.
///
/// Another user, or a slip, may have put something else there: a pipe without a writer, a device or a file without an end
/// must not hold up whoever only wants to look.
///
/// - Throws: `FileError` when it cannot be read, is no regular file, is not the owner's, or is longer than the limit.
public func readFile(
  _ path: String, owner: FileOwner = .anyone, limit: Int = longestFile
) throws(FileError) -> [UInt8] {
  let file = try Descriptor.open(.file, path, owner: owner, limit: limit)
  // Files of /proc have no size.
  do { return try file.readAll(limit: limit, expected: file.size) } catch {
    throw FileError("\(path) cannot be read", error)
  }
}

/// The first bytes of a regular file, at most `count`; empty when it cannot be read.
public func startOfFile(_ path: String, _ count: Int) -> [UInt8] {
  guard let file = try? Descriptor.open(.file, path) else { return [] }
  return (try? file.bytes(at: 0, count: count)) ?? []
}

/// The last bytes of a regular file, at most `count`; empty when it cannot be read.
public func endOfFile(_ path: String, _ count: Int) -> [UInt8] {
  guard let file = try? Descriptor.open(.file, path) else { return [] }
  // One that grows meanwhile is cut there.
  return (try? file.bytes(at: max(0, file.size - count), count: count)) ?? []
}
