import SessionModel
import SystemPackage
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// The lines of a journal that may still grow, from some place on; the only code that reads one.
struct JournalLines: ~Copyable {
  private let path: FilePath
  private let descriptor: Int32
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

  /// Opens a journal and reads its first line.
  ///
  /// - Throws: when it cannot be read, or is no journal of the version that is known here.
  init(_ path: FilePath) throws(SessionDirectory.DirectoryError) {
    let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SessionDirectory.DirectoryError(description: "the journal \(path) cannot be read: \(text(errno))")
    }
    do throws(SessionDirectory.DirectoryError) {
      (session, position) = try Self.header(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    identity = FileIdentity(descriptor) ?? FileIdentity()
    number = 2
  }

  deinit { close(descriptor) }

  /// The session that the first line names, and where that line ends.
  private static func header(
    _ descriptor: Int32, _ path: FilePath
  ) throws(SessionDirectory.DirectoryError) -> (session: String, end: Int) {
    var buffer = [UInt8](repeating: 0, count: longestHeader)
    let count = try read(descriptor, at: 0, into: &buffer, from: 0, path)
    let line = buffer[..<count].prefix { $0 != 0x0a }
    guard line.count < count || count == buffer.count else {
      throw SessionDirectory.DirectoryError(description: "\(path) is empty: no session was recorded")
    }
    return (try JournalHeader.session(of: line, in: path), line.count + 1)
  }

  /// Bytes of the file now; 0 when that cannot be found out.
  var size: Int { FileIdentity.size(descriptor) }
  /// Whether there is more; a part of a line, if `events` found no whole one.
  var isTorn: Bool { size > position }

  /// Goes to the end of some line.
  mutating func skip(to offset: Int) {
    position = offset
    number = nil
  }

  /// The checkpoint at `path`, if it is one of this journal.
  func checkpoint(at path: FilePath) -> Checkpoint? {
    CheckpointFile.read(path, session: session, journal: descriptor)
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
  mutating func skipToEnd() { skip(to: max(position, Self.lastLineEnd(descriptor))) }

  /// The end of the last whole line of a file, found from behind.
  static func lastLineEnd(_ descriptor: Int32) -> Int {
    var end = FileIdentity.size(descriptor)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while end > 0 {
      let start = max(0, end - chunk.count)
      let count = pread(descriptor, &chunk, end - start, off_t(start))
      guard count == end - start else { return FileIdentity.size(descriptor) }
      if let feed = chunk[..<count].lastIndex(of: 0x0a) { return start + feed + 1 }
      end = start
    }
    return 0
  }

  /// Opens what stands at the path now: to go on where this one stopped when it begins with the same bytes, as a journal
  /// that was made again does, else at its start.
  ///
  /// - Throws: when that is no journal (yet).
  mutating func reopen() throws(SessionDirectory.DirectoryError) {
    var new = try JournalLines(path)
    if new.session == session, new.size >= position,
      let tail = CheckpointFile.tail(of: new.descriptor, before: position),
      tail == CheckpointFile.tail(of: descriptor, before: position)
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

  /// As `events`, the lines as they stand there.
  mutating func wholeLines(limit: Int) throws(SessionDirectory.DirectoryError) -> [UInt8]? {
    guard let count = try fill(limit) else { return nil }
    (position, number) = (position + count, nil)
    return Array(buffer[..<count])
  }

  /// Reads into the buffer.
  ///
  /// - Returns: how many bytes at its front are whole lines; `nil` when there is none.
  private mutating func fill(_ limit: Int) throws(SessionDirectory.DirectoryError) -> Int? {
    var pending = 0
    while true {
      let available = size - position - pending
      guard available > 0 else { break }
      let wanted = pending + min(available, max(limit, pending))
      if buffer.count < wanted { buffer.append(contentsOf: repeatElement(0, count: wanted - buffer.count)) }
      let count = try Self.read(descriptor, at: position + pending, into: &buffer, from: pending, path, upTo: wanted)
      guard count > 0 else { break }
      if let feed = buffer[pending..<(pending + count)].lastIndex(of: 0x0a) { return feed + 1 }
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

  private static func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
    guard start < end, let base = bytes.baseAddress, let found = memchr(base + start, 0x0a, end - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }

  private static func read(
    _ descriptor: Int32, at offset: Int, into buffer: inout [UInt8], from start: Int, _ path: FilePath,
    upTo end: Int? = nil
  ) throws(SessionDirectory.DirectoryError) -> Int {
    while true {
      let count = buffer.withUnsafeMutableBytes { bytes in
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<(end ?? bytes.count)])
        return pread(descriptor, room.baseAddress, room.count, off_t(offset))
      }
      if count >= 0 { return count }
      guard errno == EINTR else {
        throw SessionDirectory.DirectoryError(description: "the journal \(path) cannot be read: \(text(errno))")
      }
    }
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
