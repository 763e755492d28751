import Glibc
import SessionModel
import SystemPackage

/// The open file of a journal, to be read in portions of whole lines.
public final class JournalFile {
  /// The id of the session, from the header.
  public let session: String
  /// Where the events begin: after the header.
  public let firstEvent: Int

  private let path: FilePath
  private let descriptor: Int32
  private let inode: ino_t
  private var buffer: UnsafeMutableRawBufferPointer
  /// What is read at once; a longer line makes it grow.
  private static let portion = 4 << 20
  /// No line of a journal is longer than this many bytes: a list of a million shell commands is.
  private static let longestLine = 1 << 30

  /// - Throws: `SessionDirectory.Problem` when the file cannot be read, or is no journal of a version known here.
  public init(_ path: FilePath) throws(SessionDirectory.Problem) {
    let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unreadable(path) }
    var status = stat()
    fstat(descriptor, &status)
    let header: JournalHeader
    do { header = try JournalHeader(descriptor, path) } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    inode = status.st_ino
    session = header.session
    firstEvent = header.length
    buffer = .allocate(byteCount: Self.portion, alignment: 16)
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// Bytes of the file now.
  public var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Where the last whole line ends.
  public var endOfLines: Int {
    let size = size
    let start = max(firstEvent, size - Self.portion)
    let count = pread(descriptor, buffer.baseAddress, min(buffer.count, size - start), off_t(start))
    guard count > 0, let end = Self.lastLineFeed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else {
      return firstEvent
    }
    return start + end + 1
  }

  /// Whether the path names another file by now, or this one lost what was read.
  public func isReplaced(position: Int) -> Bool {
    if size < position { return true }
    var status = stat()
    // A file that is gone can be read on.
    return stat(path.string, &status) == 0 && status.st_ino != inode
  }

  /// Reads a portion of whole lines.
  ///
  /// - Returns: the offset of the next portion: `offset` when there is no whole line yet.
  /// - Throws: `SessionDirectory.Problem` when the file cannot be read.
  public func read(
    from offset: Int, line body: (UnsafeRawBufferPointer) -> Void
  ) throws(SessionDirectory.Problem) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Self.unreadable(path) }
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      guard let end = Self.lastLineFeed(bytes) else {
        guard count == buffer.count, buffer.count < Self.longestLine else { return offset }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 4, alignment: 16)
        buffer.deallocate()
        buffer = larger
        continue
      }
      var start = 0
      while start <= end, let base = bytes.baseAddress, let feed = memchr(base + start, 0x0a, end + 1 - start) {
        let next = UnsafeRawPointer(feed) - base
        body(UnsafeRawBufferPointer(rebasing: bytes[start..<next]))
        start = next + 1
      }
      return offset + end + 1
    }
  }

  private static func lastLineFeed(_ bytes: UnsafeRawBufferPointer) -> Int? {
    bytes.lastIndex(of: 0x0a)
  }

  fileprivate static func unreadable(_ path: FilePath) -> SessionDirectory.Problem {
    SessionDirectory.Problem(description: "the journal \(path) cannot be read: \(text(errno))")
  }
}

/// The first line of a journal.
struct JournalHeader {
  var session = ""
  /// Bytes of the line, with its line feed.
  var length = 0
  /// A header is far shorter.
  private static let reach = 65536

  /// - Throws: `SessionDirectory.Problem` when the file begins with no header of a version known here.
  init(_ descriptor: Int32, _ path: FilePath) throws(SessionDirectory.Problem) {
    var bytes = [UInt8](repeating: 0, count: Self.reach)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { throw JournalFile.unreadable(path) }
    // The header is written in one piece: without its end, nothing was.
    guard let end = bytes[..<count].firstIndex(of: 0x0a) else {
      throw SessionDirectory.Problem(description: "\(path) is empty: no session was recorded")
    }
    guard let fields = try? Fields(bytes[..<end]),
      let version = fields.version
    else { throw SessionDirectory.Problem(description: "\(path) is no journal of a session") }
    guard version == Journal.version else {
      let writer = fields.program.map { ", written by \($0)" } ?? ""
      throw SessionDirectory.Problem(
        description: "\(path) is a journal of version \(version)\(writer); "
          + "this program reads version \(Journal.version)")
    }
    session = fields.session
    length = end + 1
  }

  private struct Fields {
    var version: Int?
    var session = ""
    var program: String?

    init(_ line: ArraySlice<UInt8>) throws {
      try line.withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes)
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
          if key.equals("scalems_journal") {
            version = Int(try scanner.integer())
          } else if key.equals("session") {
            session = try scanner.string().text
          } else if key.equals("program") {
            program = try scanner.string().text
          } else {
            _ = try scanner.value()
          }
        }
      }
    }
  }
}
