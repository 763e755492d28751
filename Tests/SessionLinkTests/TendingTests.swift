import SessionModel
import SystemPackage
import Testing

@testable import SessionLink

#if canImport(Glibc)
  import Glibc
#endif

/// What a host does about a journal that something happened to.
@Suite struct TendingTests {
  private let scratch = Scratch()
  private var directory: SessionDirectory { SessionDirectory(scratch["s"]) }

  private func journal(_ told: Told = Told()) throws -> Journal {
    mkdir(directory.path.string, 0o700)
    return try Journal(creating: directory.journal, session: "session.1") { events, _, _ in told.add(events) }
  }

  @Test func `a journal that was removed is written again, whole`() throws {
    let told = Told()
    let journal = try journal(told)
    journal.record((0..<1000).map { log("\($0)") })
    unlink(directory.journal.string)
    rmdir(directory.path.string)
    journal.record([log("meanwhile")])
    journal.tend()
    #expect(journal.problem == nil)
    #expect(
      told.events.last?.kind
        == .log(.error, "the journal \(directory.journal) was removed or replaced: it was written again"))
    journal.record([log("after")])
    let contents = try JournalContents(reading: directory.journal)
    #expect(contents.events == told.events && contents.events.count == 1003)
    #expect(mode(directory.journal) == 0o600)
    journal.tend()
    #expect(told.events.count == 1003, "said once")
  }

  @Test func `one that cannot be made again is said once, and is written on`() throws {
    let told = Told()
    let journal = try journal(told)
    unlink(directory.journal.string)
    put("someone else's".utf8, into: directory.journal)
    journal.tend()
    journal.tend()
    #expect(told.events.count == 1 && journal.problem?.contains("cannot be made again (File exists)") ?? false)
    #expect(bytes(directory.journal) == Array("someone else's".utf8))
    unlink(directory.journal.string)
    journal.tend()
    #expect(journal.problem == nil)
    #expect(try JournalContents(reading: directory.journal).events == told.events)
  }

  @Test func `two hosts never write one journal`() throws {
    let first = try journal()
    first.record([log("a")])
    let problem = #expect(throws: SessionDirectory.Problem.self) {
      try Journal(resuming: directory.journal, snapshot: SessionSnapshot()) { _, _, _ in }
    }
    #expect(problem?.description == "another scalems-top runs the session of \(directory.journal)")
  }

  @Test func `a journal that is taken up loses its torn line and no other`() throws {
    do { try journal().record([log("a"), log("b")]) }
    let whole = bytes(directory.journal)
    put(whole + Array(#"{"t":1,"event":"lo"#.utf8), into: directory.journal)
    let journal = try Journal(resuming: directory.journal, snapshot: SessionSnapshot()) { _, _, _ in }
    journal.record([log("c")])
    let contents = try JournalContents(reading: directory.journal)
    #expect(contents.events == [log("a"), log("b"), log("c")] && contents.problems.isEmpty && !contents.isTorn)
  }

  @Test func `jumps of the clock are told from time that passes`() {
    var watch = ClockWatch()
    #expect(watch.jump(wall: 1000, steady: 5) == nil)
    #expect(watch.jump(wall: 1001, steady: 6) == nil)
    #expect(watch.jump(wall: 4601, steady: 7) == 3599)
    #expect(watch.jump(wall: 4602, steady: 8) == nil)
    #expect(watch.jump(wall: 4000, steady: 9) == -603)
    #expect(watch.jump(wall: 40000, steady: 36009) == nil, "the machine slept, or was busy")
  }
}
