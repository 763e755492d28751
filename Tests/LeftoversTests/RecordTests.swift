import FoundationEssentials
import Glibc
import Leftovers
import Platform
import TestSupport
import Testing

/// The record of a session and the registry of sessions, on disk.
@Suite struct RecordTests {
  @Test func aRecordIsReadAsItWasWritten() throws {
    let place = try TemporaryDirectory()
    var record = RadicalRecord(
      session: "scalems.1", helper: getpid(), resource: "local.localhost", rpSession: newRadicalID(), jobs: ["12"],
      sandbox: "/home/me/radical.pilot.sandbox/x")
    try record.write(to: HeldDirectory(place.path))
    #expect(try RadicalRecord(reading: place.path) == record)
    record.jobs.append("13")
    try record.write(to: HeldDirectory(place.path))
    #expect(try RadicalRecord(reading: place.path).jobs == ["12", "13"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["radical.json"])
    var status = stat()
    #expect(stat("\(place.path)/radical.json", &status) == 0 && status.st_mode & 0o777 == 0o600)
    let text = place.text("radical.json") ?? ""
    for key in ["rp_session", "helper_start", "owner_start"] { #expect(text.contains("\"\(key)\":")) }
  }

  @Test func everyFieldSurvives() throws {
    let place = try TemporaryDirectory()
    try place.write(
      #"{"session":"","host":"","helper":0,"helper_start":0,"group":0,"jobs":[],"resource":""}"#, to: "radical.json")
    let empty = try RadicalRecord(reading: place.path)
    var full = RadicalRecord(
      session: "scalems.1", helper: getpid(), resource: "anl.polaris", rpSession: newRadicalID(), jobs: ["12", "13"],
      sandbox: "/home/me")
    full.manager = "PBSPRO"
    #expect(fieldsAlike(full, empty) == [])
    try full.write(to: HeldDirectory(place.path))
    #expect(try RadicalRecord(reading: place.path) == full)
  }

  @Test func aMinimalRecordIsEnough() throws {
    let place = try TemporaryDirectory()
    try place.write(
      #"{"session":"s","host":"h","helper":5,"helper_start":7,"group":5,"jobs":[],"resource":"r","new_key":1}"#,
      to: "radical.json")
    let record = try RadicalRecord(reading: place.path)
    #expect(record.rpSession == nil && record.owner == nil && record.helper == 5)
  }

  @Test func whatIsNoRecordIsTold() throws {
    let place = try TemporaryDirectory()
    let missing = #expect(throws: RecordError.self) { try RadicalRecord(reading: place.path) }
    #expect(missing?.isMissing == true && missing?.description.contains("radical.json") == true)
    for text in ["", "{", "[]", #"{"session":"s"}"#, #"{"session":1,"helper":99999999999999999999}"#, "\u{0}"] {
      try place.write(text, to: "radical.json")
      let problem = #expect(throws: RecordError.self) { try RadicalRecord(reading: place.path) }
      #expect(problem?.isMissing == false)
    }
  }

  /// As `JSONEncoder` wrote it.
  private static let old =
    #"{"group":5,"helper":5,"helper_start":7,"host":"h","jobs":["12"],"owner":3,"owner_start":123456789012345678,"#
    + #""resource":"anl.polaris","rp_session":"rp.session.h.u.020779.0000","sandbox":"/home/me","session":"s"}"#

  @Test func `files of 0·1·0 are read, and what is wrong is said with its place`() throws {
    let place = try TemporaryDirectory()
    try place.write(Self.old, to: "radical.json")
    let record = try RadicalRecord(reading: place.path)
    #expect(record.ownerStart == 123_456_789_012_345_678)
    #expect(record.jobs == ["12"] && record.sandbox == "/home/me" && record.manager == nil)
    for (text, words) in [
      (Self.old.replacing("[\"12\"]", with: "[12]"), "jobs[0]"),
      (Self.old.replacing(":7", with: ":-7"), "helper_start"),
      ("{}", "has no 'session'"),
    ] {
      try place.write(text, to: "radical.json")
      let problem = #expect(throws: RecordError.self) { try RadicalRecord(reading: place.path) }
      #expect(problem?.description.contains(words) == true, "\(String(describing: problem))")
    }
    var numbers = SeededNumbers(4)
    for _ in 0..<2000 {
      try writeFile(place.path + "/radical.json", mutated([Array(Self.old.utf8)], most: 6, using: &numbers))
      _ = try? RadicalRecord(reading: place.path)
    }
  }

  @Test func aRecordThatCannotBeWrittenLeavesNothing() throws {
    let record = RadicalRecord(session: "s", helper: getpid(), resource: "r")
    #expect(throws: RecordError.self) { try record.write(to: HeldDirectory("/proc/self")) }
    let place = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: "\(place.path)/radical.json/x", withIntermediateDirectories: true)
    #expect(throws: RecordError.self) { try record.write(to: HeldDirectory(place.path)) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["radical.json"])
  }

  @Test func aSessionLivesAsLongAsItsHelperOrItsOwner() async throws {
    let helper = try Program("/bin/sleep", ["600"])
    var record = RadicalRecord(session: "s", helper: helper.pid, resource: "r")
    #expect(record.isLive)
    record.owner = nil
    #expect(record.isLive)
    record.helperStart += 1
    #expect(!record.isLive, "another process has its id")
    record.helperStart -= 1
    helper.signal(SIGKILL)
    _ = try await helper.finish()
    #expect(!record.isLive)
  }
}
