import SessionModel
import SystemPackage
import Testing

@testable import SessionLink

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct MaintenanceTests {
  private let scratch = Scratch()
  private var directory: SessionDirectory { SessionDirectory(scratch["session"]) }
  private let told = Told()

  private func journal() throws -> Journal {
    _ = try directory.create()
    let told = told
    return try Journal(creating: directory.journal, session: "s") { events, _ in told.add(events) }
  }

  private var warnings: [String] {
    told.events.compactMap { event in
      if case .log(let level, let text) = event.kind, level != .info { text } else { nil }
    }
  }

  private func contents() throws -> [SessionEvent] { try JournalContents(reading: directory.journal).events }

  @Test func `nothing is said when all is well`() throws {
    let journal = try journal()
    journal.write([log("a")])
    for _ in 0..<3 { journal.maintainNow() }
    #expect(told.events == [log("a")])
    #expect(journal.problem == nil)
  }

  @Test func `a journal that was removed is made again with all it held`() throws {
    let journal = try journal()
    journal.write([log("a")])
    unlink(directory.journal.string)
    journal.write([log("b")])
    journal.maintainNow()
    #expect(
      warnings == ["the journal was removed or replaced; it was made again, with all it held: \(directory.journal)"])
    journal.write([log("c")])
    journal.maintainNow()
    #expect(try contents() == told.events)
    #expect(told.events.count == 4)
    #expect(mode(directory.journal) == 0o600)
    #expect(Journal.isHeld(directory.journal) == true)
    #expect(journal.problem == nil)
    #expect(journal.end == bytes(directory.journal).count)
  }

  @Test func `a directory that was removed is made again`() throws {
    let journal = try journal()
    journal.write([log("a")])
    unlink(directory.journal.string)
    rmdir(directory.path.string)
    journal.maintainNow()
    #expect(try contents() == told.events)
    #expect(mode(directory.path) == 0o700)
    #expect(warnings.count == 1)
  }

  @Test func `what was put in the journal's place is put aside`() throws {
    let journal = try journal()
    journal.write([log("a")])
    rename(directory.journal.string, scratch["moved"].string)
    put("edited\n".utf8, into: directory.journal)
    journal.maintainNow()
    #expect(try contents() == told.events)
    #expect(bytes(directory.path.appending("journal.jsonl.replaced")) == Array("edited\n".utf8))
  }

  @Test func `another session's journal at the place is left alone, and said once`() throws {
    let journal = try journal()
    journal.write([log("a")])
    unlink(directory.journal.string)
    let other = try Journal(creating: directory.journal, session: "other", observer: { _, _ in })
    other.write([log("theirs")])
    journal.maintainNow()
    journal.maintainNow()
    journal.write([log("b")])
    #expect(try contents() == [log("theirs")])
    #expect(warnings.count == 1)
    #expect(journal.problem == warnings.first)
    #expect(journal.problem?.contains("another session writes there") ?? false)
    withExtendedLifetime(other) {}
  }

  @Test func `when the directory cannot be made, it is tried again later`() throws {
    let journal = try journal()
    journal.write([log("a")])
    unlink(directory.journal.string)
    rmdir(directory.path.string)
    put([1], into: directory.path)
    journal.maintainNow()
    #expect(journal.problem?.hasSuffix("nobody else sees what happens") ?? false)
    unlink(directory.path.string)
    for _ in 0..<JournalHealth.secondsToNextTry { journal.maintainNow() }
    #expect(journal.problem == nil)
    #expect(try contents() == told.events)
  }

  @Test func `a jump of the clock is noticed, its slow correction is not`() {
    var watch = ClockWatch(wall: 1_000_000_000, boot: 5_000_000)
    #expect(watch.jump(wall: 1_001_000_000, boot: 6_000_000) == nil)
    #expect(watch.jump(wall: 1_003_900_000, boot: 7_000_000) == nil, "1.9 s")
    #expect(watch.jump(wall: 4_604_900_000, boot: 8_000_000) == 3600)
    #expect(watch.jump(wall: 4_605_900_000, boot: 9_000_000) == nil, "said once")
    #expect(watch.jump(wall: 4_600_000_000, boot: 10_000_000) == -6.9)
    #expect(watch.jump(wall: 4_600_000_000 + 86_400_000_000, boot: 10_000_000 + 86_400_000_000) == nil, "it slept")
    #expect(watch.jump(wall: .max, boot: .min) != .infinity)
    #expect(
      ClockWatch.words(-6.94)
        == "the clock of this machine was set back by 6.9 s: times before and after do not compare")
    #expect(ClockWatch.words(3600).contains("set forward by 3600.0 s"))
  }
}
