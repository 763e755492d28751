import SessionModel

/// The state of a session at one place of its journal, in a form that reads back fast: 33 bytes a task.
///
/// A head of JSON, as the journal has it, then the columns of the tasks as they are in memory.
///
/// It is a cache. Whatever is wrong with one, the journal itself is there.
public struct Checkpoint: Sendable {
  /// Of the format, and of what `SessionSnapshot.apply` makes of events: a change of either is a new version.
  public static let version: UInt32 = 4
  /// How many bytes `Header` reads.
  public static let headerSize = 512

  private static let magic: UInt64 = 0x74_70_6b_63_6d_63_73_89  // "\x89scmckpt" in the file
  private static let longestSession = headerSize - 64

  /// What stands before the snapshot.
  public struct Header: Equatable, Sendable {
    /// The id of the session, as the journal's header has it.
    public var session: String
    /// Bytes of the journal that the snapshot is the sum of; a line ends there.
    public var journalEnd: Int
    /// The checksum of the journal's bytes just before `journalEnd`: by it a journal that was exchanged is noticed.
    public var journalTail: UInt64
    /// Bytes of the whole checkpoint.
    public var size: Int

    /// - Parameter bytes: the first `headerSize` bytes of a checkpoint, or more.
    /// - Returns: `nil` when they are no header of this version. It may still be damaged: only a whole checkpoint
    ///   has a checksum.
    public init?(_ bytes: UnsafeRawBufferPointer) {
      var reader = ByteReader(bytes)
      guard (try? reader.number(UInt64.self)) == Checkpoint.magic,
        (try? reader.number(UInt32.self)) == Checkpoint.version, (try? reader.number(UInt64.self)) != nil,
        let size = try? reader.number(Int64.self), let end = try? reader.number(Int64.self),
        let tail = try? reader.number(UInt64.self), let length = try? reader.count(),
        let session = try? reader.bytes(length), size >= reader.offset, end >= 0
      else { return nil }
      self.session = String(decoding: session, as: UTF8.self)
      journalEnd = Int(end)
      journalTail = tail
      self.size = Int(size)
      bodyOffset = reader.offset
    }

    fileprivate var bodyOffset: Int
  }

  public var header: Header
  public var snapshot: SessionSnapshot

  /// The checksum of `bytes`, as in `Header.journalTail`.
  public static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt64 { Checksum.of(bytes) }

  /// - Returns: a whole checkpoint as bytes; `nil` for a session whose id is too long to be one of ours.
  public static func bytes(
    of snapshot: SessionSnapshot, session: String, journalEnd: Int, journalTail: UInt64
  ) -> [UInt8]? {
    guard session.utf8.count <= longestSession else { return nil }
    var writer = ByteWriter(capacity: 4096 + 34 * snapshot.tasks.count)
    writer.number(magic)
    writer.number(version)
    writer.number(UInt64(0))
    writer.number(UInt64(0))
    writer.count(journalEnd)
    writer.number(journalTail)
    writer.count(session.utf8.count)
    writer.column(Array(session.utf8))
    snapshot.write(to: &writer)
    writer.set(UInt64(writer.bytes.count), at: sizeOffset)
    writer.set(writer.bytes.withUnsafeBytes { checksum(ofCheckpoint: $0) }, at: checksumOffset)
    return writer.bytes
  }

  /// - Returns: `nil` when the bytes are not, to the last one, what `bytes(of:session:journalEnd:journalTail:)` made.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard let header = Header(bytes), header.size == bytes.count,
      bytes.loadUnaligned(fromByteOffset: Self.checksumOffset, as: UInt64.self)
        == Self.checksum(ofCheckpoint: bytes).littleEndian
    else { return nil }
    self.init(header, unchecked: bytes)
  }

  /// Reads without a look at the checksum, for tests of damage that a checksum would find first.
  init?(_ header: Header, unchecked bytes: UnsafeRawBufferPointer) {
    var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[header.bodyOffset...]))
    guard let snapshot = try? SessionSnapshot(reading: &reader), reader.remaining == 0 else { return nil }
    self.header = header
    self.snapshot = snapshot
  }

  private static let checksumOffset = 12
  private static let sizeOffset = 20

  /// Of all but the checksum itself; the magic and the version are compared.
  private static func checksum(ofCheckpoint bytes: UnsafeRawBufferPointer) -> UInt64 {
    Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[sizeOffset...]))
  }
}
