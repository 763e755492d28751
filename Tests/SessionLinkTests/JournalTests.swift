import SessionLink
import SessionModel
import SystemPackage
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct JournalTests {
  private let scratch = Scratch()
  private var path: FilePath { scratch["journal.jsonl"] }

  private func journal(_ observer: @escaping Journal.Observer = { _, _ in }) throws -> Journal {
    try Journal(creating: path, session: "session.1", observer: observer)
  }

  @Test func `what is recorded reads back, in order`() throws {
    let journal = try journal()
    let events: [SessionEvent] = (0..<1000).map { log("line \($0) \"é\"\n") }
    for start in stride(from: 0, to: 1000, by: 7) { journal.write(Array(events[start..<min(1000, start + 7)])) }
    journal.write([])
    let contents = try JournalContents(reading: path)
    #expect(contents.session == "session.1")
    #expect(contents.events == events)
    #expect(contents.problems.isEmpty)
    #expect(!contents.isTorn)
  }

  @Test func `nothing stands after the end of the session`() throws {
    let told = Told()
    let journal = try journal { events, _ in told.add(events) }
    let closed = SessionEvent(
      source: .executor,
      .sessionClosed(SessionSummary(session: "session.1", tasks: [:], wall: 1, leftovers: [], exitCode: 0)))
    journal.write([log("before"), closed, log("behind")])
    journal.write([log("late")])
    #expect(told.events.count == 2)
    #expect(try JournalContents(reading: path).events == told.events)
    #expect(JournalEdges.lastEvent(of: path) == closed)
  }

  @Test func `the header names version, session and program`() throws {
    _ = try journal()
    let line = String(decoding: bytes(path), as: UTF8.self)
    #expect(line.hasPrefix(#"{"scalems_journal":1,"session":"session.1","program":"scalems-top "#))
    #expect(line.hasSuffix("}\n"))
    let contents = try JournalContents(reading: path)
    #expect(contents.events.isEmpty)
  }

  @Test func `lines longer than a reader's chunk read back`() throws {
    let events = [log(String(repeating: "x", count: 3 << 20)), log("after")]
    try journal().write(events)
    #expect(try JournalContents(reading: path).events == events)
  }

  @Test func `events from many threads stand in the journal as the observer saw them`() async throws {
    let told = Told()
    let journal = try journal { events, _ in told.add(events) }
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask { for number in 0..<100 { journal.write([log("\(worker) \(number)"), log("second")]) } }
      }
    }
    #expect(told.events.count == 1600)
    #expect(try JournalContents(reading: path).events == told.events)
  }

  @Test func `an observer sees events only after they are in the file`() throws {
    let path = self.path
    let told = Told()
    let journal = try journal { events, end in
      let written = (try? JournalContents(reading: path))?.events ?? []
      #expect(written.suffix(events.count) == events)
      #expect(end == bytes(path).count)
      told.add(events)
    }
    for number in 0..<20 { journal.write([log("\(number)"), log("and")]) }
    #expect(told.events.count == 40)
  }

  @Test func `a torn last line is tolerated, wherever it is torn`() throws {
    do {
      let journal = try journal()
      journal.write([log("first"), log("the last one")])
    }
    let whole = bytes(path)
    let lastLine = whole.dropLast().lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    for length in lastLine..<whole.count {
      put(whole.prefix(length), into: path)
      let contents = try JournalContents(reading: path)
      #expect(contents.events == [log("first")])
      #expect(contents.isTorn == (length > lastLine))
      #expect(contents.problems.isEmpty)
    }
  }

  @Test func `a damaged line is reported with its number, and the others read`() throws {
    try journal().write([log("a"), log("b"), log("c")])
    var lines = bytes(path).split(separator: 0x0a).map { Array($0) }
    lines[2] = Array(#"{"t":1,"event":"task","uid":"task.000001","state":"BORED"}"#.utf8)
    lines.insert(Array("\u{0}\u{0}\u{0}".utf8), at: 4)
    lines.insert(Array(#"{"t":1,"event":"from.the.future","source":"executor"}"#.utf8), at: 1)
    put(lines.joined(separator: [0x0a]) + [0x0a], into: path)
    let contents = try JournalContents(reading: path)
    #expect(contents.events == [log("a"), log("c")])
    #expect(contents.problems.count == 2)
    #expect(contents.problems.first == "line 4: state cannot be 'BORED'")
    #expect(contents.problems.last?.hasPrefix("line 6: expected {") ?? false)
  }

  private func problem(_ text: String) -> String? {
    put(text.utf8, into: path)
    return #expect(throws: SessionDirectory.DirectoryError.self) { try JournalContents(reading: path) }?.description
  }

  @Test func `a journal of another version is refused, naming both`() {
    #expect(
      problem(#"{"scalems_journal":7,"session":"s","program":"scalems-top 9.1"}"# + "\n")
        == "\(path) is a journal of version 7, written by scalems-top 9.1; this program reads version 1")
    #expect(
      problem(#"{"scalems_journal":2}"# + "\n") == "\(path) is a journal of version 2; this program reads version 1")
  }

  @Test func `what is no journal is refused`() {
    for text in ["hello\n", "{}\n", "{\"session\":\"s\"}\n", "{\"scalems_journal\":\"x\"}\n", "\n", "\u{0}\n"] {
      #expect(problem(text) == "\(path) is no journal of a session")
    }
    for text in ["", "{\"scalems_journal\":1", "{"] {
      #expect(
        problem(text)
          == "\(path) holds nothing: its session was ended before it had begun. Its directory can be used again")
    }
    let missing = #expect(throws: SessionDirectory.DirectoryError.self) {
      try JournalContents(reading: scratch["none"])
    }
    #expect(missing?.description == "the journal \(scratch["none"]) cannot be read: No such file or directory")
    let directory = #expect(throws: SessionDirectory.DirectoryError.self) { try JournalContents(reading: scratch.path) }
    #expect(directory?.description == "the journal \(scratch.path) is a directory, not a file")
  }

  @Test func `a journal that is there is not written over`() throws {
    try journal().write([log("precious")])
    let before = bytes(path)
    let error = #expect(throws: SessionDirectory.DirectoryError.self) { try journal() }
    #expect(error?.description == "the journal \(path) cannot be made: File exists")
    #expect(bytes(path) == before)
  }

  @Test func `a journal where there is no directory is refused`() {
    let error = #expect(throws: SessionDirectory.DirectoryError.self) {
      try Journal(creating: scratch["none/journal.jsonl"], session: "s", observer: { _, _ in })
    }
    #expect(error?.description.hasSuffix("cannot be made: No such file or directory") ?? false)
  }

  @Test func `the journal is its owner's alone, whatever the umask`() throws {
    _ = try journal()
    #expect(mode(path) == 0o600)
  }
}
