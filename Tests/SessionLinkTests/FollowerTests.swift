import SessionModel
import SystemPackage
import Testing

@testable import SessionLink

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct FollowerTests {
  private let scratch = Scratch()
  private var directory: SessionDirectory { SessionDirectory(scratch.path) }

  private func journal(_ observer: @escaping Journal.Observer = { _, _ in }) throws -> Journal {
    try Journal(creating: directory.journal, session: "session.1", observer: observer)
  }

  private func texts(_ update: JournalFollower.Update?) -> [String]? {
    guard case .events(let events)? = update else { return nil }
    return events.map { if case .log(_, let text) = $0.kind { text } else { "?" } }
  }

  private func snapshot(_ update: JournalFollower.Update?) -> SessionSnapshot? {
    if case .snapshot(let snapshot)? = update { snapshot } else { nil }
  }

  /// What a screen would show after all there is now.
  private func state(_ follower: JournalFollower) throws -> SessionSnapshot {
    var state = SessionSnapshot()
    try follower.update(&state)
    return state
  }

  @Test func `a snapshot comes first, then what there is, then what is added`() throws {
    let journal = try journal()
    journal.write([log("a"), log("b")])
    let follower = try JournalFollower(directory: directory)
    #expect(follower.session == "session.1")
    #expect(snapshot(try follower.next())?.logCount == 0)
    #expect(texts(try follower.next()) == ["a", "b"])
    #expect(try follower.next() == nil)
    journal.write([log("c")])
    #expect(texts(try follower.next()) == ["c"])
    #expect(try follower.next() == nil)
    #expect(follower.status.position == journal.end)
    #expect(follower.status.size == journal.end)
  }

  @Test func `events come in portions, also when a line is longer than one`() throws {
    let journal = try journal()
    let long = String(repeating: "x", count: 5000)
    for number in 0..<100 { journal.write([log("\(number)"), log(long)]) }
    let follower = try JournalFollower(directory: directory, portion: 1000)
    var all: [String] = []
    var updates = 0
    while let update = try follower.next() {
      all += texts(update) ?? []
      updates += 1
    }
    #expect(all == (0..<100).flatMap { ["\($0)", long] })
    #expect(updates > 50)
  }

  @Test func `a torn line is taken when its rest comes, and another one when it was cut off`() throws {
    try journal().write([log("first"), log("second")])
    let whole = bytes(directory.journal)
    let third = Array("{\"t\":1,\"event\":\"log\",\"source\":\"agent\",\"level\":\"info\",\"text\":\"third\"}\n".utf8)
    put(whole + third.prefix(20), into: directory.journal)
    let follower = try JournalFollower(directory: directory)
    _ = try follower.next()
    #expect(texts(try follower.next()) == ["first", "second"])
    #expect(try follower.next() == nil)
    #expect(follower.status.isTorn)
    put(whole + third, into: directory.journal)
    #expect(texts(try follower.next()) == ["third"])
    #expect(!follower.status.isTorn)

    put(whole + third + third.prefix(30), into: directory.journal)
    #expect(try follower.next() == nil)
    try Journal(resuming: directory.journal, observer: { _, _ in }).write([log("fourth, and longer than the third")])
    #expect(texts(try follower.next()) == ["fourth, and longer than the third"])
    #expect(follower.status.problems.count == 0)
  }

  @Test func `damaged lines are counted and passed over`() throws {
    try journal().write([log("a"), log("b")])
    put(bytes(directory.journal) + Array("garbage\n".utf8), into: directory.journal)
    let follower = try JournalFollower(directory: directory)
    #expect(try state(follower).logCount == 2)
    #expect(follower.status.problems.count == 1)
    #expect(follower.status.problems.texts.first?.hasPrefix("line 4: ") ?? false)
  }

  @Test func `a journal that shrank is begun again with a snapshot`() throws {
    try journal().write([log("a"), log("b")])
    let follower = try JournalFollower(directory: directory)
    #expect(try state(follower).logCount == 2)
    let lines = bytes(directory.journal).split(separator: 0x0a)
    put(lines.prefix(2).joined(separator: [0x0a]) + [0x0a], into: directory.journal)
    #expect(snapshot(try follower.next())?.logCount == 0)
    #expect(texts(try follower.next()) == ["a"])
    #expect(try follower.next() == nil)
  }

  @Test func `a journal that was replaced is begun again, one that was removed is waited for`() throws {
    try journal().write([log("a")])
    let follower = try JournalFollower(directory: directory)
    #expect(try state(follower).logCount == 1)
    rename(directory.journal.string, scratch["aside"].string)
    #expect(try follower.next() == nil)
    try journal().write([log("other"), log("one")])
    #expect(snapshot(try follower.next())?.logCount == 0)
    #expect(texts(try follower.next()) == ["other", "one"])
  }

  @Test func `what replaces a journal and is none is an error, until it is one`() throws {
    try journal().write([log("a")])
    let follower = try JournalFollower(directory: directory)
    _ = try state(follower)
    rename(directory.journal.string, scratch["aside"].string)
    put("nonsense\n".utf8, into: directory.journal)
    #expect(throws: SessionDirectory.DirectoryError.self) { try follower.next() }
    rename(scratch["aside"].string, directory.journal.string)
    #expect(try follower.next() == nil)
  }

  @Test func `a follower that is far behind goes to a checkpoint ahead`() throws {
    let journal = try journal()
    journal.write([log("a")])
    let follower = try JournalFollower(directory: directory, portion: 500, jump: 10_000)
    #expect(snapshot(try follower.next())?.logCount == 0)
    journal.keepCheckpoints()
    for number in 0..<300 { journal.write([log("\(number)")]) }
    journal.write([closed])
    _ = journal.finish(within: .seconds(10), patience: .zero)
    // It was taken up again.
    try Journal(resuming: directory.journal, observer: { _, _ in }).write([log("after the checkpoint")])
    let ahead = try #require(snapshot(try follower.next()))
    #expect(ahead.logCount == 301)
    #expect(ahead.phase == .closed)
    #expect(texts(try follower.next()) == ["after the checkpoint"])
    #expect(try follower.next() == nil)
  }

  @Test func `one follower sees all that another thread writes meanwhile`() async throws {
    let journal = try journal()
    let follower = try JournalFollower(directory: directory, portion: 700)
    async let writing: Void = {
      for number in 0..<2000 { journal.write([log("\(number)")]) }
    }()
    var seen: [String] = []
    while seen.count < 2000 {
      seen += texts(try follower.next()) ?? []
      await Task.yield()
    }
    await writing
    #expect(seen == (0..<2000).map { "\($0)" })
    #expect(follower.status.problems.count == 0)
  }

  @Test func `portions can be read again from where they ended`() throws {
    let journal = try journal()
    for number in 0..<200 { journal.write([log("\(number)")]) }
    let reader = try JournalReader(directory.journal)
    var portions: [JournalReader.Portion] = []
    while let portion = try reader.next(limit: 1000) { portions.append(portion) }
    #expect(portions.count > 10)
    #expect(portions.last?.bytes.upperBound == journal.end)
    for (index, portion) in portions.enumerated() {
      let again = try JournalReader(directory.journal, from: portion.bytes.upperBound)
      #expect(try again.next(limit: 1000)?.events == portions.dropFirst(index + 1).first?.events)
    }
  }

  private var closed: SessionEvent {
    SessionEvent(
      source: .executor, .sessionClosed(SessionSummary(session: "session.1", tasks: [:], wall: 1, exitCode: 0)))
  }
}
