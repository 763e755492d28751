import Glibc
import SystemPackage

/// What no file that is read whole here is longer than, unless its reader says so.
public let longestFile = 64 << 20

/// The content of a regular file, those of `/proc` included.
///
/// Another user, or a slip, may have put something else there: a pipe without a writer, a device or a file without an end
/// must not hold up whoever only wants to look.
///
/// - Throws: `FileError` when it cannot be read, is no regular file, or is longer than the limit.
public func readFile(_ path: String, limit: Int = longestFile) throws(FileError) -> [UInt8] {
  do {
    let descriptor = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    var status = stat()
    guard fstat(descriptor.number, &status) == 0 else { throw Errno.last }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw Errno.isDirectory
    default: throw FileError(description: "\(path) cannot be read: it is no regular file")
    }
    guard status.st_size <= limit else { throw Errno.fileTooLarge }
    // Files of /proc have no size.
    return try descriptor.readAll(limit: limit, expected: Int(status.st_size))
  } catch let problem as FileError {
    throw problem
  } catch {
    throw FileError("\(path) cannot be read", (error as? Errno) ?? .ioError)
  }
}

extension FileDescriptor {
  /// Reads to the end.
  ///
  /// - Parameter expected: how much is likely to come.
  /// - Throws: `fileTooLarge` when more than `limit` bytes come.
  public func readAll(limit: Int, expected: Int = 0) throws(Errno) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(min(expected, limit) + 1)
    // One byte more than there should be shows the end without another round.
    var chunk = [UInt8](repeating: 0, count: min(max(expected + 1, 8192), 1 << 20))
    while true {
      let count = Glibc.read(rawValue, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Errno.last }
      guard count > 0 else { return result }
      guard result.count + count <= limit else { throw .fileTooLarge }
      result.append(contentsOf: chunk[..<count])
    }
  }
}

/// The last bytes of a regular file, at most `count`; empty when it cannot be read.
public func endOfFile(_ path: String, _ count: Int) -> [UInt8] {
  guard let descriptor = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK) else { return [] }
  var status = stat()
  guard fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
  lseek(descriptor.number, max(0, status.st_size - off_t(count)), SEEK_SET)
  // One that grows meanwhile is cut there.
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    while case let got = read(descriptor.number, buffer.baseAddress, count), got >= 0 || errno == EINTR {
      filled = max(0, got)
      if got >= 0 { break }
    }
  }
}
