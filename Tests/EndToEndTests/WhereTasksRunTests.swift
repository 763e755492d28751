import Glibc
import TestSupport
import Testing

/// Commands run where the user stands, whoever hosts the session.
@Suite struct WhereTasksRunTests {
  @Test func `commands of a list find what lies beside them`() async throws {
    let session = try TestSession("tasks: [{name: t, argv: [/bin/true]}]")
    try session.place.write("here\n", to: "near.txt")
    try session.place.write("cat near.txt\npwd; echo $SCALEMS_CLIENT_DIR; echo x > made\n", to: "list")
    let result = try await session.run("run", "--commands", "list", "--batch", "--session-dir", "s")
    #expect(result.exitCode == 0, "\(result)")
    #expect(session.place.text("s/tasks/task.000000/stdout") == "here\n")
    #expect(session.place.text("s/tasks/task.000001/stdout") == "\(session.place.path)\n\(session.place.path)\n")
    #expect(session.place.text("made") == "x\n")
  }

  @Test func `what is submitted runs where it was submitted`() async throws {
    let session = try TestSession("tasks: [{name: t, argv: [/bin/true]}]")
    for name in ["a b", "c"] {
      guard mkdir("\(session.place.path)/\(name)", 0o700) == 0 else { throw TestError("no directory") }
      try session.place.write("in \(name)\n", to: "\(name)/near.txt")
    }
    try session.place.write("cat near.txt\n", to: "a b/list")
    try session.place.write("tasks: [{name: w, argv: [/usr/bin/printenv, SCALEMS_CLIENT_DIR]}]", to: "c/more.yaml")
    let begun = try await session.run("run", "--keep-open", "--detach", "--session-dir", "s", "--cores", "2")
    #expect(begun.exitCode == 0, "\(begun)")
    func submit(_ arguments: String..., from place: String) async throws {
      let result = try await Program.run(
        scalemsTop, ["submit", "\(session.place.path)/s", "--wait"] + arguments, in: "\(session.place.path)/\(place)",
        environment: session.environment)
      #expect(result.exitCode == 0, "\(result)")
    }
    try await submit("--", "cat", "near.txt", from: "a b")
    try await submit("--commands", "list", from: "a b")
    try await submit("more.yaml", from: "c")
    #expect(session.place.text("s/tasks/task.000000/stdout") == "in a b\n")
    #expect(session.place.text("s/tasks/task.000001/stdout") == "in a b\n")
    #expect(session.place.text("s/tasks/task.000002/stdout") == "\(session.place.path)/c\n")
    #expect(try await session.run("close", "s", "--wait").exitCode == 0)
  }

  @Test func `a directory that is gone is said`() async throws {
    let session = try TestSession("tasks: [{name: t, argv: [/bin/true]}]")
    let script =
      "mkdir gone && cd gone && rmdir ../gone && echo 'echo x' | \"$0\" run --commands - --batch --session-dir ../s"
    let result = try await Program.run(
      "/bin/sh", ["-c", script, scalemsTop], in: session.place.path, environment: session.environment)
    #expect(result.exitCode == 2 && result.stderr.contains("the directory you are in does not exist"), "\(result)")
    #expect(!session.place.exists("s"))
  }
}
