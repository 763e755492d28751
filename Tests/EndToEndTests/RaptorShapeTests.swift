import Glibc
import Platform
import TestSupport
import Testing

/// The shape of a raptor and the options of a pilot, from the outside; `log SESSION raptor.0000`.
@Suite struct RaptorShapeTests {
  private static let workflow = """
    raptor: {workers: 2}
    pilot: {cores: 8}
    tasks:
      - {name: f, ensemble: 6, function: {module: peak, name: call}}
      - {name: raptor.x, command: "echo a task"}
    """

  /// Runs until someone holds the pipe open for writing.
  private static let module = """
    import os
    def call():
        mine = "../../running." + os.environ["SCALEMS_TASK_ID"]
        open(mine, "w").close()
        open("../../../go").close()
        os.unlink(mine)
    """

  @Test func `at most so many functions run as the workers have cores, and what the raptor prints is shown`()
    async throws
  {
    let session = try TestSession(Self.workflow)
    try session.place.write(Self.module, to: "peak.py")
    let pipe = session.place.path + "/go"
    #expect(mkfifo(pipe, 0o600) == 0)
    let program = try Program(
      scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path,
      environment: session.environment)
    // The raptor has all of them then.
    try await wait(for: "two functions, and four that wait for them") {
      guard let tasks = try? session.snapshot().tasks else { return false }
      let running = directoryEntries(session.place.path + "/s").count { $0.hasPrefix("running.") }
      return running == 2 && tasks.callsRunning == 2 && tasks.raptorQueued == 4
    }
    let writer = open(pipe, O_RDWR)
    defer { close(writer) }
    let result = try await program.finish()
    #expect(result.exitCode == 0, "\(result)")
    // The local raptor complains of nothing.
    let quiet = try await session.run("log", "s", "raptor.0000")
    #expect(quiet.exitCode == 0 && quiet.stdout == "", "\(quiet)")
    try session.place.write("what it said\n", to: "s/raptor.log")
    #expect(try await session.run("log", "s", "raptor.0000", "--follow").stdout == "what it said\n")
    // A task of such a name is a task.
    #expect(try await session.run("log", "s", "raptor.x").stdout == "a task\n")
    for name in [
      "raptor.0001", "raptor.0000.worker.0", "raptor", "raptor.", "raptor.0000.", "raptor.0000.worker",
      "raptor.x.worker.1",
      "raptor.0000.worker.-1", "raptor.../x", "raptor.0000/../../w.yaml", "raptor.0000.worker.0/..", "",
    ] {
      let wrong = try await session.run("log", "s", name)
      #expect(wrong.exitCode == 2 && wrong.stderr.contains("has no task '\(name)'"), "\(name): \(wrong)")
    }
  }

  @Test func `a check says what a run on an engine would refuse, but for the size of this machine`() async throws {
    func check(_ text: String, _ arguments: String...) async throws -> Program.Result {
      let session = try TestSession(
        text + "\ntasks: [{name: f, function: {module: m, name: f}}, {name: p, argv: [x], ranks: 99999}]")
      return try await Program.run(
        scalemsTop, ["check", "w.yaml"] + arguments, in: session.place.path, environment: session.environment)
    }
    #expect(try await check("").exitCode == 0)
    #expect(try await check("engine: radical\nraptor: {workers: 9999}").exitCode == 0)
    #expect(try await check("pilot: {nodes: 2, queue: q}", "--engine", "radical").exitCode == 0)
    let warned = try await check("engine: radical\npilot: {exit_on_error: true}")
    #expect(warned.exitCode == 0 && warned.stderr.contains("exit_on_error=true: when it fails"), "\(warned)")
    for (text, words) in [
      ("pilot: {queue: q}", "engine 'local' knows cores, gpus, runtime"),
      ("raptor: {class: MPIWorker}", "engine 'local' has no workers of class MPIWorker"),
      (
        "engine: radical\npilot: {cores: 100004}\nraptor: {workers: 9}",
        "the raptor keeps one and its workers, for functions, 9"
      ),
      ("engine: radical\npilot: {cores: 100004}", "its workers, for functions, 50001"),
      ("raptor: {workers: 3}\npilot: {cores: 3}", "needs 4 cores, one of them for itself, and the pilot has 3"),
    ] {
      let result = try await check(text)
      #expect(result.exitCode == 2 && result.stderr.contains(words), "\(text): \(result)")
    }
    #expect(try await check("", "--engine", "lokal").stderr.contains("did you mean 'local'?"))
  }

  @Test func `RADICAL-Pilot's raptor and workers write in its sandbox`() async throws {
    let session = try TestSession("raptor: true\npilot: {cores: 2}\ntasks: [{name: a, argv: ['true']}]")
    #expect(try await session.run("run", "w.yaml", "--batch", "--session-dir", "s").exitCode == 0)
    // As RADICAL-Pilot and the session's link lay them out.
    for path in ["sandbox", "sandbox/raptor.0000", "sandbox/raptor.0000.worker.1", "s/radical"] {
      mkdir(session.place.path + "/" + path, 0o700)
    }
    #expect(symlink(session.place.path + "/sandbox", session.place.path + "/s/radical/pilot.0000") == 0)
    try session.place.write("master\n", to: "sandbox/raptor.0000/raptor.0000.out")
    try session.place.write("trouble\n", to: "sandbox/raptor.0000/raptor.0000.err")
    try session.place.write("worker\u{1B}[31m\n", to: "sandbox/raptor.0000.worker.1/raptor.0000.worker.1.out")
    func log(_ arguments: String...) async throws -> Program.Result {
      try await Program.run(
        scalemsTop, ["log", "s"] + arguments, in: session.place.path, environment: session.environment)
    }
    #expect(try await log("raptor.0000").stdout == "master\n")
    #expect(try await log("raptor.0000", "--stderr", "--follow").stdout == "trouble\n")
    #expect(try await log("raptor.0000.worker.1").stdout == "worker\u{1B}[31m\n", "to a pipe as it is")
    let none = try await log("raptor.0000.worker.2")
    #expect(
      none.exitCode == 2 && none.stderr.contains("there is no stdout of raptor.0000.worker.2: there is no "), "\(none)")
    #expect(none.stderr.contains("radical/pilot.0000/raptor.0000.worker.2/raptor.0000.worker.2.out"))
    // What is put in its place is not waited for.
    unlink(session.place.path + "/sandbox/raptor.0000/raptor.0000.out")
    mkfifo(session.place.path + "/sandbox/raptor.0000/raptor.0000.out", 0o600)
    #expect(try await log("raptor.0000").stderr.contains("is a FIFO, not a file"))
  }
}
