import TestSupport
import Testing

@testable import Work

/// Locations, command lines, names of outputs, variables: what engines are told in one way.
@Suite struct MeaningTests {
  @Test(arguments: [
    ("a/b", Location.Base.client, "/c/a/b"), ("a/b", .task, "/t/a/b"), ("/x", .task, "/x"), ("/x", .client, "/x"),
    ("client:///a", .task, "/c/a"), ("session:///a", .task, "/s/a"), ("pilot:///a/b", .client, "/s/a/b"),
    ("task:///a", .client, "/t/a"), ("http://a", .client, "/c/http://a"), ("session:/a", .client, "/c/session:/a"),
    ("", .client, "/c/"), ("../a", .client, "/c/../a"), ("a b:c", .task, "/t/a b:c"),
  ]) func `a location is a path in one of the directories`(_ text: String, _ side: Location.Base, _ path: String) {
    let locations = Locations(client: "/c", session: "/s", task: "/t", home: "/h")
    #expect(locations.path(of: Location(text, relativeTo: side)) == path)
  }

  @Test(arguments: [
    "a > b", "sesion:///x", "http://x", "session://x", "task:///../x", "session:///a/../../x", "pilot:///..", "://x",
    ":///x", "x < y",
  ]) func `wrong locations`(_ text: String) { #expect(Location.fault(in: text, relativeTo: .client) != nil) }

  @Test func `the task's side is confined, the client's is not`() {
    #expect(Location.fault(in: "../x", relativeTo: .task) != nil)
    #expect(Location.fault(in: "../x", relativeTo: .client) == nil)
    #expect(Location.fault(in: "client:///../x", relativeTo: .task) == nil)
    #expect(Location.fault(in: "/a/../b", relativeTo: .task) == nil)
  }

  @Test(arguments: [
    ("a", "a"), ("d/a", "a"), ("session:///d/a", "a"), ("/x/", "x"), (".", nil), ("..", nil), ("", nil), ("/", nil),
    ("session:///", nil), ("a/..", nil), ("a/.", nil),
  ]) func `the name of a staged file`(_ text: String, _ name: String?) { #expect(Location.fileName(of: text) == name) }

  @Test func `a directory that is no file cannot be replaced by one`() {
    for target in ["session:///", "task:///", ".", "/", "session:///.", "d/."] {
      let task = TaskDescription(
        name: "t", argv: ["x"], outputs: [StagingDirective(source: "o", target: target)])
      #expect(TaskRules.violations(of: WorkItem(task)).count == 1, "\(target)")
    }
  }

  @Test func `anchored descriptions mean the same from anywhere`() {
    var task = TaskDescription(name: "t", argv: ["x"], stdin: .file("in"))
    task.inputs = [
      .init(source: "a", target: "b"), .init(source: "client:///a", target: "b"), .init(source: "/a", target: "b"),
      .init(source: "session:///a", target: "b"),
    ]
    task.outputs = [.init(source: "a", target: "b"), .init(source: "a", target: "pilot:///b")]
    let anchored = task.anchored(to: "/w")
    #expect(anchored.stdin == .file("/w/in"))
    #expect(anchored.inputs.map(\.source) == ["/w/a", "/w/a", "/a", "session:///a"])
    #expect(anchored.inputs.allSatisfy { $0.target == "b" })
    #expect(anchored.outputs.map(\.target) == ["/w/b", "pilot:///b"] && anchored.outputs[0].source == "a")
    task.stdin = .file("session:///in")
    #expect(task.anchored(to: "/w").stdin == .file("session:///in"))
  }

  @Test func `a shell sees bytes, not characters`() {
    #expect(TaskCommand.quoted("it's") == #"'it'\''s'"#)
    // One character for Swift, a quote and a combining accent for a shell.
    #expect(Array(TaskCommand.quoted("a'\u{301}; rm x").utf8) == Array("'a'\\''\u{301}; rm x'".utf8))
    #expect(TaskCommand.quoted("") == "''" && TaskCommand.quoted("'") == #"''\'''"#)
    for text in hostileTexts { #expect(TaskCommand.quoted(text).utf8.count >= text.utf8.count + 2) }
  }

  @Test func `how a task is started`() {
    #expect(TaskCommand(argv: ["/bin/sh", "-c", "x"]) == .shell("x"))
    #expect(TaskCommand(argv: ["/bin/sh", "-c", "x", "y"]) == .direct(["/bin/sh", "-c", "x", "y"]))
    #expect(TaskCommand(argv: ["/bin/sh", "-c", "a 'b c'"]).words == "a 'b c'")
    #expect(TaskCommand(argv: ["/bin/sh", "-c", "a 'b c'"]).shellLine == "a 'b c'")
    #expect(TaskCommand(argv: ["gmx", "-f", "my file"]).words == "gmx -f my file")
    #expect(TaskCommand(argv: ["gmx", "-f", "my file", "", "a=b"]).shellLine == "gmx -f 'my file' '' a=b")
    #expect(TaskCommand(argv: ["a=b", "$HOME", "x~"]).shellLine == "'a=b' '$HOME' 'x~'")
    #expect(TaskCommand(argv: []) == .direct([]) && TaskCommand.shell("x").argv == ["/bin/sh", "-c", "x"])
    #expect(TaskCommand.argv(ofCommand: "/bin/echo a  b") == ["/bin/echo", "a", "b"])
    for line in ["echo a", "/bin/echo $x", "/bin/echo 'a'", "exit 3", " ", "/bin/a;b", "A=1 /bin/x", "/bin/é"] {
      #expect(TaskCommand.argv(ofCommand: line) == ["/bin/sh", "-c", line])
    }
  }

  @Test func `a resolved task is the member's`() {
    let batch = TaskBatch(first: TaskID(5), description: Samples.description, members: .ensemble(first: 3, count: 2))
    let task = batch.resolved(TaskID(6), attempt: 2)
    #expect(task.label == "équilibrer.4" && task.member == 4 && task.attempt == 2)
    #expect(task.description == Samples.description.substituting(member: 4))
    #expect(task.needs == CoreNeeds(cores: 6, gpus: 2))
    let commands = TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "command"),
      members: .commands(first: 7, CommandList(["/bin/true", "echo {member}"])))
    #expect(commands.resolved(TaskID(0), attempt: 1).description.argv == ["/bin/true"])
    #expect(commands.resolved(TaskID(1), attempt: 1).description.argv == ["/bin/sh", "-c", "echo {member}"])
    let facts = TaskVariables.facts(of: task, session: "s", sessionDirectory: "/d", clientDirectory: "/c")
    #expect(
      facts.map { "\($0.name)=\($0.value)" } == [
        "SCALEMS_SESSION_ID=s", "SCALEMS_SESSION_DIR=/d", "SCALEMS_CLIENT_DIR=/home/é", "SCALEMS_TASK_ID=task.000006",
        "SCALEMS_TASK_NAME=équilibrer.4", "SCALEMS_RANKS=2", "SCALEMS_CORES_PER_RANK=3", "SCALEMS_ATTEMPT=2",
        "SCALEMS_MEMBER=4",
      ])
  }

  @Test func `files of the standard streams`() {
    var task = TaskDescription(name: "t", argv: ["x"])
    #expect(OutputNames(task).all == ["stdout", "stderr"] && !OutputNames(task).areShared)
    (task.stdout, task.stderr) = ("log", "log")
    #expect(OutputNames(task).all == ["log"] && OutputNames(task).areShared)
    #expect(OutputNames.kept("log", attempt: 2) == "log.attempt2")
  }
}
