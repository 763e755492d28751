import Foundation
import TestSupport
import Testing

/// `tasks`: what became of each task, for people and scripts.
@Suite struct TasksVerbTests {
  private static let workflow = """
    pilot: {cores: 2}
    tasks:
      - {name: quick, command: "true", ensemble: 3}
      - {name: bad, command: "echo no such file >&2; exit 3"}
      - {name: shot, command: "kill -9 $$"}
      - {name: after, command: "true", after: bad}
      - {name: slow, command: "sleep 0.5"}
    """

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func `tasks are listed, chosen and sorted`() async throws {
    let session = try TestSession(Self.workflow)
    _ = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    let all = try await session.run("tasks", "s")
    let lines = all.stdout.split(separator: "\n")
    #expect(
      all.exitCode == 0 && lines.count == 8 && lines[0].hasPrefix("UID") && lines[1].contains("quick.0"), "\(all)")
    #expect(lines[4].contains("failed") && lines[4].hasSuffix("exit 3: no such file"), "\(lines[4])")
    #expect(lines[5].contains("SIGKILL") && lines[6].contains("canceled"))

    let failed = try objects(try await session.run("tasks", "s", "--state", "failed", "--json").stdout)
    #expect(failed.map { $0["name"] as? String } == ["bad", "shot"])
    #expect(failed[0]["exit_code"] as? Int == 3 && failed[1]["signal"] as? Int == 9)
    #expect(failed.allSatisfy { $0["node"] as? String != nil && $0["cores"] as? Int == 1 }, "\(failed)")
    #expect(failed[1]["command"] as? String == "kill -9 $$")
    let after = try await session.run("tasks", "s", "--columns", "name,node,after")
    let columns = after.stdout.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(columns[0] == ["NAME", "NODE", "AFTER"] && columns[1].count == 2, "\(after)")
    // What never ran was nowhere.
    #expect(columns.contains(["after", "bad"]), "\(after)")
    let named = try objects(try await session.run("tasks", "s", "quick", "task.000003", "--json").stdout)
    #expect(named.map { $0["name"] as? String } == ["quick.0", "quick.1", "quick.2", "bad"])
    let longest = try objects(try await session.run("tasks", "s", "--sort", "time", "--json").stdout)
    #expect(longest.first?["name"] as? String == "slow" && longest.last?["name"] as? String == "after")
    #expect(longest.last?["seconds"] == nil, "it never ran")
    let names = try objects(try await session.run("tasks", "s", "--sort", "name", "--reverse", "--json").stdout)
    #expect(names.first?["name"] as? String == "slow" && names.count == 7)
    #expect(try await session.run("tasks", "s", "--state", "running").stdout == "There are none.\n")
    #expect(try await session.run("tasks", "s", "--state", "running", "--json").stdout == "")
  }

  @Test func `failures are told by cause, at the end and by status`() async throws {
    let session = try TestSession(
      """
      pilot: {cores: 2}
      tasks:
        - {name: bad, command: "echo step {member} >&2; exit 3", ensemble: 4}
        - {name: after, command: "true", after: bad, ensemble: 3}
        - {name: shot, command: "kill -9 $$"}
      """)
    let run = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    let lines = ["4 × exit 3: step # (3 canceled because of that), first: bad.0", "1 × ended by SIGKILL: shot"]
    for line in lines { #expect(run.stderr.contains("failed: \(line)\n"), "\(run)") }
    // Each as it happened, before that.
    for name in ["bad.0", "bad.1", "bad.2", "bad.3", "shot"] {
      #expect(run.stderr.split(separator: "\n").count { $0.hasPrefix("scalems-top: \(name) FAILED: ") } == 1, "\(run)")
    }
    let status = try await session.run("status", "s")
    for line in lines { #expect(status.stdout.contains(line), "\(status)") }
    let json = try objects(try await session.run("status", "s", "--json").stdout)
    let failures = try #require(json[0]["failures"] as? [[String: Any]])
    #expect(failures.map { $0["count"] as? Int } == [4, 1] && failures[0]["first"] as? String == "task.000000")
    #expect(failures[0]["canceled"] as? Int == 3)
  }

  @Test func `what is wrong is said`() async throws {
    let session = try TestSession(Self.workflow)
    _ = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    let name = try await session.run("tasks", "s", "quik")
    #expect(name.exitCode == 2 && name.stderr.contains("no task 'quik' (did you mean 'quick'?)"), "\(name)")
    for wrong in [["--state", "runing"], ["--sort", "size"], ["--nosuch"]] {
      let result = try await session.run(["tasks", "s"] + wrong)
      #expect(result.exitCode == 2 && result.stderr.contains(wrong[0]) && result.stdout == "", "\(result)")
    }
    #expect(try await session.run("tasks", "nosuch").exitCode == 2)
  }
}
