import Glibc
import SessionModel
import TestSupport
import Testing

/// Verbs on a host that does not answer: they say so, and end.
@Suite struct StoppedHostTests {
  @Test func `verbs say that a stopped host does not answer, and give up`() async throws {
    let session = try TestSession(AttachTests.gated)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open").exitCode == 0)
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    let host = try session.host()
    kill(host, SIGSTOP)
    defer { kill(host, SIGCONT) }
    for arguments in [
      ["drain", "s"], ["resume", "s", "--wait"], ["cancel", "s", "task.000003"], ["submit", "s", "--", "true"],
      ["submit", "s", "--wait", "--", "true"], ["stop", "s"], ["close", "s", "--now"], ["close", "s", "--wait"],
    ] {
      let result = try await Program.run(
        scalemsTop, arguments.prefix(1) + ["--timeout", "1"] + arguments.dropFirst(), in: session.place.path,
        environment: session.environment)
      #expect(result.exitCode == 6, "\(arguments): \(result)")
      #expect(result.stderr.contains("(process \(host) on "), "\(arguments): \(result)")
      #expect(result.stderr.contains("it is stopped; given up after 1 s: what was asked for goes on"), "\(result)")
    }
    let status = try await session.run("status", "s")
    #expect(status.stdout.contains("process \(host), which is stopped: it does not answer"), "\(status)")
    kill(host, SIGCONT)
    try await wait(for: "what was asked for") { try session.snapshot().phase == .closed }
    // In which order connections are served that were made meanwhile, nobody says.
    #expect(try session.snapshot().commands.contains { $0.verb == .close })
  }

  @Test func `after a few seconds it is said, and a host that goes on is served`() async throws {
    let session = try TestSession(AttachTests.gated)
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open").exitCode == 0)
    try await wait(for: "two tasks to run") { try session.snapshot().tasks.count(in: .running) == 2 }
    let host = try session.host()
    kill(host, SIGSTOP)
    defer { kill(host, SIGCONT) }
    let drain = try Program(scalemsTop, ["drain", "s"], in: session.place.path, environment: session.environment)
    try await wait(for: "the word that it does not answer") { drain.stderr.contains("it is waited for, 60 s in all") }
    kill(host, SIGCONT)
    #expect(try await drain.finish().exitCode == 0)
    #expect(try session.snapshot().commands.map(\.verb) == [.drain])
    #expect(try await session.run("close", "s", "--now", "--wait").exitCode == 0)
  }

  @Test func `the help names the time`() async throws {
    for verb in ["drain", "stop", "close", "cancel", "submit", "status", "list"] {
      let help = try await Program.run(scalemsTop, [verb, "--help"])
      #expect(help.stdout.contains("--timeout") && help.stdout.contains("60"), "\(verb)")
    }
  }
}
