import Glibc
import TestSupport
import Testing

/// Names are bytes: those that are no text work, or are refused; another file is never used.
@Suite struct BytesTests {
  private func shell(_ line: String, in session: TestSession) async throws -> Program.Result {
    try await Program.run(
      "/bin/bash", ["-c", line], in: session.place.path,
      environment: session.environment.merging(["T": scalemsTop, "LC_ALL": "C"]) { $1 })
  }

  @Test(arguments: [
    #"$T run $'caf\xe9.yaml' --batch"#, #"$T run w.yaml --batch --session-dir $'caf\xe9'"#,
    #"$T run --batch --commands $'caf\xe9'"#, #"$T run w.yaml --batch --name $'caf\xe9'"#,
    #"$T submit s -- cat $'caf\xe9'"#, #"$T check $'caf\xe9.yaml'"#, #"$T status $'caf\xe9'"#,
    #"HOME=$'/caf\xe9' $T run w.yaml --batch"#, #"XDG_STATE_HOME=$'/caf\xe9' $T list"#,
    #"TMPDIR=$'/tmp/caf\xe9' $T run w.yaml --batch"#,
  ]) func `names that are no text are refused with their place`(line: String) async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    let before = try await shell("ls -a", in: session).stdout
    let result = try await shell(line, in: session)
    #expect(result.exitCode == 2 && result.stderr.contains(#"is not UTF-8 at byte"#), "\(result)")
    #expect(result.stderr.contains(#"caf\xe9"#) && result.stdout.isEmpty)
    #expect(try await shell("ls -a", in: session).stdout == before, "nothing was made")
  }

  @Test(arguments: [
    "run ../w.yaml --batch", "run --batch --commands ../list", "list", "submit s -- true", "check ../w.yaml",
  ])
  func `a current directory that is no text is refused`(line: String) async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    try session.place.write("true\n", to: "list")
    let result = try await shell(#"mkdir $'caf\xe9' && cd $'caf\xe9' && $T "# + line, in: session)
    #expect(
      result.exitCode == 2 && result.stderr.contains("the directory you are in is not UTF-8 at byte"), "\(result)")
    #expect(try await shell(#"ls -A $'caf\xe9'; ls -d caf* | wc -l"#, in: session).stdout == "1\n", "nothing was made")
  }

  @Test(arguments: ["run link/../w.yaml --batch", "run w.yaml --batch --session-dir link/../s"])
  func `a path that leads through a directory that is no text is refused`(line: String) async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    _ = try await shell(#"mkdir -p $'caf\xe9/sub'; ln -s $'caf\xe9/sub' link; cp w.yaml $'caf\xe9'"#, in: session)
    let result = try await shell("$T " + line, in: session)
    #expect([2, 3].contains(result.exitCode) && result.stderr.contains("leads where the path"), "\(result)")
    #expect(try await shell(#"ls $'caf\xe9' | wc -l"#, in: session).stdout == "2\n", "nothing was made")
  }

  @Test func `directories of tasks keep names that are no text`() async throws {
    let session = try TestSession(
      "tasks: [{name: a, command: 'cat d/caf*; echo new > d/n\"$(printf ''\\351'')\"', inputs: [d], outputs: [d]}]")
    _ = try await shell(#"mkdir d; echo latin > $'d/caf\xe9'; echo utf > d/café"#, in: session)
    let result = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    #expect(result.exitCode == 0, "\(result)")
    #expect(session.place.text("s/tasks/task.000000/stdout") == "utf\nlatin\n")
    #expect(try await shell(#"cat $'d/n\xe9'; ls d | wc -l"#, in: session).stdout == "new\n3\n")
  }

  /// As Python writes a name that is no text.
  @Test func `a program that submits such a name is refused`() async throws {
    let session = try TestSession("tasks: [{name: a, argv: ['true']}]")
    let start = try await session.run("run", "w.yaml", "--detach", "--keep-open", "--session-dir", "s")
    #expect(start.exitCode == 0, "\(start)")
    let submit = """
      import json, socket
      s = socket.socket(socket.AF_UNIX); s.connect(json.load(open("s/host.json"))["socket"]); f = s.makefile("rw")
      def say(**message): f.write(json.dumps(message) + "\\n"); f.flush()
      say(id=1, request="hello", version=1, read_only=False)
      say(id=2, request="command", verb="submit", commands=["cat caf\\udce9"])
      for line in f:
        if '"id":2' in line: print(line); break
      """
    let result = try await Program.run("/usr/bin/python3", ["-c", submit], in: session.place.path)
    #expect(result.stdout.contains("half a surrogate pair"), "\(result)")
    #expect(try session.snapshot().tasks.count == 1)
    #expect(try await session.run("close", "s", "--wait").exitCode == 0)
  }
}
