import Platform
import SessionModel
import SystemPackage
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// The lines of a journal that may still grow, from some place on; the only code that reads one.
struct JournalLines: ~Copyable {
  private let path: FilePath
  private let owner: FileOwner
  private let file: Descriptor
  /// Of the file that was opened: another one may come to stand at the path.
  private let identity: FileIdentity
  /// The id of the session, from the first line.
  let session: String
  /// Bytes up to the end of the last line that was handed out.
  private(set) var position: Int
  /// The number of the next line; `nil` when reading began behind the start.
  private var number: Int?
  private(set) var problems = LineProblems()
  private var buffer: [UInt8] = []

  private static let longestHeader = 1 << 16
  /// No event is as long: what goes on for longer without an end of a line was damaged, and is not taken into memory.
  private static let longestLine = 256 << 20

  /// Opens a journal and reads its first line.
  ///
  /// - Parameter owner: whose it has to be.
  /// - Throws: when it cannot be read, or is no journal of the version that is known here.
  init(_ path: FilePath, owner: FileOwner = .anyone) throws(SessionDirectory.DirectoryError) {
    let file: Descriptor
    do { file = try Descriptor.open(.file, path.string, owner: owner) } catch {
      throw SessionDirectory.DirectoryError(description: "the journal \(error)")
    }
    (session, position) = try Self.header(file.file, path)
    identity = FileIdentity(file.number) ?? FileIdentity()
    self.path = path
    self.file = file
    self.owner = owner
    number = 2
  }

  /// The session that the first line names, and where that line ends.
  static func header(
    _ file: FileDescriptor, _ path: FilePath
  ) throws(SessionDirectory.DirectoryError) -> (session: String, end: Int) {
    let start: [UInt8]
    do { start = try file.bytes(at: 0, count: longestHeader) } catch { throw Self.unreadable(path, error) }
    let line = start.prefix { $0 != 0x0a }
    guard line.count < start.count || start.count == longestHeader else {
      throw SessionDirectory.DirectoryError(
        description:
          "\(path) holds nothing: its session was ended before it had begun. Its directory can be used again")
    }
    return (try JournalHeader.session(of: line, in: path), line.count + 1)
  }

  /// Bytes of the file now; 0 when that cannot be found out.
  var size: Int { file.size }
  /// Whether there is more; a part of a line, if `events` found no whole one.
  var isTorn: Bool { size > position }

  /// Goes to the end of some line.
  mutating func skip(to offset: Int) {
    position = offset
    number = nil
  }

  /// The checkpoint at `path`, if it is one of this journal.
  ///
  /// - Throws: when what is there is nothing that could be one.
  func checkpoint(at path: FilePath) throws(FileError) -> Checkpoint? {
    try CheckpointFile.read(path, session: session, journal: file, owner: owner)
  }

  /// Whether the file is not any more what was read: it lost bytes, or another one stands at its path.
  ///
  /// A path where nothing stands is no reason: what was read holds, and the host may make it again.
  var isOutdated: Bool {
    if size < position { return true }
    guard let there = FileIdentity(path) else { return false }
    return there != identity
  }

  /// Goes to the end of the last whole line.
  ///
  /// - Throws: when it cannot be found.
  mutating func skipToEnd() throws(SessionDirectory.DirectoryError) {
    skip(to: max(position, try Self.lastLineEnd(file.file, path)))
  }

  /// The end of the last whole line of a file, found from behind.
  ///
  /// - Throws: when the file cannot be read, or there is none far and wide.
  static func lastLineEnd(
    _ file: FileDescriptor, _ path: FilePath
  ) throws(SessionDirectory.DirectoryError) -> Int {
    let size = FileIdentity.size(file.rawValue)
    var end = size
    while end > 0 {
      guard size - end <= longestLine else { throw Self.endless(path, end) }
      let start = max(0, end - 1 << 16)
      let chunk: [UInt8]
      do { chunk = try file.bytes(at: start, count: end - start) } catch { throw Self.unreadable(path, error) }
      if let feed = lastLineFeed(in: chunk, from: 0, to: chunk.count) { return start + feed + 1 }
      end = start
    }
    return 0
  }

  private static func unreadable(_ path: FilePath, _ why: Errno) -> SessionDirectory.DirectoryError {
    SessionDirectory.DirectoryError(description: "the journal \(path) cannot be read: \(why)")
  }

  private static func endless(_ path: FilePath, _ offset: Int) -> SessionDirectory.DirectoryError {
    SessionDirectory.DirectoryError(
      description: "the journal \(path) is damaged: no line ends within \(longestLine >> 20) MiB of byte \(offset)")
  }

