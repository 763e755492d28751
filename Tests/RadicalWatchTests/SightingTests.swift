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
}
