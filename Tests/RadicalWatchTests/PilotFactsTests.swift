import Foundation
import Platform
import SessionModel
import TestSupport
import Testing

@testable import RadicalWatch

/// What a pilot has, and for how long, from the places that say so: what was asked for, what was given, and the wire.
@Suite struct PilotFactsTests {
  private static let asked = #"{"pid": "pilot.0000", "cores": 6, "gpus": 1, "nodes": 1, "runtime": 15}"#
  /// The agent's resource manager gives whole nodes.
  private static let given =
    #"{"cores_per_node": 4, "gpus_per_node": 2, "node_list": [{"name": "a", "cores": [0.0]}, {"name": "b"}]}"#
  private static let active = #"{"uid": "pilot.0000", "resources": {"cpu": 8, "gpu": 4, "rm_info": \#(given)}}"#

  private func asked(_ text: String = asked) throws -> PilotFacts {
    let place = try TemporaryDirectory()
    try place.write(text, to: "agent_0.cfg")
    return try #require(PilotFacts(pilot: place.path))
  }

  private func said() throws -> PilotFacts {
    let place = try TemporaryDirectory()
    try place.write("{\"pilots\": [\(Self.active)]}", to: "pmgr.0000.json")
    return try #require(RadicalDump.pilots(place.path + "/pmgr.0000.json").first)
  }

  private func pilot(_ all: [PilotFacts]) -> PilotStatus? {
    var picture = RadicalPicture()
    for facts in all { picture.take(facts) }
    picture.advance("pilot.0000", to: "PMGR_ACTIVE", at: Timestamp(seconds: 1))
    return picture.snapshot.pilot
  }

  @Test func `what was given goes before what was asked for, whichever comes first`() throws {
    let place = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: place.path + "/pilot.0000", withIntermediateDirectories: true)
    try place.write("{\"cfg\": {}, \"rm\": {\"slurm\": \(Self.given)}}", to: "pilot.0000/x.reg.agent_0.json")
    let registry = try #require(PilotFacts(grantedTo: place.path + "/pilot.0000", session: "x"))
    let asked = try asked()
    for given in [registry, try said()] {
      for order in [[asked, given], [given, asked], [given, asked, given], [asked, given, asked]] {
        let status = try #require(pilot(order))
        #expect(status.nodes == 2 && status.cores == 8 && status.gpus == 4 && status.runtime == 900)
      }
    }
    #expect(pilot([asked])?.cores == 6 && pilot([asked])?.isRuntimeKnown == true)
  }

  /// RADICAL-Pilot says only that it failed; what failed with it says no more.
  @Test(arguments: [
    ("Traceback:\n  File x\nRuntimeError: no nodes left\n", "", "RuntimeError: no nodes left"),
    ("", "bash: module: command not found\n", "bash: module: command not found"), ("", "", nil),
  ])
  func `why a pilot failed is what its agent complained of last`(agent: String, bootstrap: String, reason: String?)
    throws
  {
    let place = try TemporaryDirectory()
    for folder in ["s.1", "sandbox/pilot.0000"] {
      try FileManager.default.createDirectory(
        atPath: "\(place.path)/\(folder)", withIntermediateDirectories: true)
    }
    try place.write("{}", to: "s.1/s.1.reg.init.json")
    try place.write(
      ["NEW", "PMGR_LAUNCHING", "FAILED"].enumerated().map { "\($0 + 1).0,advance,pmgr.0000,t,pilot.0000,\($1),\n" }
        .joined(), to: "s.1/pmgr.0000.prof")
    try place.write(agent, to: "sandbox/pilot.0000/agent_0.err")
    try place.write(bootstrap, to: "sandbox/pilot.0000/bootstrap_0.err")
    let site = RadicalSite(
      session: "s.1", directory: place.path + "/s.1", pilots: [place.path + "/sandbox/pilot.0000"])
    let snapshot = RadicalSource(site, nil).load()
    #expect(snapshot.pilot?.state == .failed)
    let detail = snapshot.pilot?.detail ?? ""
    #expect(reason.map { detail.hasPrefix($0 + " (") } ?? detail.isEmpty, "\(detail)")
    #expect(snapshot.log.contains { $0.text == "pilot.0000 FAILED" + (detail.isEmpty ? "" : ": \(detail)") })
  }

  @Test(arguments: [
    ("15", true, 900), ("0", true, nil), ("null", false, nil), ("\"a day\"", false, nil), ("-1", false, nil),
  ])
  func `no limit is one thing, and none that is known another`(runtime: String, isKnown: Bool, seconds: Double?) throws
  {
    let status = try #require(
      pilot([asked(#"{"pid": "pilot.0000", "cores": 1, "runtime": \#(runtime)}"#)]))
    #expect(status.isRuntimeKnown == isKnown && status.runtime == seconds)
  }

  @Test func `a registry that is none, or that no machine has, says nothing`() throws {
    let place = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: place.path + "/pilot.0000", withIntermediateDirectories: true)
    let file = "pilot.0000/x.reg.agent_0.json"
    for text in [
      "", "{", "[]", #"{"rm": 3}"#, #"{"rm": {"fork": null}}"#, #"{"rm": {"fork": {"cores_per_node": 4}}}"#,
      #"{"rm": {"fork": {"cores_per_node": 4, "node_list": []}}}"#, #"{"rm": {"fork": {"node_list": 7}}}"#,
    ] {
      try place.write(text, to: file)
      #expect(PilotFacts(grantedTo: place.path + "/pilot.0000", session: "x") == nil, "\(text)")
    }
    // A number that nobody has is none; the rest counts.
    for cores in ["9223372036854775807", "-4", "1e300", "\"4\"", "null"] {
      try place.write(
        #"{"rm": {"fork": {"cores_per_node": \#(cores), "gpus_per_node": 1, "node_list": [{}, {}]}}}"#, to: file)
      let facts = try #require(PilotFacts(grantedTo: place.path + "/pilot.0000", session: "x"))
      #expect(facts.cores == nil && facts.gpus == 2 && facts.nodes == 2, "\(cores)")
    }
  }
}
