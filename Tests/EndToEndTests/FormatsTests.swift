import SessionModel
import TestSupport
import Testing

/// The files of a session, and what `--json` prints, are as `Documentation/Formats.md` says.
@Suite struct FormatsTests {
  private let page: DocumentedFormats

  init() throws { page = try DocumentedFormats() }

  /// Members that may be missing are there or not; all that are there are on the page.
  private func expect(_ json: String, _ heading: String, needs: Set<String>, or others: Set<String> = []) throws {
    let members = try memberNames(json.utf8)
    let known = try page.members(of: heading).union(others)
    #expect(members.isSubset(of: known) && needs.isSubset(of: members), "\(heading): \(members.sorted())")
  }

  @Test func filesAndOutputsAreAsDescribed() async throws {
    let session = try TestSession(AttachTests.gated)
    let options = ["--session-dir", "s", "--detach", "--keep-open", "--task-grace", "0"]
    #expect(
      try await Program.run(
        scalemsTop, ["run", "w.yaml"] + options, in: session.place.path, environment: session.environment
      ).exitCode == 0)
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    try expect(
      try #require(session.place.text("s/host.json")), "`host.json`",
      needs: ["session", "host", "pid", "start", "socket"])
    try expect(
      try #require(session.place.text("s/run.json")), "`run.json`",
      needs: ["name", "engine", "taskGrace", "isKeptOpen"])
    let header = try #require(session.place.text("s/journal.jsonl")?.split(separator: "\n").first)
    #expect(try memberNames(header.utf8) == page.members(of: "Header"))
    for (arguments, heading) in [(["status", "s"], "`status --json`"), (["list"], "`list --json`")] {
      let result = try await Program.run(
        scalemsTop, arguments + ["--json"], in: session.place.path, environment: session.environment)
      try expect(result.stdout, heading, needs: ["session", "state", "live", "tasks", "opened", "directory"])
    }
    let submitted = try await session.run("submit", "s", "--json", "--", "true")
    #expect(try memberNames(submitted.stdout.utf8) == page.members(of: "`submit --json`"))
    #expect(try await session.run("close", "s", "--wait").exitCode == 0)
    let closed = try await session.run("status", "s", "--json")
    try expect(closed.stdout, "`status --json`", needs: ["exit", "phase"])
  }

  @Test func theLastObjectOfARunIsItsSummary() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    let result = try await session.run("run", "w.yaml", "--session-dir", "s", "--json")
    try expect(
      String(try #require(result.stdout.split(separator: "\n").last)), "`run --json`",
      needs: ["event", "session", "tasks", "exit"], or: try page.members(of: "`session.closed`"))
  }
}
