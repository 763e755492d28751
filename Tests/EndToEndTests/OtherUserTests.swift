import Foundation
import Glibc
import Platform
import SessionModel
import TestSupport
import Testing

/// What another user of the machine can do to a session, and what not. Playing one takes root.
@Suite(.enabled(if: OtherUser.canBePlayed, "playing another user takes root and setpriv"))
struct OtherUserTests {
  /// A directory that others may write to, with a workflow whose second half waits for a file.
  private static func project() throws -> TestSession {
    let session = try TestSession("")
    chmod(session.place.path, 0o755)
    mkdir("\(session.place.path)/project", 0o777)
    chmod("\(session.place.path)/project", 0o777)
    try session.place.write(
      """
      pilot: {cores: 2}
      tasks:
        - {name: gate, command: "while [ ! -e \(session.place.path)/project/go ]; do sleep 0.05; done"}
        - {name: after, argv: [sh, -c, "echo ran"], pre_exec: ["true"], after: [gate], ensemble: 4}
      """, to: "w.yaml")
    return session
  }

  /// Makes a tree that looks like a session's, with programs of the attacker's.
  private static func forgery(at path: String, mark: String) -> String {
    """
    mkdir -p \(path)/tasks \(path)/inbox
    for number in 1 2 3 4; do
      task=\(path)/tasks/task.00000$number
      mkdir $task
      echo 'id -u > \(mark)' > $task/task.sh
      ln -s \(mark).stdout $task/stdout
    done
    echo 'import os; os.system("id -u > \(mark)")' > \(path)/call.py
    chmod -R a+rwX \(path)
    """
  }

  @Test func `nobody else's program is run when the session's directory is exchanged`() async throws {
    let session = try Self.project()
    let project = "\(session.place.path)/project"
    let program = try Program(
      scalemsTop, ["run", "../w.yaml", "--batch", "--session-dir", "s"], in: project, environment: session.environment)
    let journal = "\(project)/s/journal.jsonl"
    try await wait(for: "the gate to run") { contents(journal)?.contains("AGENT_EXECUTING\"") ?? false }
    let mark = "\(project)/pwned"
    try await OtherUser.run("cd \(project) && mv s stolen && \(Self.forgery(at: "s", mark: mark)); touch go")
    let result = try await program.finish()
    #expect(result.exitCode != 0, "\(result)")
    #expect(result.stderr.contains("\(project)/s"), "it says which directory: \(result)")
    #expect(access(mark, F_OK) != 0 && access(mark + ".stdout", F_OK) != 0, "somebody else's program ran")
    #expect(contents("\(project)/s/journal.jsonl") == nil, "nothing was written there")
    #expect(contents("\(project)/stolen/journal.jsonl")?.contains("session.closed") ?? false)
  }

  @Test func `a session in a place where everybody may rename it says so, and runs`() async throws {
    let session = try Self.project()
    let project = "\(session.place.path)/project"
    try session.place.write("", to: "project/go")
    let result = try await Program.run(
      scalemsTop, ["run", "../w.yaml", "--batch"], in: project, environment: session.environment)
    #expect(result.exitCode == 0 && result.stderr.contains("everybody may rename and remove what is in"), "\(result)")
  }

  @Test func `a directory for sessions that somebody else made is left to him`() async throws {
    let session = try Self.project()
    let project = "\(session.place.path)/project"
    try session.place.write("", to: "project/go")
    try await OtherUser.run("cd \(project) && mkdir scalems-sessions && chmod 777 scalems-sessions")
    let result = try await Program.run(
      scalemsTop, ["run", "../w.yaml", "--batch"], in: project, environment: session.environment)
    #expect(result.exitCode == 0, "\(result)")
    #expect(directoryIsEmpty("\(project)/scalems-sessions"))
    let list = try await Program.run(
      scalemsTop, ["list", "--all", "--json"], in: project, environment: session.environment)
    #expect(list.stdout.contains("\(project)/scalems-sessions-"), "\(list)")
    // Also when the registry of the user is another one.
    let elsewhere = try await Program.run(
      scalemsTop, ["list", "--all", "--json"], in: project,
      environment: session.environment.merging(["XDG_STATE_HOME": project]) { $1 })
    #expect(elsewhere.stdout.contains("\(project)/scalems-sessions-"), "\(elsewhere)")
    let refused = try await Program.run(
      scalemsTop, ["run", "../w.yaml", "--batch", "--session-dir", "scalems-sessions/mine"], in: project,
      environment: session.environment)
    #expect(refused.exitCode == 3 && refused.stderr.contains("belongs to \(OtherUser.id)"), "\(refused)")
  }

