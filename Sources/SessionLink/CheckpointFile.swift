import Platform
import SessionModel
import SystemPackage
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// The file `checkpoint` of a session's directory. One that is damaged, old or of another journal is as good as none.
enum CheckpointFile {
  /// Bytes before the place of a checkpoint by which a journal is known again.
  private static let tailSize = 4096

  /// One of 33 bytes a task and a head is not as long; no more is taken into memory.
  private static let longest = 1 << 30

  /// The checkpoint, if it is a whole one of the open journal. Of another file no more than its beginning is read.
  ///
  /// - Throws: when what is there is nothing that could be one: no file, none that may be read, or far too long a one.
  static func read(
    _ path: FilePath, session: String, journal: borrowing Descriptor
  ) throws(FileError) -> Checkpoint? {
    guard let file = try open(path) else { return nil }
    let size = file.size
    guard size <= longest else { throw FileError(description: "\(path) has more than \(longest >> 20) MiB") }
    guard let header = header(file), header.session == session, header.size == size,
      header.journalEnd <= journal.size, tail(of: journal.file, before: header.journalEnd) == header.journalTail,
      let bytes = try? file.bytes(at: 0, count: size)
    else { return nil }
    return bytes.withUnsafeBytes { Checkpoint($0) }
  }

  /// What a checkpoint says of itself; not checked against its checksum.
  static func header(_ path: FilePath) -> Checkpoint.Header? {
    guard let file = try? open(path) else { return nil }
    return header(file)
  }

  /// Writes a checkpoint beside the one that is there, then puts it in its place.
  ///
  /// - Returns: how many bytes it has; `nil` when it could not be made.
  static func write(
    _ snapshot: SessionSnapshot, to path: FilePath, session: String, journal: FilePath, end: Int
  ) -> Int? {
    guard let journal = try? Descriptor.open(.file, journal.string) else { return nil }
    // A reader on another machine must not see a checkpoint of what it cannot see of the journal.
    fdatasync(journal.number)
    guard let tail = tail(of: journal.file, before: end),
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
  static func tail(of journal: FileDescriptor, before end: Int) -> UInt64? {
    let count = min(tailSize, end)
    guard let bytes = try? journal.bytes(at: end - count, count: count), bytes.count == count else { return nil }
    return bytes.withUnsafeBytes { Checkpoint.checksum(of: $0) }
  }

  /// What is at its path, opened; `nil` when nothing is.
  private static func open(_ path: FilePath) throws(FileError) -> Descriptor? {
    do { return try Descriptor.open(.file, path.string) } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  private static func header(_ file: borrowing Descriptor) -> Checkpoint.Header? {
    (try? file.bytes(at: 0, count: Checkpoint.headerSize))?.withUnsafeBytes { Checkpoint.Header($0) }
  }

  private static func write(_ bytes: [UInt8], to path: FilePath) -> Bool {
    do {
      let file = try Descriptor.open(
        .file, path.string, flags: O_WRONLY | O_CREAT | O_TRUNC, followsLinks: false, owner: .thisUser)
      try file.writeAll(bytes)
      // What a network file system could not keep, it says here.
      try file.close()
      return true
    } catch { return false }
  }
}
