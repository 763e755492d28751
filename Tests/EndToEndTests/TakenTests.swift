import Glibc
import SessionModel
import TestSupport
import Testing

/// What a session was given is in its journal when it is said so, and can be taken up again whatever became of the start.
@Suite struct TakenTests {
  /// The resources of a session that never come: its helper never says a word.
  static func waiting() throws -> TestSession {
    let session = try TestSession("tasks: [{name: a, ensemble: 3, command: 'echo x >> {mark}'}]")
    for directory in ["venv", "venv/bin"] { mkdir("\(session.place.path)/\(directory)", 0o700) }
    try session.place.write("#!/bin/sh\nexec sleep \(session.mark)\n", to: "venv/bin/python")
    chmod("\(session.place.path)/venv/bin/python", 0o700)
    try session.place.write("", to: "venv/bin/activate")
    return session
  }

  private static let start = ["w.yaml", "--engine", "radical", "--venv", "venv", "--session-dir", "s"]

  /// A real one sees the end of its host by itself.
  private func endHelper(of session: TestSession) { for pid in session.sleepers { kill(pid, SIGKILL) } }

  private func resume(_ session: TestSession) async throws {
    let result = try await session.run("run", "--resume", "s", "--engine", "local", "--cores", "1", "--batch")
    #expect(result.exitCode == 0 && result.stdout.contains("3 DONE"), "\(result)")
  }

  @Test func `an id stands for work that is in the journal`() async throws {
    let session = try Self.waiting()
    let run = try Program(
      scalemsTop, ["run", "--detach"] + Self.start, in: session.place.path, environment: session.environment)
    try await wait(for: "the id") { run.stdout.hasSuffix("\n") }
    kill(try session.host(), SIGKILL)
    #expect(try session.snapshot().tasks.count == 3)
    _ = try await run.finish()
    endHelper(of: session)
    try await resume(session)
  }

  @Test func `an id of commands stands for all of them`() async throws {
    let place = try TemporaryDirectory()
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    let run = try Program(
      scalemsTop, ["run", "--detach", "--commands", "-", "--session-dir", "s"], in: place.path,
      environment: ["XDG_STATE_HOME": place.path, "XDG_RUNTIME_DIR": place.path], input: ends[0])
    close(ends[0])
    func send(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) } }
    send("touch \(place.path)/first\n")
    try await wait(for: "the first command") { place.exists("first") }
    #expect(run.stdout.isEmpty)
    send("touch \(place.path)/last\n")
    close(ends[1])
    let result = try await run.finish()
    #expect(result.exitCode == 0 && result.stdout.hasPrefix("scalems."))
    #expect(place.text("s/journal.jsonl")?.contains("\(place.path)/last") ?? false)
    try await wait(for: "the end") { place.text("s/journal.jsonl")?.contains("session.closed") ?? false }
  }

  @Test(arguments: [SIGINT, SIGHUP, SIGTERM, SIGKILL])
  func `a start that is interrupted can be taken up`(number: Int32) async throws {
    let session = try Self.waiting()
    let run = try Program(
      scalemsTop, ["run", "--batch"] + Self.start, in: session.place.path, environment: session.environment)
    try await wait(for: "the helper") { session.sleepers.count == 1 }
    run.signal(number)
    #expect(try await run.finish().exitCode == (number == SIGKILL ? -SIGKILL : 128 + number))
    if number == SIGKILL { endHelper(of: session) }
    try await session.awaitNothingLeft()
    #expect(try session.snapshot().tasks.count == 3)
    try await resume(session)
  }

  /// At any moment of its first instants: what was begun is taken up, or its directory is as good as new.
  @Test(arguments: [SIGINT, SIGHUP, SIGTERM]) func `a signal in the first instants loses nothing`(
    number: Int32
  ) async throws {
    let session = try TestSession("tasks: [{name: a, ensemble: 3, command: 'echo x'}]")
    for delay in stride(from: 0, through: 60_000, by: 4000) {
      _ = try await Program.run("/bin/rm", ["-rf", "s"], in: session.place.path)
      let run = try Program(
        scalemsTop, ["run", "w.yaml", "--batch", "--session-dir", "s"], in: session.place.path,
        environment: session.environment)
      usleep(UInt32(delay))
      run.signal(number)
      let code = try await run.finish().exitCode
      #expect([0, -number, 128 + number].contains(code), "\(code)")
      guard session.place.exists("s/journal.jsonl") else { continue }
      let snapshot = try session.snapshot()
      if code == 128 + number {
        #expect(snapshot.tasks.count == 3, "after \(delay) µs")
        let again = try await session.run("run", "--resume", "s", "--batch")
        let isDone = again.stderr.contains("have come to their end")
        #expect(again.exitCode == 0 || isDone, "\(again)")
      } else if code == -number {
        #expect(snapshot.tasks.count == 0 && snapshot.info == nil, "it was killed when it had begun")
      }
    }
  }

  @Test func `the directory of a start that failed is used again, and its work is kept`() async throws {
    let session = try TestSession("tasks: [{name: a, ensemble: 3, command: 'echo x'}]")
    mkdir("\(session.place.path)/venv", 0o700)
    let failed = try await Program.run(
      scalemsTop, ["run", "--batch"] + Self.start, in: session.place.path, environment: session.environment)
    #expect(failed.exitCode == 3, "\(failed)")
    let id = try #require(try session.snapshot().info?.id)
    let again = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    #expect(again.exitCode == 0 && again.stdout.contains("3 DONE"), "\(again)")
    #expect(again.stderr.contains("held session \(id), of whose 3 tasks none was started"), "\(again)")
    let resumed = try await session.run("run", "--resume", id, "--engine", "local", "--batch")
    #expect(resumed.exitCode == 0 && resumed.stdout.contains("3 DONE"), "\(resumed)")
    // What has run is not touched.
    let third = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    #expect(third.exitCode == 3 && third.stderr.contains("holds a session already"), "\(third)")
  }

  @Test(arguments: ["", #"{"scalems_jour"#, #"{"scalems_journal":1,"session":"s.1"}"# + "\n"])
  func `a session that was killed at birth is said so, and its directory used again`(journal: String) async throws {
    let session = try TestSession("tasks: [{name: a, ensemble: 3, command: 'echo x'}]")
    mkdir("\(session.place.path)/s", 0o700)
    try session.place.write(journal, to: "s/journal.jsonl")
    try session.place.write("{}", to: "s/run.json")
    let resume = try await session.run("run", "--resume", "s", "--batch")
    #expect(resume.exitCode == 2 && resume.stderr.contains("directory can be used again"), "\(resume)")
    let again = try await session.run("run", "w.yaml", "--batch", "--session-dir", "s")
    #expect(again.exitCode == 0 && again.stdout.contains("3 DONE") && again.stderr.isEmpty, "\(again)")
  }
}
