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
  /// - Parameter owner: whose it has to be.
  /// - Throws: when what is there is nothing that could be one: no file, none that may be read, or far too long a one.
  static func read(
    _ path: FilePath, session: String, journal: borrowing Descriptor, owner: FileOwner
  ) throws(FileError) -> Checkpoint? {
    guard let file = try open(path, owner) else { return nil }
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
    guard let file = try? open(path, .anyone) else { return nil }
    return header(file)
  }

  /// Writes a checkpoint beside the one that is there, then puts it in its place.
  ///
  /// - Returns: how many bytes it has; `nil` when it could not be made.
  static func write(
    _ snapshot: SessionSnapshot, in directory: HeldDirectory, session: String, journal: String, end: Int
  ) -> Int? {
    guard let descriptor = try? directory.open(journal, O_RDONLY) else { return nil }
    // A reader on another machine must not see a checkpoint of what it cannot see of the journal.
    fdatasync(descriptor.number)
    guard let tail = tail(of: descriptor.file, before: end),
      let bytes = Checkpoint.bytes(of: snapshot, session: session, journalEnd: end, journalTail: tail),
      (try? directory.replaceFile(SessionDirectory.checkpointName, with: bytes)) != nil
    else { return nil }
    return bytes.count
  }

  /// A checksum of what stands before a place.
  static func tail(of journal: FileDescriptor, before end: Int) -> UInt64? {
    let count = min(tailSize, end)
    guard let bytes = try? journal.bytes(at: end - count, count: count), bytes.count == count else { return nil }
    return bytes.withUnsafeBytes { Checkpoint.checksum(of: $0) }
  }

  /// What is at its path, opened; `nil` when nothing is.
  private static func open(_ path: FilePath, _ owner: FileOwner) throws(FileError) -> Descriptor? {
    do { return try Descriptor.open(.file, path.string, owner: owner) } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  private static func header(_ file: borrowing Descriptor) -> Checkpoint.Header? {
    (try? file.bytes(at: 0, count: Checkpoint.headerSize))?.withUnsafeBytes { Checkpoint.Header($0) }
  }
}
