import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

@Suite struct ReadingTests {
  @Test func `what must not block is waited for, or not, as was asked`() throws {
    let pipe = try Pipe()
    pipe.reader.setNonBlocking()
    var chunk = [UInt8](repeating: 0, count: 10)
    #expect(try pipe.reader.get(into: &chunk, waits: false) == nil)
    let writer = pipe.writer.number
    let thread = Thread { _ = FileDescriptor(rawValue: writer).put([1, 2, 3], waits: true) }
    #expect(try pipe.reader.get(into: &chunk) == 3)
    thread.join()
    #expect(chunk[..<3] == [1, 2, 3])
  }

  @Test func `the end and a failure are two things`() throws {
    let pipe = try Pipe()
    var chunk = [UInt8](repeating: 0, count: 10)
    #expect(throws: Errno.badFileDescriptor) { try pipe.writer.get(into: &chunk) }
    #expect(throws: Errno.badFileDescriptor) { try pipe.writer.file.readAll(limit: 10) }
    let reader = Descriptor(owning: pipe.reader.release())
    try pipe.writer.writeAll([7])
    try pipe.writer.close()
    #expect(try reader.get(into: &chunk) == 1)
    #expect(try reader.get(into: &chunk) == 0)
    let root = try Descriptor.open("/", O_RDONLY)
    #expect(throws: Errno.isDirectory) { try root.bytes(at: 0, count: 10) }
  }

  @Test func `a signal ends no read`() throws {
    // Without SA_RESTART: read(2) and poll(2) end with EINTR.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    var old = sigaction()
    sigaction(SIGPROF, &action, &old)
    defer { sigaction(SIGPROF, &old, nil) }
    let pipe = try Pipe()
    let (me, writer) = (pthread_self(), pipe.writer.number)
    let thread = Thread {
      for _ in 0..<50 {
        pthread_kill(me, SIGPROF)
        usleep(200)
      }
      _ = FileDescriptor(rawValue: writer).put([9], waits: true)
    }
    var chunk = [UInt8](repeating: 0, count: 10)
    let count = Result { () throws(Errno) in try pipe.reader.get(into: &chunk) }
    thread.join()
    #expect(try count.get() == 1)
  }

  @Test func `of lines that came at once each is read by itself`() throws {
    let pipe = try Pipe()
    try pipe.writer.writeAll(Array("one\n\nthree\nrest".utf8))
    let reader = Descriptor(owning: pipe.reader.release())
    try pipe.writer.close()
    #expect(
      try ["one", "", "three", "re", "st", ""].map {
        String(decoding: try reader.file.nextLine(limit: $0 == "re" ? 2 : 100), as: UTF8.self)
      } == ["one", "", "three", "re", "st", ""])
  }

  @Test func `bytes come from where they were asked for`() throws {
    let place = try TemporaryDirectory()
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    try writeFile(place.path + "/a", bytes)
    let file = try Descriptor.open(.file, place.path + "/a")
    #expect(file.size == bytes.count)
    #expect(try file.bytes(at: 100_000, count: 50_000) == Array(bytes[100_000..<150_000]))
    #expect(try file.bytes(at: 199_990, count: 50_000) == Array(bytes[199_990...]))
    #expect(try file.bytes(at: 300_000, count: 10) == [])
    #expect(try file.bytes(at: 0, count: 0) == [] && file.bytes(at: 0, count: -1) == [])
    #expect(throws: Errno.invalidArgument) { try file.bytes(at: -1, count: 10) }
    #expect(startOfFile(place.path + "/a", 100) == Array(bytes[..<100]))
  }
}

/// A thread of its own that is waited for.
private final class Thread {
  private var handle = pthread_t()

  init(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body))
    pthread_create(
      &handle, nil,
      { pointer in
        pointer.map { Unmanaged<Box>.fromOpaque($0).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
  }

  func join() { pthread_join(handle, nil) }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
