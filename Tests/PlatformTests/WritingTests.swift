import Dispatch
import Glibc
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Every way in which a descriptor takes less than it is given.
@Suite struct WritingTests {
  private let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

  /// Reads a pipe to its end, slowly, on a thread of its own.
  private func collect(_ number: Int32, before: @escaping @Sendable () -> Void = {}) async -> [UInt8] {
    return await withCheckedContinuation { continuation in
      DispatchQueue(label: "reader").async {
        let reader = Descriptor(owning: number)
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
          before()
          let count = read(reader.number, &chunk, chunk.count)
          if count < 0 && errno == EINTR { continue }
          guard count > 0 else { break }
          all.append(contentsOf: chunk[..<count])
        }
        continuation.resume(returning: all)
      }
    }
  }

  @Test func `a full pipe that must not block is waited for`() async throws {
    let pipe = try Pipe()
    pipe.writer.setNonBlocking()
    let (reader, writer) = (pipe.reader.release(), pipe.writer.release())
    async let got = collect(reader)
    try Descriptor(owning: writer).writeAll(bytes)
    #expect(await got == bytes)
  }

  @Test func `a full pipe that is not waited for takes what it takes, and that is no error`() throws {
    let pipe = try Pipe()
    pipe.writer.setNonBlocking()
    let written = pipe.writer.put(bytes)
    #expect(written.count > 0 && written.count < bytes.count && written.failure == nil)
    let more = pipe.writer.put(bytes)
    #expect(more.count == 0 && more.failure == nil)
  }

  @Test func `signals in the middle of a write lose nothing`() async throws {
    // A handler without SA_RESTART: every write that waits is interrupted.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGVTALRM, &action, nil)
    let pipe = try Pipe()
    let thread = Mutex<pthread_t?>(nil)
    let (reader, writer) = (pipe.reader.release(), pipe.writer.release())
    let bytes = bytes
    let failure = Mutex<Errno?>(nil)
    DispatchQueue(label: "writer").async {
      thread.withLock { $0 = pthread_self() }
      let descriptor = Descriptor(owning: writer)
      do throws(Errno) { try descriptor.writeAll(bytes) } catch { failure.withLock { $0 = error } }
      thread.withLock { $0 = nil }
    }
    let got = await collect(reader) {
      thread.withLock { if let thread = $0 { pthread_kill(thread, SIGVTALRM) } }
    }
    #expect(got == bytes)
    #expect(failure.withLock { $0 } == nil)
  }

  @Test func `a disk that is full, and a reader that is gone, are errors`() throws {
    #expect(throws: Errno.noSpace) { try Descriptor.open("/dev/full", O_WRONLY).writeAll([1, 2, 3]) }
    let pair = try SocketPair()
    #expect(shutdown(pair.theirs.number, Int32(SHUT_RDWR)) == 0)
    #expect(throws: Errno.brokenPipe) { try pair.ours.sendAll(bytes) }
    #expect(throws: Errno.badFileDescriptor) { try FileDescriptor(rawValue: 9999).writeAll([1]) }
    try Descriptor.open("/dev/full", O_WRONLY).writeAll([])
  }

  @Test func `a descriptor is closed with its owner, and once`() throws {
    func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) >= 0 }
    let released: Int32
    do {
      let pipe = try Pipe()
      #expect(isOpen(pipe.reader.number))
      #expect(fcntl(pipe.reader.number, F_GETFD) & FD_CLOEXEC != 0)
      released = pipe.writer.release()
    }
    #expect(isOpen(released))
    close(released)
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try Descriptor.open("/no/such/file", O_RDONLY) }
  }
}

@Suite struct FileTests {
  private let place: TemporaryDirectory
  init() throws { place = try TemporaryDirectory() }

  /// What is said of a file that is to be read.
  private func problem(_ path: String, limit: Int = longestFile) -> String? {
    do throws(FileError) {
      _ = try readFile(path, limit: limit)
      return nil
    } catch { return error.description.replacing(place.path, with: "DIR") }
  }

  @Test func `what is no regular file holds nobody up`() throws {
    // A pipe without a writer, which a plain open waits for; devices without an end.
    #expect(mkfifo(place.path + "/pipe", 0o600) == 0)
    #expect(symlink("/dev/zero", place.path + "/zero") == 0)
    for (name, why) in [
      ("pipe", "is a FIFO, not a file"), ("zero", "is a device, not a file"), ("", "is a directory, not a file"),
      ("none", "cannot be read: No such file or directory"),
    ] {
      #expect(problem("\(place.path)/\(name)") == "DIR/\(name) \(why)")
      #expect(startOfFile("\(place.path)/\(name)", 100) == [])
      #expect(endOfFile("\(place.path)/\(name)", 100) == [])
    }
    #expect(throws: FileError.self) { try readFile("/dev/tty") }
  }

  @Test func `a file is read up to its limit, and no longer one`() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    try writeFile(place.path + "/a", bytes)
    #expect(try readFile(place.path + "/a", limit: 100_000) == bytes)
    #expect(problem(place.path + "/a", limit: 99_999) == "DIR/a cannot be read: File too large")
    try writeFile(place.path + "/empty", [])
    #expect(try readFile(place.path + "/empty", limit: 0) == [])
    #expect(endOfFile(place.path + "/a", 10) == Array(bytes.suffix(10)))
    #expect(endOfFile(place.path + "/a", 200_000) == bytes)
    // A file of /proc says that it has no bytes.
    #expect(try readFile("/proc/self/status").count > 100)
    #expect(problem("/proc/self/status", limit: 10) == "/proc/self/status cannot be read: File too large")
  }

  @Test func `a file is replaced whole, or stays as it is`() throws {
    let path = place.path + "/record"
    try replaceFile(path, with: [1, 2, 3])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    try replaceFile(path, with: [4])
    #expect(try readFile(path) == [4])
    // Nobody may have put a link where the new one is written.
    #expect(symlink(place.path + "/victim", "\(path).\(getpid())") == 0)
    #expect(throws: FileError.self) { try replaceFile(path, with: [5]) }
    #expect(try readFile(path) == [4])
    #expect(access(place.path + "/victim", F_OK) != 0)
    #expect(throws: FileError.self) { try replaceFile(place.path + "/no/where", with: [1]) }
    #expect(directoryEntries(place.path) == ["record"])
  }
}
