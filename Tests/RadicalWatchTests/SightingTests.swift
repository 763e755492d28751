import Glibc
import Platform
import TestSupport
import Testing

@testable import RadicalWatch

/// Who opened a session, by real processes with files like RADICAL-Pilot's.
@Suite struct SightingTests {
  private let ids = ["rp.session.test-a", "rp.session.test-b"]

  private func start(_ place: TemporaryDirectory, _ script: String) async throws -> Program {
    for id in ids { _ = try await Program.run("/bin/mkdir", ["-p", "\(place.path)/\(id)"]) }
    for id in ids { try place.write("{}", to: "\(id)/\(id).reg.init.json") }
    let program = try Program("/bin/bash", ["-c", script + "; : > ready; exec sleep 600"], in: place.path)
    try await wait(for: "its files to be open") { place.exists("ready") }
    return program
  }

  @Test func `a program that opens one session after the other owns all of them`() async throws {
    let place = try TemporaryDirectory()
    let program = try await start(
      place, ids.enumerated().map { "exec \(7 + $0)<> \($1)/\($1).reg.init.json" }.joined(separator: "; "))
    let found = RadicalSighting.among([program.pid])
    #expect(found.map(\.session) == ids && found.allSatisfy { $0.owner?.pid == program.pid })
    #expect(found.map(\.directory) == ids.map { "\(place.path)/\($0)" })
  }

  @Test func `who reads a record owns nothing`() async throws {
    let place = try TemporaryDirectory()
    let program = try await start(place, "exec 7< \(ids[0])/\(ids[0]).reg.init.json")
    #expect(RadicalSighting.among([program.pid]).isEmpty)
  }

  /// RADICAL-Pilot 1.92 closes the record; what the program forks has its files, too, and so has the proxy.
  @Test func `who writes the session's own profile owns it, and not what that started`() async throws {
    let place = try TemporaryDirectory()
    let own = "exec 7>> \(ids[0])/\(ids[0]).prof"
    let program = try await start(
      place, own + "; (exec sleep 600) & (exec 8> \(ids[0])/\(ids[0]).proxy.log; exec sleep 600) & :")
    defer { for child in ProcessTable().descendants(of: program.pid) { kill(child.pid, SIGKILL) } }
    let children = ProcessTable().descendants(of: program.pid).map(\.pid)
    #expect(children.count == 2)
    let found = RadicalSighting.among(children + [program.pid])
    #expect(found.map(\.session) == [ids[0]] && found.first?.owner?.pid == program.pid)
  }

  /// One that ends has files still when it has no directory any more.
  @Test(arguments: [("./rp.state_pubsub", false), ("sleep", true)])
  func `a part of RADICAL-Pilot that works nowhere is no program that holds a session`(name: String, isHeld: Bool)
    async throws
  {
    let place = try TemporaryDirectory()
    _ = try await Program.run("/bin/cp", ["/bin/sleep", "\(place.path)/rp.state_pubsub"])
    let open = "exec 7>> \(ids[0])/state_pubsub.prof"
    let component = "(cd \(ids[0]); exec ../rp.state_pubsub 600) & "
    let program = try await start(place, open + "; \(component) (exec \(name) 600) & :")
    let parts = ProcessTable().descendants(of: program.pid).map(\.pid)
    defer { for part in parts { kill(part, SIGKILL) } }
    let titles = ["rp.state_pubsub", name == "sleep" ? name : "rp.state_pubsub"].map { Array("\($0)\n".utf8) }
    try await wait(for: "their names") {
      parts.compactMap { try? readFile("/proc/\($0)/comm") }.sorted { $0.count > $1.count } == titles
    }
    let found = RadicalSighting.among(parts)
    #expect(found.map(\.session) == [ids[0]] && found.first?.isHeld == isHeld && found.first?.owner == nil)
  }

  /// Its program goes on with something else, or opens another one of the same id in the same place.
  @Test func `a session is over when it was closed, whether or not its program has ended`() async throws {
    let place = try TemporaryDirectory()
    let id = ids[0]
    let program = try await start(place, "exec 7<> \(id)/\(id).reg.init.json")
    let found = try #require(RadicalSighting.among([program.pid]).first)
    let site = try #require(found.site)
    let task = "100.5,advance,agent_executing.0000,T,task.000000,AGENT_EXECUTING,\n"
    try place.write(task, to: "\(id)/tmgr.0000.prof")
    try place.write("90,session_start,\(id),T,\(id),,\n100,session_start,c,T,\(id),,\n", to: "\(id)/\(id).prof")
    #expect(!site.isClosed && RadicalSource(site, found).load().tasks.count(in: .running) == 1)
    try place.write("{}", to: "\(id)/\(id).reg.json")
    try place.write("90,session_start,x,T,\(id),,\n110,session_stop,x,T,\(id),,\n", to: "\(id)/\(id).prof")
    #expect(site.isClosed && RadicalSource(site, found).load().phase == .closed && isAlive(program.pid))
    try place.write(
      "90,session_start,x,T,\(id),,\n110,session_stop,x,T,\(id),,\n120,session_start,x,T,\(id),,\n",
      to: "\(id)/\(id).prof")
    try place.write(task + "130,advance,tmgr.0000,T,task.000000,NEW,\n", to: "\(id)/tmgr.0000.prof")
    let again = RadicalSource(site, found).load()
    #expect(!site.isClosed && again.phase == .running && again.tasks.count == 1)
    #expect(again.tasks.count(in: .running) == 0)
  }
}