  private func directoryIsEmpty(_ path: String) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: path).isEmpty) ?? false
  }

  @Test(.enabled(if: OtherUser.canRunThis, "the other user cannot reach the program that was built"))
  func `another user watches what he may read, and commands nothing`() async throws {
    let session = try TestSession(AttachTests.gated)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open").exitCode == 0)
    let path = session.place.path
    for name in [path, "\(path)/s"] { chmod(name, 0o755) }
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    // Not even the journal is for him.
    let closed = try await OtherUser.scalemsTop("status \(path)/s")
    #expect(closed.exitCode == 2 && closed.stderr.contains("ermission denied"), "\(closed)")
    // The journal is, and host.json is not.
    chmod("\(path)/s/journal.jsonl", 0o644)
    let status = try await OtherUser.scalemsTop("status \(path)/s --json")
    #expect(status.exitCode == 0 && status.stdout.contains(#""state":"running""#), "\(status)")
    #expect(!status.stdout.contains("dead"))
    for verb in ["drain", "close --now", "cancel {} task.000000", "submit {} -- true", "stop"] {
      let line = verb.contains("{}") ? verb.replacingOccurrences(of: "{}", with: "\(path)/s") : "\(verb) \(path)/s"
      let refused = try await OtherUser.scalemsTop(line)
      #expect(refused.exitCode == 1 && refused.stderr.contains("you may watch it"), "\(verb): \(refused)")
    }
    #expect(try session.snapshot().commands.isEmpty)
    // A host that was killed has no lock any more: here that can be told.
    kill(try session.host(), SIGKILL)
    try await wait(for: "the end of the host") { !isAlive(try session.host()) }
    let dead = try await OtherUser.scalemsTop("status \(path)/s --json")
    #expect(dead.exitCode == 5 && dead.stdout.contains(#""state":"dead""#), "\(dead)")
  }
}

/// A session on another machine, whose host.json is for its owner only.
@Suite(
  .enabled(if: OtherUser.canRunThis, "playing another user takes root and setpriv, and a program that he can reach"))
struct UnseenTests {
  @Test func `what cannot be seen is not said to be dead`() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--batch").exitCode == 0)
    let path = session.place.path
    let journal = session.place.text("s/journal.jsonl") ?? ""
    // As it was while it ran, on another machine: what is known of locks here says nothing of that.
    let all = journal.split(separator: "\n")
    let lines = all.prefix(1 + (all.firstIndex { $0.contains(#""phase":"running""#) } ?? 0))
    let host = machineName()
    let elsewhere = lines.joined(separator: "\n").replacing("\"host\":\"\(host)\"", with: "\"host\":\"elsewhere\"")
    try session.place.write(elsewhere + "\n", to: "s/journal.jsonl")
    unlink("\(path)/s/checkpoint")
    let record = #"{"session":"x","host":"elsewhere","pid":4711,"start":1}"#
    try session.place.write(record, to: "s/host.json")
    for name in ["", "/s"] { chmod(path + name, 0o755) }
    chmod("\(path)/s/journal.jsonl", 0o644)
    chmod("\(path)/s/host.json", 0o600)
    func status() async throws -> Program.Result { try await OtherUser.scalemsTop("status \(path)/s --json") }
    // It was touched just now: someone hosts it.
    let fresh = try await status()
    #expect(fresh.exitCode == 0 && fresh.stdout.contains(#""state":"running""#), "\(fresh)")
    var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
    utimensat(AT_FDCWD, "\(path)/s/host.json", &times, 0)
    let unseen = try await status()
    #expect(unseen.stdout.contains(#""state":"unseen""#), "\(unseen)")
    let text = try await OtherUser.scalemsTop("status \(path)/s")
    #expect(text.stdout.contains("cannot be seen by you") && !text.stdout.contains("dead"), "\(text)")
    // Its owner sees that it gives no sign of life.
    let owner = try await session.run("status", "s", "--json")
    #expect(owner.stdout.contains(#""state":"dead""#), "\(owner)")
  }
}

/// A user that this one is not.
enum OtherUser {
  static let id = 54321

  static let canBePlayed = geteuid() == 0 && ["/usr/bin", "/bin"].contains { access("\($0)/setpriv", X_OK) == 0 }

  static let canRunThis: Bool = {
    var path = TestSupport.scalemsTop
    while let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      path = String(path[..<slash])
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & 0o001 != 0 else { return false }
    }
    return canBePlayed
  }()

  private static func program(_ arguments: [String]) async throws -> Program.Result {
    try await Program.run(
      "/usr/bin/env",
      ["setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups"] + arguments, in: "/",
      environment: ["HOME": "/nowhere", "XDG_STATE_HOME": "/nowhere", "XDG_RUNTIME_DIR": ""])
  }

  /// Runs a line of shell as that user.
  static func run(_ line: String) async throws {
    let result = try await program(["sh", "-c", line])
    guard result.exitCode == 0 else { throw TestError("\(line): \(result)") }
  }

  static func scalemsTop(_ line: String) async throws -> Program.Result {
    try await program([TestSupport.scalemsTop] + line.split(separator: " ").map(String.init))
  }
}
