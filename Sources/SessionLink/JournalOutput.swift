import Platform
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// The file that a journal is written to, and what it has not taken yet.
struct JournalOutput: ~Copyable {
  private(set) var descriptor: Int32
  /// Bytes in the file.
  private(set) var written: Int
  /// Bytes of whole lines in the file.
  private(set) var end: Int
  /// Up to here the file system keeps room for the file.
  private var roomEnd = 0
  /// Why the last write took not everything.
  private(set) var failure: Int32 = 0
  /// What is not in the file yet, from `taken` on: so that what is written moves nothing.
  private var backlog: [UInt8] = []
  private var taken = 0

  /// - Parameter written: the size of the file, which ends with a line.
  init(descriptor: Int32, written: Int) {
    self.descriptor = descriptor
    self.written = written
    end = written
  }

  deinit { Self.leave(descriptor) }

  /// Leaves the file: nothing is written any more.
  mutating func close() {
    if roomEnd > written { giveBackRoom(descriptor, size: written) }
    Self.leave(descriptor)
    descriptor = -1
  }

  private static func leave(_ descriptor: Int32) {
    guard descriptor >= 0 else { return }
    JournalLock.release(descriptor)
    Glibc.close(descriptor)
  }

  /// Whether nothing is written any more.
  var isLeft: Bool { descriptor < 0 }
  var backlogSize: Int { backlog.count - taken }

  /// Adds whole lines: to the file when it takes them, else to what waits for that.
  mutating func append(_ lines: [UInt8]) {
    guard !lines.isEmpty else { return }
    guard backlogSize == 0 else {
      backlog.append(contentsOf: lines)
      return retry()
    }
    let count = write(lines, from: 0)
    if count < lines.count { backlog = Array(lines[count...]) }
  }

  /// Tries to write what waits.
  mutating func retry() {
    guard backlogSize > 0 else { return }
    // Moved out, so that writing does not copy it.
    var waiting: [UInt8] = []
    swap(&waiting, &backlog)
    taken += write(waiting, from: taken)
    if taken == waiting.count {
      taken = 0
    } else {
      // Each byte is moved at most once for each that was written.
      if taken > waiting.count / 2 {
        waiting.removeFirst(taken)
        taken = 0
      }
      backlog = waiting
    }
  }

  /// - Returns: how many bytes the file took.
  private mutating func write(_ bytes: [UInt8], from start: Int) -> Int {
    let result = FileDescriptor(rawValue: descriptor).put(bytes[start...], waits: false)
    let took = bytes[start...].prefix(result.count)
    if took.endIndex < bytes.count { failure = (result.failure ?? .resourceTemporarilyUnavailable).rawValue }
    if let feed = took.lastIndex(of: 0x0a) { end = written + feed - start + 1 }
    written += result.count
    return result.count
  }

  /// Sees to it that the file system keeps room for `count` bytes more, and asks for twice as much when it has to.
  ///
  /// - Throws: why it keeps less.
  mutating func keepRoom(_ count: Int) throws(Errno) {
    guard roomEnd - written < count else { return }
    let file = FileDescriptor(rawValue: descriptor)
    do throws(Errno) {
      try file.keepRoom(from: written, count: 2 * count)
      roomEnd = written + 2 * count
    } catch .noSpace, .diskQuotaExceeded {
      try file.keepRoom(from: written, count: count)
      roomEnd = written + count
    }
  }

  /// Makes the file's content safe from a crash of the machine.
  ///
  /// - Returns: 0, or the code of the error.
  func sync() -> Int32 { fdatasync(descriptor) == 0 ? 0 : errno }

  /// Copies the file to a new one, to write on there.
  ///
  /// - Throws: what prevented it.
  mutating func move(to name: String, in directory: HeldDirectory) throws(Errno) {
    let new = name + ".new"
    let copy = try directory.makeFile(new, O_RDWR | O_APPEND)
    _ = JournalLock.take(copy.number)
    do throws(Errno) {
      try Self.copy(descriptor, to: copy.number, count: written)
      try directory.rename(new, to: name)
    } catch {
      directory.remove(new)
      throw error
    }
    Self.leave(descriptor)
    descriptor = copy.release()
    roomEnd = 0
  }

  private static func copy(_ source: Int32, to target: Int32, count: Int) throws(Errno) {
    var offset = 0
    while offset < count {
      let chunk = try FileDescriptor(rawValue: source).bytes(at: offset, count: min(1 << 20, count - offset))
      guard !chunk.isEmpty else { throw .ioError }
      try FileDescriptor(rawValue: target).writeAll(chunk)
      offset += chunk.count
    }
    guard fdatasync(target) == 0 else { throw Errno.last }
  }
}
