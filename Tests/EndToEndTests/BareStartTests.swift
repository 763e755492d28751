import Glibc
import SessionModel
import TestSupport
import Testing

/// Started with less than a program expects: without standard streams, without room for threads.
@Suite struct BareStartTests {
  private static let workflow = "tasks: [{name: a, ensemble: 3, command: 'echo hi; echo there >&2'}]"

  private func shell(_ line: String, in session: TestSession) async throws -> Program.Result {
    try await Program.run(
      "/bin/sh", ["-c", line], in: session.place.path,
      environment: session.environment.merging(["T": scalemsTop]) { $1 })
  }

  /// Every subset of the three.
  @Test(arguments: 0..<8, ["--batch", "--json", "--detach"])
  func `streams that were closed are missed by nobody`(closed: Int, mode: String) async throws {
    let session = try TestSession(Self.workflow)
    let redirections = ["0<&-", "1>&-", "2>&-"].enumerated().filter { closed & 1 << $0.offset != 0 }.map(\.element)
    let line = "$T run w.yaml --session-dir s \(mode) " + redirections.joined(separator: " ")
    let result = try await shell(line, in: session)
    #expect(result.exitCode == 0, "\(result.stderr)")
    try await wait(for: "the end") { (try? session.snapshot().summary) != nil }
    let journal = try session.journal()
    #expect(!journal.isTorn && journal.problems.isEmpty)
    #expect(try session.snapshot().summary?.tasks == ["DONE": 3])
    #expect(session.place.text("s/tasks/task.000000/stdout") == "hi\n")
    #expect(session.place.text("s/tasks/task.000000/stderr") == "there\n")
    for file in ["host.log", "agent.log"] where session.place.exists("s/\(file)") {
      let text = session.place.text("s/\(file)") ?? ""
      #expect(!text.contains("\"event\""), "\(file) holds events: \(text)")
    }
  }

  @Test(arguments: ["list --all", "status s", "events s", "log s task.000000", "check w.yaml", "--help"])
  func `verbs do without them, too`(verb: String) async throws {
    let session = try TestSession(Self.workflow)
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 0)
    #expect(try await shell("$T \(verb) 0<&- 1>&- 2>&-", in: session).exitCode == 0)
  }

  /// The kernel does not hold root to a number of processes: so as nobody then.
  @Test(arguments: ["ulimit -v 200000", "ulimit -u 2", "ulimit -u 4"])
  func `no room for threads is said, and is three`(limit: String) async throws {
    let session = try TestSession(Self.workflow)
    chmod(session.place.path, 0o777)
    let nobody = getuid() == 0 && limit.contains("-u") ? "setpriv --reuid 65531 --regid 65531 --clear-groups" : "env"
    let result = try await shell(
      "\(nobody) sh -c '\(limit); exec \"$T\" run w.yaml --batch --session-dir s'", in: session)
    // A shell that is refused its first process says so itself.
    guard !result.stderr.hasPrefix("sh:") else { return }
    #expect(result.exitCode == 3 && result.stderr.contains("no room for the threads of a session"), "\(result)")
    #expect(!session.place.exists("s"))
  }
}
