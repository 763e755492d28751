import Platform
import SessionModel
import SystemPackage
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// The file `checkpoint` of a session's directory. Whatever goes wrong with it, the answer is that there is none.
enum CheckpointFile {
  /// Bytes before the place of a checkpoint by which a journal is known again.
  private static let tailSize = 4096

  /// The checkpoint, if it is a whole one of the open journal.
  static func read(_ path: FilePath, session: String, journal: Int32) -> Checkpoint? {
    guard let bytes = contents(path, limit: nil),
      let header = bytes.withUnsafeBytes({ Checkpoint.Header($0) }), header.session == session,
      header.journalEnd <= FileIdentity.size(journal),
      tail(of: journal, before: header.journalEnd) == header.journalTail
    else { return nil }
    return bytes.withUnsafeBytes { Checkpoint($0) }
  }

  /// What a checkpoint says of itself; not checked against its checksum.
  static func header(_ path: FilePath) -> Checkpoint.Header? {
    contents(path, limit: Checkpoint.headerSize)?.withUnsafeBytes { Checkpoint.Header($0) }
  }

  /// Writes a checkpoint beside the one that is there, then puts it in its place.
  ///
  /// - Returns: how many bytes it has; `nil` when it could not be made.
  static func write(
    _ snapshot: SessionSnapshot, to path: FilePath, session: String, journal: FilePath, end: Int
  ) -> Int? {
    let descriptor = open(journal.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // A reader on another machine must not see a checkpoint of what it cannot see of the journal.
    fdatasync(descriptor)
    guard let tail = tail(of: descriptor, before: end),
      let bytes = Checkpoint.bytes(of: snapshot, session: session, journalEnd: end, journalTail: tail)
    else { return nil }
    let new = FilePath(path.string + ".new")
    guard write(bytes, to: new) else {
      unlink(new.string)
      return nil
    }
    guard rename(new.string, path.string) == 0 else { return nil }
    return bytes.count
  }

  /// A checksum of what stands before a place.
  static func tail(of journal: Int32, before end: Int) -> UInt64? {
    let count = min(tailSize, end)
    var bytes = [UInt8](repeating: 0, count: count)
    guard pread(journal, &bytes, count, off_t(end - count)) == count else { return nil }
    return bytes.withUnsafeBytes { Checkpoint.checksum(of: $0) }
  }

  private static func contents(_ path: FilePath, limit: Int?) -> [UInt8]? {
    let descriptor = open(path.string, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let size = min(limit ?? .max, FileIdentity.size(descriptor))
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      while filled < size {
        let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, size - filled)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        filled += count
      }
    }
    return bytes.count == size ? bytes : nil
  }

  private static func write(_ bytes: [UInt8], to path: FilePath) -> Bool {
    do throws(Errno) {
      let descriptor = try Descriptor.open(path.string, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
      try descriptor.writeAll(bytes)
      // What a network file system could not keep, it says here.
      try descriptor.close()
      return true
    } catch { return false }
  }
}
