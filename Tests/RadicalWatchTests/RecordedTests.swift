import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalWatch

/// The files of a session of RADICAL-Pilot 1.92, of four tasks, one of which exits with 3.
@Suite struct RecordedTests {
  private static let session = "rp.session.recorded"

  private var site: RadicalSite {
    let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
    let directory = "/\(folder)/Recorded/\(Self.session)"
    return RadicalSite(session: Self.session, directory: directory, pilots: ["\(directory)/pilot.0000"])
  }

  @Test func `what version 1.92 writes is read`() throws {
    let snapshot = RadicalSource(site, nil).load()
    let tasks = snapshot.tasks
    let all = (0..<tasks.count).compactMap { tasks.details(of: TaskID($0)) }
    #expect(
      Dictionary(uniqueKeysWithValues: all.map { (tasks.uid(of: $0.id), "\($0.state.name) \($0.exitCode ?? -1)") })
        == [
          "sim.000000": "DONE 0", "sim.000001": "FAILED 3", "sim.000002": "DONE 0", "sim.000003": "DONE 0",
        ])
    #expect(all.map(\.label).sorted() == ["sim 0", "sim 1", "sim 2", "sim 3"])
    #expect(snapshot.phase == .closed && snapshot.pilot?.cores == 8 && snapshot.pilot?.state.isFinal == true)
  }

  /// Without what it writes in the end.
  @Test func `while it lives its files say what there is to know`() throws {
    let files = RadicalFiles(site)
    for directory in [site.directory] + site.pilots { files.add(directoryEntries(directory), in: directory) }
    site.pilots.forEach(files.note)
    var picture = RadicalPicture()
    picture.take(files.read())
    #expect(picture.snapshot.tasks.count(in: .done) == 3 && picture.snapshot.tasks.count(in: .failed) == 1)
    #expect(picture.manager(of: "sim.000000") == "tmgr.0000" && picture.manager(of: "pilot.0000") == "pmgr.0000")
    let pilot = try #require(files.pilots.first)
    let facts = try #require(TaskScript.facts(of: "sim.000001", in: pilot))
    #expect(facts.description?.name == "sim 1")
    #expect(facts.description?.argv == [#"/bin/sh "-c" "exit 3""#])
  }
}
