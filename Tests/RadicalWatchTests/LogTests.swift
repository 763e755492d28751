import SessionModel
import Testing
import Work

@testable import RadicalWatch

/// What RADICAL-Pilot's own logs say, and the workers of raptors.
@Suite struct LogTests {
  private func line(_ text: String) -> RadicalLogLine? {
    Array(text.utf8).withUnsafeBytes { RadicalLogLine($0) }
  }

  @Test func `of a log warnings and errors are read, with their times`() throws {
    let warning = try #require(
      line("1795684029.308 : agent_staging_output.0000 : 10909 : 140602204309184 : WARNING  : process 8353 died : exit")
    )
    #expect(warning.time.microseconds == 1_795_684_029_308_000 && warning.level == .warning)
    #expect(warning.text == "agent_staging_output.0000: process 8353 died : exit")
    #expect(line("1.5 : pmgr.0000 : 1 : 2 : CRITICAL : no such resource")?.level == .error)
    for other in [
      "", " : ", "Traceback (most recent call last):", "  File \"x.py\" : 1 : 2 : ERROR : x",
      "1795683997.878 : pmgr_launching.0000  : 6190  : 139874831666048 : DEBUG    : pwatcher create",
      "1795683997.878 : pmgr : 6190 : 1398 : ERROR    : ", "1795683997.878 : pmgr : 6190 : ERROR : x",
      "x : a : 1 : 2 : ERROR : x",
    ] {
      #expect(line(other) == nil, "\(other)")
    }
  }

  @Test func `they are in the log between the states, at their times`() throws {
    var picture = RadicalPicture()
    func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }
    picture.open(
      SessionInfo(
        id: "s", name: "s", engine: "radical", resource: "r", user: "u", host: "h", pid: 1, directory: "/"), at: at(10))
    let states = try ["PMGR_ACTIVE", "FAILED"].enumerated().map { index, state in
      let text = Array("\(20 + 10 * index).0,advance,pmgr.0000,Main,pilot.0000,\(state),".utf8)
      return try #require(text.withUnsafeBytes { ProfileLine($0) })
    }
    let said = try [5, 25, 40].map { try #require(line("\($0).0 : pmgr : 1 : 2 : ERROR : at \($0)")) }
    picture.take(states, said)
    #expect(
      picture.snapshot.log.map(\.text) == [
        "pmgr: at 5", "pilot.0000 PMGR_ACTIVE", "pmgr: at 25", "pilot.0000 FAILED", "pmgr: at 40",
      ])
    #expect(picture.snapshot.log.map(\.time) == [at(10), at(20), at(25), at(30), at(40)])
  }

  @Test func `the raptor says which of its workers run`() {
    var picture = RadicalPicture()
    func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }
    for (uid, mode, cores) in [
      ("master", "raptor.master", 1), ("w.0", "raptor.worker", 2), ("w.1", "raptor.worker", 4),
    ] {
      picture.advance(uid, to: "AGENT_SCHEDULING", at: at(1))
      var facts = TaskFacts(uid: uid)
      facts.mode = mode
      facts.raptor = mode == "raptor.worker" ? "master" : nil
      facts.description = TaskDescription(name: uid)
      facts.description?.resources.coresPerRank = cores
      picture.describe(facts)
    }
    #expect(picture.snapshot.raptor?.detail == "no worker runs")
    picture.advance("w.0", to: "AGENT_EXECUTING", at: at(2))
    #expect(picture.snapshot.raptor?.detail == "1 worker on 2 cores")
    picture.advance("w.1", to: "AGENT_EXECUTING", at: at(3))
    #expect(picture.snapshot.raptor?.detail == "2 workers on 6 cores")
    picture.advance("w.0", to: "DONE", at: at(4))
    #expect(picture.snapshot.raptor?.detail == "1 worker on 4 cores")
  }
}
