import SessionLink
import TestSupport
import Testing

@Suite struct HostRecordTests {
  private let scratch = Scratch()

  @Test func `every field survives`() throws {
    let directory = SessionDirectory(scratch["session"])
    let (held, _) = try directory.create()
    let file = scratch["session"].appending("host.json")
    put(#"{"session":"","host":"","pid":0,"start":0}"#.utf8, into: file)
    let empty = try HostRecord(reading: directory)
    let full = HostRecord(session: "scalems.1", socket: "/run/user/1/s")
    #expect(fieldsAlike(full, empty) == [])
    try full.write(to: held)
    #expect(HostRecord(in: directory) == full)
  }

  /// As `JSONEncoder` wrote it.
  private static let old =
    #"{"host":"login1","pid":4711,"session":"scalems.1","socket":"/run/user/1/s","start":123456789012345678}"#

  @Test func `files of 0·1·0 are read, and what is wrong is said with its place`() throws {
    let directory = SessionDirectory(scratch["session"])
    _ = try directory.create()
    let file = scratch["session"].appending("host.json")
    put(Self.old.utf8, into: file)
    let read = try HostRecord(reading: directory)
    #expect(read.start == 123_456_789_012_345_678)
    #expect(read.pid == 4711 && read.socket == "/run/user/1/s" && read.host == "login1")
    for (text, words) in [
      ("{}", "has no 'session'"), (Self.old.replacing("4711", with: "4711.5"), "pid"),
      (Self.old.replacing("4711", with: "99999999999"), "pid"), ("", ""), ("[]", ""),
    ] {
      put(text.utf8, into: file)
      let problem = #expect(throws: (any Error).self) { try HostRecord(reading: directory) }
      let said = problem.map { "\($0)" } ?? ""
      #expect(said.hasPrefix("\(file) is no record of a host: ") && (words.isEmpty || said.contains(words)), "\(said)")
      #expect(HostRecord(in: directory) == nil)
    }
    var numbers = SeededNumbers(3)
    for _ in 0..<2000 {
      put(mutated([Array(Self.old.utf8)], most: 6, using: &numbers), into: file)
      _ = HostRecord(in: directory)
    }
  }
}
