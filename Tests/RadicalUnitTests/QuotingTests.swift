import Executor
import Glibc
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalEngine

/// Prints each argument, and the variables that are asked for, with a NUL after each.
private let printer = #"for a; do printf '%s\0' "$a"; done"#

@Suite struct QuotingTests {
  @Test(arguments: ["/bin/sh", "/bin/bash"])
  func `arguments reach a program as they are`(_ shell: String) async throws {
    let place = try MappingPlace()
    let end = try await place.run(
      TaskDescription(name: "nasty", argv: ["/bin/sh", "-c", printer, "x"] + nastyTexts), shell: shell)
    #expect(end.status == 0 && end.scriptErrors == "")
    #expect(end.text("stdout") == nastyTexts.map { $0 + "\0" }.joined())
    #expect(!end.exists("gone") && end.text("stderr") == "")
  }

  @Test(arguments: ["/bin/sh", "/bin/bash"])
  func `variables reach a program as they are`(_ shell: String) async throws {
    let place = try MappingPlace()
    let pairs = nastyTexts.enumerated().map { ("V\($0)", $1) }
    let line = pairs.map { "printf '%s\\0' \"$\($0.0)\"" }.joined(separator: "\n")
    let end = try await place.run(
      TaskDescription(
        name: "nasty", argv: ["/bin/sh", "-c", line], environment: Dictionary(uniqueKeysWithValues: pairs)),
      shell: shell)
    #expect(end.status == 0 && end.scriptErrors == "")
    #expect(end.text("stdout") == nastyTexts.map { $0 + "\0" }.joined())
    #expect(!end.exists("gone"))
  }

  @Test func `a variable of any name reaches a program`() async throws {
    let place = try MappingPlace()
    for name in ["A-B", "1A", "a.b", "A B", "X;touch gone", "Ä", "UID", "$HOME"] {
      let end = try await place.run(
        TaskDescription(name: "v", argv: ["/usr/bin/printenv", name], environment: [name: "it's"]))
      #expect(end.text("stdout") == "it's\n" && end.status == 0 && !end.exists("gone"))
    }
  }

  @Test func `the environment wins over what activation sets`() async throws {
    let place = try MappingPlace()
    let end = try await place.run(
      TaskDescription(name: "v", argv: ["/usr/bin/printenv", "VIRTUAL_ENV"], environment: ["VIRTUAL_ENV": "mine"]))
    #expect(end.text("stdout") == "mine\n")
    let other = try await place.run(TaskDescription(name: "v", argv: ["/usr/bin/printenv", "VIRTUAL_ENV"]), number: 1)
    #expect(other.text("stdout") == "\(place.mapping.venv)\n")
  }

