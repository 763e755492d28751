import Foundation
import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalWatch

/// Sessions of an id that was given before, in the same place or in another: only what is their own is shown.
@Suite struct BeginningTests {
  private let place: TemporaryDirectory
  private let id = "named"

  init() throws {
    place = try TemporaryDirectory()
    for directory in ["named", "box/named/pilot.0000", "box/named/pilot.0001"] {
      try FileManager.default.createDirectory(atPath: "\(place.path)/\(directory)", withIntermediateDirectories: true)
    }
    try place.write("{}", to: "named/named.reg.init.json")
  }

  private var site: RadicalSite {
    RadicalSite(
      session: id, directory: "\(place.path)/named",
      pilots: ["pilot.0000", "pilot.0001"].map { "\(place.path)/box/named/\($0)" })
  }

  private func bridges(_ times: Int...) throws {
    let lines = times.map { "#time,event,comp,thread,uid,state,msg\n\($0).5,sync_abs,state_pubsub,T,,,h:1:2:3:sys\n" }
    try place.write(lines.joined(), to: "named/state_pubsub.prof")
  }

  /// What RADICAL-Pilot writes of a session with one pilot and some tasks that run there.
  private func profile(_ number: Int, at time: Int, tasks: Range<Int>) -> (managers: String, agent: String) {
    func line(_ component: String, _ uid: String, _ state: String, _ after: Int) -> String {
      "\(time + after).25,advance,\(component),T,\(uid),\(state),\n"
    }
    let names = tasks.map { "task.\($0)" }
    let pilot = "pilot.000\(number)"
    return (
      line("pmgr.000\(number)", pilot, "NEW", 1)
        + names.map { line("tmgr.000\(number)", $0, "NEW", 2) }.joined(),
      line("agent_0", pilot, "PMGR_ACTIVE", 3)
        + names.map { line("agent_executing.0000", $0, "AGENT_EXECUTING", 4) }.joined()
    )
  }

  private func names(_ snapshot: SessionSnapshot) -> [String] {
    (0..<snapshot.tasks.count).map { snapshot.tasks.uid(of: TaskID($0)) }.sorted()
  }