  /// Opens what stands at the path now: to go on where this one stopped when it begins with the same bytes, as a journal
  /// that was made again does, else at its start.
  ///
  /// - Throws: when that is no journal (yet).
  mutating func reopen() throws(SessionDirectory.DirectoryError) {
    var new = try JournalLines(path, owner: owner)
    if new.session == session, new.size >= position,
      let tail = CheckpointFile.tail(of: new.file.file, before: position),
      tail == CheckpointFile.tail(of: file.file, before: position)
    {
      new.skip(to: position)
    }
    self = new
  }

  /// Reads up to about `limit` more bytes, more only to find the end of a line, and hands out the events.
  ///
  /// The beginning of a line is not kept from one call to the next: who takes up a session cuts it off.
  ///
  /// - Returns: `nil` when there was no further line.
  /// - Throws: when the file cannot be read.
  mutating func events(limit: Int) throws(SessionDirectory.DirectoryError) -> [SessionEvent]? {
    guard let count = try fill(limit) else { return nil }
    return decode(count)
  }

  /// As `events`, the lines as they stand there; what is no JSON is left out, and is one of the `problems`.
  mutating func wholeLines(limit: Int) throws(SessionDirectory.DirectoryError) -> [UInt8]? {
    guard let count = try fill(limit) else { return nil }
    var good: [UInt8] = []
    good.reserveCapacity(count)
    buffer.withUnsafeBytes { bytes in
      var begin = 0
      while let feed = Self.lineFeed(in: bytes, from: begin, to: count) {
        do { try JSONLine.append(UnsafeRawBufferPointer(rebasing: bytes[begin..<feed]), to: &good) } catch {
          problems.add(line: number, offset: position + begin, error)
        }
        number = number.map { $0 + 1 }
        begin = feed + 1
      }
    }
    position += count
    return good
  }

  /// Reads into the buffer.
  ///
  /// - Returns: how many bytes at its front are whole lines; `nil` when there is none.
  private mutating func fill(_ limit: Int) throws(SessionDirectory.DirectoryError) -> Int? {
    var pending = 0
    while true {
      let available = size - position - pending
      guard available > 0 else { break }
      guard pending <= Self.longestLine else { throw Self.endless(path, position) }
      let wanted = pending + min(available, max(limit, pending))
      if buffer.count < wanted { buffer.append(contentsOf: repeatElement(0, count: wanted - buffer.count)) }
      let count = try read(at: position + pending, from: pending, to: wanted)
      guard count > 0 else { break }
      if let feed = Self.lastLineFeed(in: buffer, from: pending, to: pending + count) { return feed + 1 }
      pending += count
    }
    // Who waits for more holds nothing.
    buffer = []
    return nil
  }

  /// The events of the lines at the front of the buffer.
  private mutating func decode(_ count: Int) -> [SessionEvent] {
    var events: [SessionEvent] = []
    buffer.withUnsafeBytes { bytes in
      var begin = 0
      while let feed = Self.lineFeed(in: bytes, from: begin, to: count) {
        do {
          if let event = try SessionEvent(line: UnsafeRawBufferPointer(rebasing: bytes[begin..<feed])) {
            if events.isEmpty { events.reserveCapacity(count / max(64, feed - begin) + 1) }
            events.append(event)
          }
        } catch {
          problems.add(line: number, offset: position + begin, error)
        }
        number = number.map { $0 + 1 }
        begin = feed + 1
      }
    }
    position += count
    return events
  }

  private static func lastLineFeed(in bytes: [UInt8], from start: Int, to end: Int) -> Int? {
    bytes.withUnsafeBytes { bytes in
      // What holds none is passed over fast.
      guard lineFeed(in: bytes, from: start, to: end) != nil else { return nil }
      return bytes[start..<end].lastIndex(of: 0x0a)
    }
  }

  private static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
    guard start < end, let base = bytes.baseAddress, let found = memchr(base + start, 0x0a, end - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }

  /// Reads into a part of the buffer.
  private mutating func read(
    at offset: Int, from start: Int, to end: Int
  ) throws(SessionDirectory.DirectoryError) -> Int {
    let file = file.file
    let outcome = buffer.withUnsafeMutableBytes { bytes in
      Result { () throws(Errno) in
        try file.fill(UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]), at: offset)
      }
    }
    do throws(Errno) { return try outcome.get() } catch { throw Self.unreadable(path, error) }
  }
}

/// Lines of a journal that are no events.
public struct LineProblems: Sendable, Equatable {
  /// How many there were.
  public private(set) var count = 0
  /// The first of them: where, and why.
  public private(set) var texts: [String] = []

  private static let limit = 100

  mutating func add(line: Int?, offset: Int, _ error: any Error) {
    count += 1
    guard texts.count < Self.limit else { return }
    texts.append((line.map { "line \($0)" } ?? "the line at byte \(offset)") + ": \(error)")
  }
}