  @Test(arguments: ProgramOutcome.all) func `programs have the same outcome`(_ outcome: ProgramOutcome) async throws {
    let place = try MappingPlace()
    let end = try await place.run(outcome.description)
    #expect((end.status == 0) == (outcome.state == .done))
    if let code = outcome.exitCode { #expect(end.status == code) }
    if let output = outcome.output { #expect(end.text("stdout") == output) }
    if let reason = outcome.reason { #expect(end.reason?.contains(reason) ?? false, "\(end.reason ?? "")") }
  }

  @Test(arguments: ["two words", "it's", "do$HOME", "a;b", "-x", "(p)", "\"q\"", "back\\slash"])
  func `a program of any name is found`(_ name: String) async throws {
    let place = try MappingPlace()
    // No file that was just written: one that another thread forks with is "busy" for a moment.
    #expect(symlink("/bin/echo", "\(place.mapping.clientDirectory)/\(name)") == 0)
    let end = try await place.run(
      TaskDescription(name: "odd", argv: ["\(place.mapping.clientDirectory)/\(name)", "ran", "$HOME"]))
    #expect(end.status == 0 && end.text("stdout") == "ran $HOME\n")
  }

  @Test func `what SCALE-MS tells a task`() async throws {
    let place = try MappingPlace()
    let description = TaskDescription(
      name: "who", argv: ["/bin/sh", "-c", "env | grep ^SCALEMS_ | sort"])
    let batch = TaskBatch(first: TaskID(5), description: description, members: .ensemble(first: 3, count: 2))
    let end = try await place.run(EngineTask(id: TaskID(6), attempt: 2, batch: batch), submission: 2)
    #expect(
      end.text("stdout") == """
        SCALEMS_ATTEMPT=2
        SCALEMS_CLIENT_DIR=\(place.mapping.clientDirectory)
        SCALEMS_CORES_PER_RANK=1
        SCALEMS_MEMBER=4
        SCALEMS_RANK=0
        SCALEMS_RANKS=1
        SCALEMS_SESSION_DIR=\(place.mapping.sessionDirectory)
        SCALEMS_SESSION_ID=session.1
        SCALEMS_TASK_DIR=\(end.directory)
        SCALEMS_TASK_ID=task.000006
        SCALEMS_TASK_NAME=who.4

        """)
  }

  @Test(arguments: ["my output", "it's", "$HOME", "a;b", "*", "-n", "\"q\"", "`x`", "out>put", "naïve", "#1"])
  func `standard streams have files of any name`(_ name: String) async throws {
    let place = try MappingPlace()
    let end = try await place.run(
      TaskDescription(
        name: "odd", argv: ["/bin/sh", "-c", "echo out; echo err >&2"], stdout: name, stderr: "\(name).err"))
    #expect(end.status == 0 && end.scriptErrors == "")
    #expect(end.text(name) == "out\n" && end.text("\(name).err") == "err\n")
    // RP reads the last words of a task where it believes that they are.
    let task = EngineTask(TaskDescription(name: "odd", argv: ["x"], stdout: name, stderr: "\(name).err"))
    #expect(contents("\(end.beside)/\(place.mapping.map(task, submission: 1).stderr ?? "")") == "err\n")
  }

  @Test func `both standard streams in one file`() async throws {
    let place = try MappingPlace()
    let end = try await place.run(
      TaskDescription(
        name: "both", argv: ["/bin/sh", "-c", "echo one; echo two >&2; echo three"], stdin: .text("x"), stdout: "all",
        stderr: "all"))
    #expect(end.status == 0 && end.text("all") == "one\ntwo\nthree\n")
  }

  @Test(arguments: ["$(touch gone)", "`touch gone`", "\"; touch gone; \"", "plain"])
  func `the name of a task is a name only`(_ name: String) async throws {
    let place = try MappingPlace()
    let end = try await place.run(TaskDescription(name: name, argv: ["/bin/sh", "-c", "printf %s \"$RP_TASK_NAME\""]))
    #expect(end.status == 0 && end.text("stdout") == name && !end.exists("gone"))
  }

  @Test func `members are numbered everywhere`() async throws {
    let place = try MappingPlace()
    try place.write("input 7", to: "in.7")
    let description = TaskDescription(
      name: "m", argv: ["/bin/sh", "-c", "cat; echo $1 $N", "x", "{member}"], stdin: .text("text {member}\n"),
      environment: ["N": "n{member}"], stdout: "out.{member}",
      inputs: [StagingDirective(source: "in.{member}", target: "here{member}")],
      outputs: [StagingDirective(source: "out.{member}", target: "results/{member}")])
    let batch = TaskBatch(first: TaskID(0), description: description, members: .ensemble(first: 5, count: 4))
    let end = try await place.run(EngineTask(id: TaskID(2), attempt: 1, batch: batch))
    #expect(end.status == 0 && end.text("out.7") == "text 7\n7 n7\n" && end.text("here7") == "input 7")
    #expect(place.text("results/7") == "text 7\n7 n7\n")
  }

  @Test func `a line of a command list is a shell's`() async throws {
    let place = try MappingPlace()
    let batch = TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "c"),
      members: .commands(first: 0, CommandList(["echo a", "echo \"$SCALEMS_MEMBER\" '$X' | tr 1 2; echo \\\\"])))
    let end = try await place.run(EngineTask(id: TaskID(1), attempt: 1, batch: batch))
    #expect(end.text("stdout") == "2 $X\n\\\n")
  }

