import Foundation
import Glibc
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalWatch

/// Agents that did not hear what they asked themselves for.
@Suite struct DeafAgentTests {
  @Test func `what an agent has not done shows in its directory`() throws {
    let place = try TemporaryDirectory()
    mkdir(place.path + "/env", 0o700)
    let later = time(nil) + 31
    #expect(!DeafAgent.isAt(place.path, now: later))
    try place.write("", to: "env/agent.env")
    #expect(!DeafAgent.isAt(place.path, now: later))
    try place.write("", to: "agent_0.prof")
    #expect(!DeafAgent.isAt(place.path))
    #expect(DeafAgent.isAt(place.path, now: later))
    try place.write("", to: "env/rp_named_env.rp.env")
    #expect(!DeafAgent.isAt(place.path, now: later))
  }

  @Test func `a pilot is said to be stuck until it is active after all`() {
    var picture = RadicalPicture()
    func move(_ state: String) { picture.advance("pilot.0000", to: state, at: .now) }
    move("PMGR_LAUNCHING")
    #expect(picture.waitingPilots.isEmpty)
    move("PMGR_ACTIVE_PENDING")
    #expect(picture.waitingPilots == ["pilot.0000"] && picture.snapshot.pilot?.detail == nil)
    let isNews = ["pilot.0001", "pilot.0000", "pilot.0000"].map { picture.take(deafAgentOf: $0) }
    #expect(isNews == [false, true, false])
    #expect(picture.snapshot.pilot?.detail?.contains("stuck") ?? false)
    move("PMGR_ACTIVE")
    #expect(picture.snapshot.pilot?.state == .active && picture.snapshot.pilot?.detail == nil)
    #expect(picture.waitingPilots.isEmpty)
  }
}
