import FoundationEssentials
import SessionLink
import TestSupport
import Testing

@Suite struct HostRecordTests {
  private let scratch = Scratch()

  @Test func `every field survives`() throws {
    let directory = SessionDirectory(scratch["session"])
    let (held, _) = try directory.create()
    let empty = try JSONDecoder().decode(
      HostRecord.self, from: Data(#"{"session":"","host":"","pid":0,"start":0}"#.utf8))
    let full = HostRecord(session: "scalems.1", socket: "/run/user/1/s")
    #expect(fieldsAlike(full, empty) == [])
    try full.write(to: held)
    #expect(HostRecord(in: directory) == full)
  }
}
