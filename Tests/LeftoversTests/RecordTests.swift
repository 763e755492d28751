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
    try record.write(to: place.path)
    #expect(try RadicalRecord(reading: place.path) == record)
    record.jobs.append("13")
    try record.write(to: place.path)
    #expect(try RadicalRecord(reading: place.path).jobs == ["12", "13"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["radical.json"])
    var status = stat()
    #expect(stat("\(place.path)/radical.json", &status) == 0 && status.st_mode & 0o777 == 0o600)
    let text = place.text("radical.json") ?? ""
    for key in ["rp_session", "helper_start", "owner_start"] { #expect(text.contains("\"\(key)\":")) }
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
    let missing = #expect(throws: RecordProblem.self) { try RadicalRecord(reading: place.path) }
    #expect(missing?.isMissing == true && missing?.description.contains("radical.json") == true)
    for text in ["", "{", "[]", #"{"session":"s"}"#, #"{"session":1,"helper":99999999999999999999}"#, "\u{0}"] {
      try place.write(text, to: "radical.json")
      let problem = #expect(throws: RecordProblem.self) { try RadicalRecord(reading: place.path) }
      #expect(problem?.isMissing == false)
    }
  }

  @Test func aRecordThatCannotBeWrittenLeavesNothing() throws {
    let record = RadicalRecord(session: "s", helper: getpid(), resource: "r")
    #expect(throws: RecordProblem.self) { try record.write(to: "/proc/self") }
    let place = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: "\(place.path)/radical.json/x", withIntermediateDirectories: true)
    #expect(throws: RecordProblem.self) { try record.write(to: place.path) }
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

  @Test func theRegistryKeepsSessions() throws {
    let place = try TemporaryDirectory()
    let registry = SessionRegistry(directory: "\(place.path)/state/scalems-top/sessions")
    #expect(registry.all().isEmpty)
    try registry.remove("none")
    try registry.add("scalems.2", directory: "/nowhere/2")
    try registry.add("scalems.1", directory: "/nowhere/1")
    try registry.add("scalems.1", directory: "/nowhere/other")
    #expect(registry.all().map { "\($0.id) \($0.directory)" } == ["scalems.1 /nowhere/other", "scalems.2 /nowhere/2"])
    var status = stat()
    #expect(stat(registry.directory, &status) == 0 && status.st_mode & 0o777 == 0o700)
    try registry.remove("scalems.1")
    #expect(registry.all().map(\.id) == ["scalems.2"])
  }

  @Test func theRegistryRefusesWhatIsNoID() throws {
    let place = try TemporaryDirectory()
    let registry = SessionRegistry(directory: "\(place.path)/sessions")
    for id in ["", ".", "..", "../x", "a/b", ".hidden"] {
      #expect(throws: SessionRegistry.Problem.self) { try registry.add(id, directory: "/") }
      #expect(throws: SessionRegistry.Problem.self) { try registry.remove(id) }
    }
    try place.write("", to: "file")
    let problem = #expect(throws: SessionRegistry.Problem.self) {
      try SessionRegistry(directory: "\(place.path)/file/sessions").add("a", directory: "/")
    }
    #expect(problem?.description.contains("file/sessions") == true)
  }
}
