import Platform
import SessionModel
import SystemPackage
import Testing

@testable import SessionLink

#if canImport(Glibc)
  import Glibc
#endif

/// A file system that hangs, as a pipe does that nobody reads.
@Suite struct HangingDiskTests {
  private let reading: Int32
  private let scratch = Scratch()
  private let told = Told()
  private let journal: Journal

  init() throws {
    let path = scratch["journal.jsonl"]
    try #require(mkfifo(path.string, 0o600) == 0)
    reading = open(path.string, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let writing = open(path.string, O_WRONLY | O_CLOEXEC)
    try #require(reading >= 0 && writing >= 0)
    _ = fcntl(reading, F_SETFL, 0)
    // F_SETPIPE_SZ, which Glibc's headers offer to GNU programs only: the smallest there is, one page.
    _ = fcntl(writing, 1031, 4096)
    let told = told
    let writer = JournalWriter(
      directory: try HeldDirectory(scratch.path.string), name: "journal.jsonl",
      output: JournalOutput(descriptor: writing, written: 0),
      patience: .milliseconds(1), observer: { events, _ in told.add(events) })
    journal = Journal(writer: writer, session: "s")
  }

  private static let long = (0..<100).map { log("event \($0) " + String(repeating: "x", count: 100)) }

  /// The disk answers again: what was written is read until all of it was.
  private func recover() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    while true {
      let isDone = journal.flush(within: .milliseconds(20))
      while case let count = read(reading, &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
      if isDone { return bytes }
    }
  }

  @Test func `whoever records does not wait, and who waits does so no longer than it likes`() throws {
    let clock = ContinuousClock()
    let took = clock.measure {
      for _ in 0..<50 { journal.record(Self.long) }
      #expect(!journal.flush(within: .milliseconds(50)))
    }
    #expect(took < .seconds(5), "5,000 events and 50 ms of waiting: \(took)")
    #expect(told.events.isEmpty, "nobody is told of what is not written")
    let bytes = recover()
    #expect(told.events == Array((0..<50).map { _ in Self.long }.joined()))
    #expect(bytes.split(separator: 0x0a).count == 5000)
    close(reading)
  }

  @Test func `that it hangs is said while it does, once, and stands in the journal with its end`() throws {
    journal.record(Self.long)
    #expect(!journal.flush(within: .milliseconds(20)))
    for _ in 0..<10 { journal.maintain() }
    let hangs = "the file system of the journal \(scratch["journal.jsonl"]) does not answer: events are kept in memory"
    #expect(journal.problem == hangs)
    journal.record([log("meanwhile")])
    let bytes = recover()
    journal.write([log("after")])
    let words = told.events.dropFirst(100).compactMap { if case .log(_, let text) = $0.kind { text } else { nil } }
    #expect(words.first == hangs && words.filter { $0 == hangs }.count == 1, "\(words)")
    let (meanwhile, again) = (
      words.firstIndex(of: "meanwhile"), words.firstIndex(of: "the journal can be written again")
    )
    #expect((meanwhile ?? 99) < (again ?? 0) && words.last == "after", "\(words)")
    #expect(String(decoding: bytes, as: UTF8.self).contains(hangs))
    #expect(journal.problem == nil || journal.problem?.contains("crash of the machine") ?? false)
    close(reading)
  }

  @Test func `what was recorded before is written when flush returns`() async throws {
    for number in 0..<20 {
      journal.record([log("\(number)")])
      await journal.flush()
      #expect(told.events.count == number + 1)
    }
    close(reading)
  }

  @Test func `replies come in the order of what was recorded before them`() async throws {
    let order = Told()
    for number in 0..<50 {
      journal.record([log("\(number)")])
      journal.whenWritten { order.add([log("\(number)")]) }
    }
    await journal.flush()
    #expect(order.events == (0..<50).map { log("\($0)") })
    close(reading)
  }
}
