import SessionLink
import SessionModel
import SystemPackage
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct ResumeTests {
  private let scratch = Scratch()
  private var path: FilePath { scratch["journal.jsonl"] }

  private func create() throws -> Journal {
    try Journal(creating: path, session: "session.1", observer: { _, _ in })
  }

  @Test func `a journal is written on, after a torn line was cut off`() throws {
    try create().write([log("a"), log("b")])
    let whole = bytes(path)
    for torn in [0, 1, 17, 100_000] {
      put(whole + Array(repeating: 0x78, count: torn), into: path)
      let told = Told()
      let journal = try Journal(resuming: path) { events, end in
        told.add(events)
        #expect(end > whole.count)
      }
      #expect(journal.session == "session.1")
      #expect(journal.end == whole.count)
      journal.write([log("c")])
      let contents = try JournalContents(reading: path)
      #expect(contents.events == [log("a"), log("b"), log("c")])
      #expect(!contents.isTorn && contents.problems.isEmpty)
      #expect(told.events == [log("c")])
    }
  }

  @Test func `what is no journal is not touched`() throws {
    for text in ["hello\n", "", "{\"scalems_journal\":7}\n", "{\"scalems_jour"] {
      put(text.utf8, into: path)
      #expect(throws: SessionDirectory.DirectoryError.self) { try Journal(resuming: path, observer: { _, _ in }) }
      #expect(bytes(path) == Array(text.utf8))
    }
    #expect(throws: SessionDirectory.DirectoryError.self) {
      try Journal(resuming: scratch["none"], observer: { _, _ in })
    }
  }

  @Test func `one process at a time writes a journal, and others can tell`() throws {
    #expect(Journal.isHeld(path) == nil)
    do {
      let journal = try create()
      #expect(Journal.isHeld(path) == true)
      let error = #expect(throws: SessionDirectory.DirectoryError.self) {
        try Journal(resuming: path, observer: { _, _ in })
      }
      #expect(error?.description == "another scalems-top is running this session: \(path)")
      withExtendedLifetime(journal) {}
    }
    #expect(Journal.isHeld(path) == false)
    let again = try Journal(resuming: path, observer: { _, _ in })
    #expect(Journal.isHeld(path) == true)
    withExtendedLifetime(again) {}
  }

  @Test func `a journal that may only be read says whether it is held`() throws {
    let journal = try create()
    chmod(path.string, 0o400)
    #expect(Journal.isHeld(path) == true)
    withExtendedLifetime(journal) {}
  }
}