  /// The first was killed, and its agent lives on.
  @Test func `after one that was killed only its own tasks are shown`() throws {
    let (first, second) = (profile(0, at: 100, tasks: 0..<3), profile(1, at: 200, tasks: 3..<5))
    try place.write(first.managers, to: "named/pmgr.0000.prof")
    try place.write(
      first.agent + "210.5,advance,agent_executing.0000,T,task.0,AGENT_STAGING_OUTPUT,\n",
      to: "box/named/pilot.0000/agent_0.prof")
    try bridges(100)
    let one = RadicalSource(site, nil).load()
    #expect(names(one) == ["task.0", "task.1", "task.2"] && one.pilot?.uid == "pilot.0000")
    try bridges(100, 200)
    try place.write(second.managers, to: "named/pmgr.0001.prof")
    try place.write(second.agent, to: "box/named/pilot.0001/agent_0.prof")
    try place.write(
      "205.0 : pmgr : 1 : T : ERROR : of this one\n105.0 : pmgr : 1 : T : ERROR : of the first\n",
      to: "named/pmgr.log")
    let two = RadicalSource(site, nil).load()
    #expect(names(two) == ["task.3", "task.4"] && two.tasks.count(in: .running) == 2)
    #expect(two.pilot?.uid == "pilot.0001" && two.opened == Timestamp(microseconds: 201_250_000))
    #expect(
      two.log.contains { $0.text.contains("of this one") } && !two.log.contains { $0.text.contains("of the first") })
  }

  /// Whose names the program made up, too.
  @Test func `tasks and pilots of the same names begin anew`() throws {
    let (first, second) = (profile(0, at: 100, tasks: 0..<9), profile(0, at: 200, tasks: 0..<2))
    try bridges(100, 200)
    try place.write(first.managers + second.managers, to: "named/pmgr.0000.prof")
    try place.write(first.agent, to: "box/named/pilot.0000/agent_0.prof")
    let now = RadicalSource(site, nil).load()
    #expect(names(now) == ["task.0", "task.1"] && now.tasks.count(in: .running) == 0 && now.pilot?.state == .new)
    try place.write(first.agent + second.agent, to: "box/named/pilot.0000/agent_0.prof")
    #expect(RadicalSource(site, nil).load().tasks.count(in: .running) == 2)
  }

  /// RADICAL-Pilot puts both into one directory below the user's home.
  @Test func `pilots of a session of the same id in another directory are not its own`() throws {
    let (first, second) = (profile(0, at: 150, tasks: 0..<3), profile(1, at: 100, tasks: 3..<5))
    try bridges(100)
    try place.write(first.agent, to: "box/named/pilot.0000/agent_0.prof")
    try place.write(second.managers, to: "named/pmgr.0001.prof")
    try place.write(second.agent, to: "box/named/pilot.0001/agent_0.prof")
    #expect(names(RadicalSource(site, nil).load()) == ["task.3", "task.4"])
  }

  @Test func `what an earlier one wrote in its end, and what was asked for meanwhile, ends nothing`() throws {
    let (first, second) = (profile(0, at: 100, tasks: 0..<3), profile(1, at: 200, tasks: 3..<5))
    try bridges(100, 200)
    try place.write(first.managers + second.managers, to: "named/pmgr.0001.prof")
    try place.write(second.agent, to: "box/named/pilot.0001/agent_0.prof")
    func dump(_ tasks: String...) -> String {
      "{\"tasks\": {" + tasks.map { "\"\($0)\": {\"uid\": \"\($0)\", \"state\": \"DONE\"}" }.joined(separator: ",")
        + "}}"
    }
    try place.write(dump("task.0", "task.1", "task.2"), to: "named/tmgr.0000.json")
    try place.write(dump("task.3", "task.9"), to: "named/tmgr.0001.mine.json")
    let killed = RadicalSource(site, nil).load()
    #expect(names(killed) == ["task.3", "task.4"] && killed.tasks.count(in: .done) == 0)
    try place.write(dump("task.3", "task.4"), to: "named/tmgr.0001.json")
    #expect(RadicalSource(site, nil).load().tasks.count(in: .done) == 2)
  }

  @Test func `while its program opens it nothing of an earlier one is shown`() async throws {
    let first = profile(0, at: 100, tasks: 0..<3)
    try bridges(100)
    try place.write(first.managers, to: "named/pmgr.0000.prof")
    try place.write(first.agent, to: "box/named/pilot.0000/agent_0.prof")
    try place.write("99.5,session_start,named,T,named,,\n103.5,session_ok,named,T,named,,\n", to: "named/named.prof")
    let program = try Program(
      "/bin/bash",
      [
        "-c",
        "exec 7>>named/named.prof; echo 200.5,session_start,named,T,named,, >&7; : > ready; "
          + "until [ -e go ]; do sleep 0.05; done; echo 203.5,session_ok,named,T,named,, >&7; : > done; exec sleep 600",
      ], in: place.path)
    try await wait(for: "its first line") { place.exists("ready") }
    let found = try #require(RadicalSighting.among([program.pid]).first)
    #expect(found.owner?.pid == program.pid)
    let opening = RadicalSource(site, found).load()
    #expect(
      opening.phase == .starting && opening.tasks.count == 0 && opening.pilot == nil && opening.info?.pid == program.pid
    )
    // Others write to the same profile.
    let reader = RadicalReader(site, found)
    _ = reader.read(scans: true, portion: 0)
    try bridges(100, 202)
    try place.write("", to: "go")
    try await wait(for: "its second line") { place.exists("done") }
    #expect(names(RadicalSource(site, found).load()) == [])
    try place.write(first.managers + profile(1, at: 210, tasks: 7..<8).managers, to: "named/pmgr.0000.prof")
    reader.readAll(describes: false)
    #expect(names(reader.picture.snapshot) == ["task.7"] && reader.picture.snapshot.phase == .running)
    // It ends before it came so far: what there is, is the first one's.
    try bridges(100)
    try place.write(first.managers, to: "named/pmgr.0000.prof")
    program.signal(SIGKILL)
    _ = try await program.finish()
    #expect(names(RadicalSource(site, found).load()) == ["task.0", "task.1", "task.2"])
  }
}
