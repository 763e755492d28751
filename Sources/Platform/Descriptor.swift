import CTaskLaunch
import Glibc
import SystemPackage

/// An open file, pipe or socket that has one owner, and is closed with it.
///
/// Errors of the system are `Errno`, so that what is left of `errno` after another call is nobody's concern.
@frozen public struct Descriptor: ~Copyable, Sendable {
  /// Owns nothing: whoever uses it sees to it that the descriptor lives as long.
  public let file: FileDescriptor

  /// Its number, for calls that want one; negative never.
  public var number: Int32 { file.rawValue }

  /// - Parameter number: an open descriptor that is nobody else's.
  public init(owning number: Int32) { file = FileDescriptor(rawValue: number) }

  deinit { Glibc.close(file.rawValue) }

  /// Opens a file; programs that are started do not get it.
  ///
  /// What others may have put there is opened by `open(_:_:in:flags:…)`, which looks at what it is.
  ///
  /// - Parameters:
  ///   - directory: the number of an open directory that a relative path refers to.
  ///   - flags: `O_RDONLY`, `O_WRONLY | O_CREAT`, …
  ///   - mode: of a file that is made; its owner's only unless said otherwise.
  public static func open(
    _ path: String, in directory: Int32 = AT_FDCWD, _ flags: Int32, mode: mode_t = 0o600
  ) throws(Errno) -> Descriptor {
    while true {
      let number = openat(directory, path, flags | O_CLOEXEC, mode)
      if number >= 0 { return Descriptor(owning: number) }
      guard errno == EINTR else { throw Errno.last }
    }
  }

  /// A file in memory, without a name in any directory; programs that are started do not get it.
  public static func memoryFile(_ name: String) throws(Errno) -> Descriptor {
    let number = task_memory_file(name)
    guard number >= 0 else { throw Errno.last }
    return Descriptor(owning: number)
  }

  /// Closes it, for whoever wants to know: a network file system says here what it could not keep.
  public consuming func close() throws(Errno) {
    let number = release()
    // On Linux it is closed also after EINTR.
    guard Glibc.close(number) == 0 || errno == EINTR else { throw Errno.last }
  }

  /// Hands it over; whoever gets the number closes it.
  public consuming func release() -> Int32 {
    let number = file.rawValue
    discard self
    return number
  }

  /// Writes everything, however long it takes.
  ///
  /// - Throws: why not all of it was taken; a full disk is `noSpace`.
  public borrowing func writeAll(_ bytes: some Collection<UInt8>) throws(Errno) { try file.writeAll(bytes) }

  /// Sends everything through a socket; one whose other end is gone is an error, and no SIGPIPE.
  ///
  /// - Throws: why not all of it was taken.
  public borrowing func sendAll(_ bytes: [UInt8]) throws(Errno) { try file.sendAll(bytes) }

  /// Writes what is taken; one that must not block is not waited for.
  public borrowing func put(_ bytes: some Collection<UInt8>) -> Written { file.put(bytes, waits: false) }

  /// Reads to the end; `expected` is how much is likely to come.
  ///
  /// - Throws: `fileTooLarge` when more than `limit` bytes come.
  public borrowing func readAll(limit: Int, expected: Int = 0) throws(Errno) -> [UInt8] {
    try file.readAll(limit: limit, expected: expected)
  }

  /// Reads what there is, once, to the front of an array that has room for it.
  ///
  /// - Parameter waits: whether to wait for one that must not block and has nothing at the moment.
  /// - Returns: how many bytes came, 0 at the end; `nil` when there is nothing now and it is not waited for.
  public borrowing func get(into chunk: inout [UInt8], waits: Bool = true) throws(Errno) -> Int? {
    try file.get(into: &chunk, waits: waits)
  }

  /// The bytes from a place of a file on: `count` of them, fewer when it ends before.
  public borrowing func bytes(at offset: Int, count: Int) throws(Errno) -> [UInt8] {
    try file.bytes(at: offset, count: count)
  }

  /// Reading and writing end where the caller would wait.
  public func setNonBlocking() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }
}

/// The two ends of a pipe; programs that are started get neither.
@frozen public struct Pipe: ~Copyable {
  public var reader: Descriptor
  public var writer: Descriptor

  public init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    guard task_pipe(&ends) == 0 else { throw Errno.last }
    reader = Descriptor(owning: ends[0])
    writer = Descriptor(owning: ends[1])
  }
}

/// Two connected sockets; programs that are started get neither.
@frozen public struct SocketPair: ~Copyable {
  public var ours: Descriptor
  public var theirs: Descriptor

  public init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Errno.last }
    ours = Descriptor(owning: ends[0])
    theirs = Descriptor(owning: ends[1])
  }
}

extension Errno {
  /// Of the system call that has just failed.
  public static var last: Errno { Errno(rawValue: errno) }
}
