import Glibc
import SessionModel
import SystemPackage
import Testing

@testable import SessionLink

/// Journals that are cut, removed, replaced and made again while somebody reads them.
@Suite struct TailTests {
  private let scratch = Scratch()
  private var path: FilePath { scratch["journal.jsonl"] }

  private func journal(_ session: String = "session.1") throws -> Journal {
    try Journal(creating: path, session: session, observer: { _, _ in })
  }

  private func texts(_ tail: JournalTail) throws -> [String] {
    var all: [String] = []
    while let events = try tail.events() {
      all += events.map { if case .log(_, let text) = $0.kind { text } else { "?" } }
    }
    return all
  }

  @Test func `it begins where it was told to`() throws {
    let journal = try journal()
    journal.write([log("a"), log("b")])
    let (all, new) = (try JournalTail(path, from: .beginning), try JournalTail(path, from: .end))
    journal.write([log("c")])
    #expect(try texts(all) == ["a", "b", "c"])
    #expect(try texts(new) == ["c"])
    #expect(try all.events() == nil && new.events() == nil)
  }

  @Test func `a line that is being written now is none of what was there`() throws {
    try journal().write([log("a")])
    let whole = bytes(path)
    let b = Array("{\"t\":1,\"event\":\"log\",\"source\":\"agent\",\"level\":\"info\",\"text\":\"b\"}\n".utf8)
    put(whole + b.prefix(20), into: path)
    let tail = try JournalTail(path, from: .end)
    #expect(try texts(tail).isEmpty)
    put(whole + b, into: path)
    #expect(try texts(tail) == ["b"])
  }

  @Test func `a journal that was made again goes on where it was`() throws {
    let journal = try journal()
    journal.write([log("a")])
    let tail = try JournalTail(path, from: .beginning)
    #expect(try texts(tail) == ["a"])
    rename(path.string, scratch["away"].string)
    journal.write([log("b")])
    #expect(try texts(tail) == ["b"], "from the file that was moved")
    journal.maintainNow()
    journal.write([log("c")])
    let rest = try texts(tail)
    #expect(rest.first?.contains("it was made again") ?? false && rest.last == "c")
    #expect(rest.count == 2, "\(rest)")
  }

  @Test func `another journal in its place is read from its start`() throws {
    try journal().write([log("a")])
    let tail = try JournalTail(path, from: .end)
    rename(path.string, scratch["away"].string)
    try journal("session.2").write([log("other"), log("one")])
    #expect(try texts(tail) == ["other", "one"])
    // Of the same session, with other bytes.
    rename(path.string, scratch["away"].string)
    try journal("session.2").write([log("one"), log("other"), log("more")])
    #expect(try texts(tail) == ["one", "other", "more"])
  }

  @Test func `one that was cut is read again, and none is waited for`() throws {
    try journal().write([log("a"), log("b")])
    let whole = bytes(path)
    let tail = try JournalTail(path, from: .end)
    put(whole.prefix(whole.dropLast().lastIndex(of: 0x0a).map { $0 + 1 } ?? 0), into: path)
    #expect(try texts(tail) == ["a"])
    for junk in ["", "nonsense\n", "{\"scalems_journal\":7}\n"] {
      unlink(path.string)
      put(junk.utf8, into: path)
      #expect(try texts(tail).isEmpty)
    }
    unlink(path.string)
    #expect(try texts(tail).isEmpty)
    put(whole, into: path)
    #expect(try texts(tail) == ["b"], "what was read is there again")
  }

  @Test func `lines come as they stand there, and what is no JSON is left out`() throws {
    let journal = try journal()
    let tail = try JournalTail(path, from: .beginning)
    #expect(try tail.wholeLines() == nil)
    journal.write([log("é\n\"")])
    let good = bytes(path)
    let damaged = Array("garbage\n{\"t\":1,\"value\":NaN}\n{\"t\":2,\"text\":\"".utf8) + [0x9B, 0xFF]
    put(good + damaged + Array("\"}\n{\"a\":1}{}\n\nhalf".utf8), into: path)
    let lines = String(decoding: try #require(try tail.wholeLines()), as: UTF8.self)
    #expect(lines.split(separator: "\n").count == 3)
    #expect(lines.hasSuffix("}\n{\"t\":1,\"value\":null}\n{\"t\":2,\"text\":\"\u{FFFD}\u{FFFD}\"}\n"), "\(lines)")
    #expect(tail.problems.count == 3 && tail.problems.texts[0].hasPrefix("line 3: expected"), "\(tail.problems)")
    #expect(try tail.wholeLines() == nil)
  }
}
