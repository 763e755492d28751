import Glibc
import SessionModel
import TestSupport
import Testing

/// What every verb prints with `--json` is as the schemas in `Documentation/Schemas` say.
@Suite struct SchemaTests {
  private static let workflow = """
    name: "schema \\u00e9"
    pilot: {cores: 2}
    tasks:
      - {name: bad, command: "echo no >&2; exit 3"}
      - {name: shot, command: "kill -9 $$"}
      - {name: gate, command: "while [ ! -e $SCALEMS_SESSION_DIR/go ]; do sleep 0.05; done"}
      - {name: after, command: "true", after: bad}
      - {name: last, command: "true", after: gate}
    """

  private func expect(
    _ result: Program.Result, _ schemas: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let lines = result.stdout.split(separator: "\n")
    #expect(!lines.isEmpty, "\(result)", sourceLocation: sourceLocation)
    for (number, line) in lines.enumerated() {
      // The last schema is that of all further lines.
      let schema = try JSONSchema(schemas[min(number, schemas.count - 1)])
      #expect(try schema.faults(line) == [], "\(line)", sourceLocation: sourceLocation)
    }
  }

  @Test func `every verb prints what its schema says`() async throws {
    let session = try TestSession(Self.workflow)
    func run(_ arguments: String...) async throws -> Program.Result { try await session.run(arguments) }
    try expect(try await run("run", "w.yaml", "--session-dir", "s", "--detach", "--keep-open", "--json"), "detached")
    #expect(try await run("wait", "s", "bad", "shot").exitCode == 1)
    try await wait(for: "the gate") { try session.snapshot().tasks.count(in: .running) == 1 }
    try expect(try await run("status", "s", "--json"), "status")
    try expect(try await run("list", "--json"), "list")
    try expect(try await run("tasks", "s", "--json"), "task")
    try expect(try await run("check", "w.yaml", "--json"), "check")
    try expect(try await run("doctor", "--json"), "finding")
    try expect(try await run("log", "s", "--json"), "log")
    try expect(try await run("wait", "s", "bad", "--json"), "task")
    try expect(try await run("submit", "s", "--json", "--wait", "--", "true"), "submitted", "task")
    try expect(try await run("submit", "s", "w.yaml", "--json"), "command")
    try expect(try await run("rerun", "s", "--json"), "command")
    try expect(try await run("cancel", "s", "task.000099", "--wait", "--json"), "command")
    try expect(try await run("cancel", "s", "last", "--wait", "--json"), "command")
    try expect(try await run("resume", "s", "--json"), "command")
    try expect(try await run("cancel-raptor", "s", "--json"), "command")
    try expect(try await run("stop", "s", "--json", "--reason", "a \"reason\""), "command")
    try expect(try await run("status", "s", "--json"), "status")
    try expect(try await run("drain", "s", "--json"), "command")
    try expect(try await run("drain", "s", "--wait", "--timeout", "0.3", "--json"), "problem")
    try expect(try await run("close", "s", "--now", "--wait", "--json"), "command")
    try expect(try await run("drain", "s", "--json"), "problem")
    try expect(try await run("status", "s", "--json"), "status")
    try expect(try await run("list", "--all", "--json"), "list")
    try expect(try await run("tasks", "s", "--json"), "task")
    try expect(try await run("wait", "s", "--json"), "summary")
    try expect(try await run("events", "s"), "event")
    try expect(try await run("events", "s", "--json"), "event")
  }

  @Test func `a run prints events and a summary, and a dead session is told as such`() async throws {
    let session = try TestSession(Self.workflow)
    let program = try Program(
      scalemsTop, ["run", "w.yaml", "--session-dir", "t", "--json"], in: session.place.path,
      environment: session.environment)
    try await wait(for: "the gate") { session.place.exists("t/tasks/task.000002") }
    try session.place.write("", to: "t/go")
    let run = try await program.finish()
    let lines = run.stdout.split(separator: "\n")
    #expect(try JSONSchema("summary").faults(try #require(lines.last)) == [])
    for line in lines.dropLast() { #expect(try JSONSchema("event").faults(line) == [], "\(line)") }
    #expect(try await session.run("run", "w.yaml", "--session-dir", "s", "--detach").exitCode == 0)
    let host = try session.host()
    kill(host, SIGKILL)
    try await wait(for: "the end of the host") { !isAlive(host) }
    try expect(try await session.run("status", "s", "--json"), "status")
    try expect(try await session.run("list", "--all", "--json"), "list")
  }

  /// What would let anything pass is no test.
  @Test func `a schema refuses what is not as it says`() throws {
    let task = try JSONSchema("task")
    #expect(try task.faults(#"{"uid":"t","name":"n","group":"done","state":"DONE","attempt":1}"#) == [])
    for wrong in [
      #"{"uid":"t","name":"n","group":"done","state":"DONE"}"#,
      #"{"uid":1,"name":"n","group":"done","state":"DONE","attempt":1}"#,
      #"{"uid":"t","name":"n","group":"gone","state":"DONE","attempt":1}"#,
      #"{"uid":"t","name":"n","group":"done","state":"DONE","attempt":0}"#,
      #"{"uid":"t","name":"n","group":"done","state":"DONE","attempt":1,"x":1}"#, "[]",
    ] { #expect(try task.faults(wrong) != [], "\(wrong)") }
    let status = try JSONSchema("status")
    #expect(
      try status.faults(#"{"commands":[{"verb":"sing","user":"a","acknowledged":true}]}"#).contains {
        $0.contains("sing")
      })
  }
}
