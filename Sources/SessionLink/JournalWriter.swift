import Glibc
import SessionModel
import SystemPackage

/// The open file of a journal that is written, with what the disk did not take yet.
struct JournalWriter: ~Copyable {
  private let path: FilePath
  private var descriptor: Int32
  private var backlog: [UInt8] = []
  private var backlogStart = 0
  /// Bytes of whole events in the file.
  private(set) var end: Int
  /// Why the disk took no more.
  private(set) var error: Int32 = 0

  /// Makes a journal with its header.
  ///
  /// - Throws: `SessionDirectory.Problem` when there is one already or it cannot be written.
  init(creating path: FilePath, session: String) throws(SessionDirectory.Problem) {
    let descriptor = open(path.string, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be made: \(text(errno))")
    }
    var header = JSONWriter()
    header.beginObject()
    header.member("scalems_journal", Journal.version)
    header.member("session", session)
    header.member("program", "scalems-top \(programVersion)")
    header.member("created", Timestamp.now)
    header.endObject()
    header.endLine()
    _ = JournalLock.take(descriptor)
    let count = Self.write(header.bytes[...], to: descriptor)
    guard count == header.bytes.count else {
      let code = errno
      close(descriptor)
      // An empty journal would make the directory look used.
      unlink(path.string)
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be written: \(text(code))")
    }
    self.path = path
    self.descriptor = descriptor
    end = count
  }

  /// Opens a journal to go on with it, without a torn last line.
  ///
  /// - Throws: `SessionDirectory.Problem` when it cannot be written, or another process writes it.
  init(resuming path: FilePath) throws(SessionDirectory.Problem) {
    let descriptor = open(path.string, O_RDWR | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be written: \(text(errno))")
    }
    if JournalLock.take(descriptor) == .taken {
      close(descriptor)
      throw SessionDirectory.Problem(description: "another scalems-top runs the session of \(path)")
    }
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let whole = Self.wholeLines(descriptor, size: size)
    guard whole == size || ftruncate(descriptor, off_t(whole)) == 0 else {
      let code = errno
      close(descriptor)
      throw SessionDirectory.Problem(description: "the journal \(path) cannot be written: \(text(code))")
    }
    self.path = path
    self.descriptor = descriptor
    end = whole
  }

  deinit { close(descriptor) }

  var hasBacklog: Bool { backlogStart < backlog.count }

  /// Writes, after what was left over, as much as the disk takes.
  mutating func append(_ bytes: [UInt8]) {
    if !hasBacklog {
      let count = Self.write(bytes[...], to: descriptor)
      end += count
      guard count < bytes.count else { return }
      error = errno
      backlog = Array(bytes[count...])
      backlogStart = 0
      return
    }
    backlog += bytes
    let count = Self.write(backlog[backlogStart...], to: descriptor)
    end += count
    backlogStart += count
    if hasBacklog {
      error = errno
    } else {
      backlog = []
      backlogStart = 0
    }
  }

  /// Makes sure that a crash of the machine loses nothing of it.
  func synchronize() { fdatasync(descriptor) }

  /// Whether the path names no file or another one.
  var isLost: Bool {
    var (ours, there) = (stat(), stat())
    guard fstat(descriptor, &ours) == 0 else { return false }
    if stat(path.string, &there) == 0 { return there.st_ino != ours.st_ino || there.st_dev != ours.st_dev }
    // A directory that cannot be searched at the moment says nothing about its files.
    return ours.st_nlink == 0 || errno == ENOENT
  }

  /// Makes the file again at its path, from the one that is still open.
  ///
  /// - Returns: false, with `errno`, when that is impossible; the open one is written on then.
  mutating func restore() -> Bool {
    mkdir(path.removingLastComponent().string, 0o700)
    // What stands there now may be someone else's.
    let new = open(path.string, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard new >= 0 else { return false }
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while offset < end {
      let count = pread(descriptor, &chunk, min(chunk.count, end - offset), off_t(offset))
      guard count > 0, Self.write(chunk[..<count], to: new) == count else {
        let code = errno
        close(new)
        unlink(path.string)
        errno = code
        return false
      }
      offset += count
    }
    _ = JournalLock.take(new)
    close(descriptor)
    descriptor = new
    return true
  }

  /// - Returns: how many bytes were written; fewer than all with `errno`.
  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int {
    bytes.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count, let base = bytes.baseAddress {
        let count = Glibc.write(descriptor, base + done, bytes.count - done)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        done += count
      }
      return done
    }
  }

  private static func wholeLines(_ descriptor: Int32, size: Int) -> Int {
    var chunk = [UInt8](repeating: 0, count: 65536)
    var end = size
    while end > 0 {
      let start = max(0, end - chunk.count)
      let count = pread(descriptor, &chunk, end - start, off_t(start))
      guard count > 0 else { return size }
      if let feed = chunk[..<count].lastIndex(of: 0x0a) { return start + feed + 1 }
      end = start
    }
    return 0
  }
}
