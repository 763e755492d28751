import SessionModel
import TestSupport
import Testing

/// What scripts ask with the words of the screen, and what verbs that had no JSON say in it.
@Suite struct FilterAndJSONTests {
  private static let workflow = """
    tasks:
      - {name: good, command: "true", ensemble: 3}
      - {name: bad, command: "echo no such thing >&2; exit 3", ensemble: 2}
      - {name: rest, command: "true", after: bad}
    """

  @Test func `a filter takes what the screen takes, and refuses what it would only hint at`() async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--batch").exitCode == 1)
    for (filter, names) in [
      ("failed", ["bad.0", "bad.1"]), ("exit:3 !bad.0", ["bad.1"]), ("name:good /[12]$/", ["good.1", "good.2"]),
      ("after:bad", ["rest"]), ("reason:thing", ["bad.0", "bad.1"]), ("state:running", []),
    ] {
      let result = try await session.run("tasks", "s", "--filter", filter, "--json")
      let found = result.stdout.split(separator: "\n").compactMap { $0.firstMatch(of: /"name":"([^"]+)"/)?.output.1 }
      #expect(result.exitCode == 0 && found.map(String.init) == names, "\(filter): \(result)")
    }
    let both = try await session.run("tasks", "s", "bad", "--filter", "bad.1", "--columns", "name")
    #expect(both.stdout.split(separator: "\n") == ["NAME", "bad.1"], "\(both)")
    for wrong in ["", " ", "state:runing", "colour:red", "exit:many", "/(/"] {
      let result = try await session.run("tasks", "s", "--filter", wrong)
      #expect(result.exitCode == 2 && result.stderr.contains("--filter"), "\(wrong): \(result)")
    }
  }

  @Test func `check says all problems with their places, as JSON`() async throws {
    let session = try TestSession("tasks:\n  - {name: a, argvv: [echo]}\n  - {name: b, argv: [echo], after: c}\n")
    let result = try await session.run("check", "w.yaml", "--json")
    #expect(result.exitCode == 2 && result.stderr.isEmpty, "\(result)")
    #expect(try JSONSchema("check").faults(result.stdout) == [])
    #expect(result.stdout.contains(#""valid":false"#) && result.stdout.contains(#""line":2,"column":15"#), "\(result)")
    let missing = try await session.run("check", "none.yaml", "--json")
    #expect(missing.exitCode == 2 && missing.stdout.contains("No such file"), "\(missing)")
    #expect(try JSONSchema("check").faults(missing.stdout) == [])
    #expect(try await session.run("log", "--json", "s", "a").exitCode == 2)
    #expect(try await session.run("doctor", "--orphans", "--json").exitCode == 2)
  }

  @Test func `the session that was opened last is taken up again`() async throws {
    let session = try TestSession("tasks: [{name: a, command: 'test -e ../../../go'}]")
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--batch").exitCode == 1)
    try session.place.write("", to: "go")
    let resumed = try await session.run("run", "--resume", "--latest", "--failed", "--detach")
    #expect(resumed.exitCode == 0, "\(resumed)")
    #expect(try await session.run("wait", "s").exitCode == 0)
    let id = try #require(try session.snapshot().info?.id)
    #expect(resumed.stdout.contains(id))
    let wrong = try await session.run("run", "--resume", "--failed")
    #expect(wrong.exitCode == 2 && wrong.stderr.contains("--latest"), "\(wrong)")
  }
}