  // MARK: Standard input

  @Test(arguments: nastyTexts) func `a text as standard input`(_ text: String) async throws {
    let place = try MappingPlace()
    let end = try await place.run(
      TaskDescription(name: "cat", argv: ["/bin/sh", "-c", "cat; printf %s \"$1\"", "x", "$x"], stdin: .text(text)))
    #expect(end.status == 0 && end.text("stdout") == text + "$x")
  }

  @Test func `a file as standard input`() async throws {
    let place = try MappingPlace()
    for name in ["in file", "it's", "$PATH"] {
      try place.write("from \(name)", to: name)
      let end = try await place.run(TaskDescription(name: "cat", argv: ["cat"], stdin: .file(name)))
      #expect(end.status == 0 && end.text("stdout") == "from \(name)")
    }
    try place.write("staged", to: "in")
    for location in ["client:///in", "task:///it's $here"] {
      let inputs = [StagingDirective(source: "in", target: "it's $here")]
      let end = try await place.run(TaskDescription(name: "cat", argv: ["cat"], stdin: .file(location), inputs: inputs))
      #expect(end.status == 0 && end.text("stdout") == "staged", "\(end)")
    }
    let refusal = place.mapping.refusal(
      of: EngineTask(TaskDescription(name: "cat", argv: ["cat"], stdin: .file("none"))))
    #expect(refusal?.contains("/none could not be opened: No such file") ?? false)
  }

  @Test func `without standard input a program reads nothing`() async throws {
    let place = try MappingPlace()
    let end = try await place.run(TaskDescription(name: "cat", argv: ["cat"]))
    #expect(end.status == 0 && end.text("stdout") == "")
  }

  // MARK: What a task came to

  @Test func `exit codes, missing programs and commands before them`() async throws {
    let place = try MappingPlace()
    #expect(try await place.run(TaskDescription(name: "x", argv: ["/bin/sh", "-c", "exit 3"])).status == 3)
    #expect(try await place.run(TaskDescription(name: "x", argv: ["/no/such/program"])).status == 127)
    #expect(
      try await place.run(TaskDescription(name: "x", argv: ["/no/such/program"], stdin: .text(""))).status == 127)
    let prepared = try await place.run(
      TaskDescription(name: "x", argv: ["/bin/sh", "-c", "echo $A"], preExec: ["export A='b c'", "A=\"$A d\""]))
    #expect(prepared.text("stdout") == "b c d\n")
    let failed = try await place.run(TaskDescription(name: "x", argv: ["echo", "ran"], preExec: ["false"]))
    #expect(failed.status != 0 && failed.text("stdout") == "")
  }

  @Test func `a second attempt keeps the output of the first`() async throws {
    let place = try MappingPlace()
    func description(_ word: String) -> TaskDescription {
      TaskDescription(
        name: "again", argv: ["/bin/sh", "-c", "echo \(word); echo \(word) >&2; exit 1"], stdout: "my out",
        stderr: "err")
    }
    _ = try await place.run(description("one"))
    _ = try await place.run(description("two"), attempt: 2, submission: 2)
    let end = try await place.run(description("three"), attempt: 3, submission: 3)
    for (attempt, word) in [(".attempt1", "one\n"), (".attempt2", "two\n"), ("", "three\n")] {
      for name in ["my out", "err"] { #expect(contents("\(end.directory)\(attempt)/\(name)") == word) }
    }
    // Nothing is there to keep when the first never ran.
    let other = try await place.run(description("two"), number: 1, attempt: 2, submission: 2)
    #expect(other.status == 1 && other.text("my out") == "two\n" && access(other.directory + ".attempt1", F_OK) != 0)
  }
}
