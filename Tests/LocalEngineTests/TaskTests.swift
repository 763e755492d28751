import Executor
import Glibc
import LocalEngine
import SessionModel
import TestSupport
import Testing
import Work

/// What a task is given, and what becomes of its files.
@Suite struct TaskTests {
  @Test func tasksKnowWhoTheyAre() async throws {
    let harness = try localHarness()
    let line = "echo $SCALEMS_TASK_ID $SCALEMS_TASK_NAME $SCALEMS_MEMBER $SCALEMS_RANK $SCALEMS_RANKS $EXTRA; pwd"
    var item = shell("who", line) { $0.environment = ["EXTRA": "of {member}"] }
    item.shape = [2]
    #expect(try await harness.run([item]).exitCode == 0)
    #expect(
      try harness.output("who.1")
        == "task.000001 who.1 1 0 1 of 1\n\(harness.directory.path)/tasks/task.000001\n")
  }

  @Test func standardInputIsTextOrAFile() async throws {
    let harness = try localHarness()
    try harness.directory.write("from a file\n", to: "in.txt")
    let summary = try await harness.run([
      shell("text", "cat") { $0.stdin = .text("one\ntwo\n") }, shell("file", "cat") { $0.stdin = .file("in.txt") },
      shell("none", "cat"), shell("missing", "cat") { $0.stdin = .file("nowhere.txt") },
    ])
    #expect(summary.tasks == ["DONE": 3, "FAILED": 1])
    #expect(try harness.output("text") == "one\ntwo\n" && harness.output("file") == "from a file\n")
    #expect(try harness.output("none").isEmpty)
    #expect(try harness.details("missing").reason?.contains("nowhere.txt") ?? false)
  }

  @Test func preExecRunsInTheSameShell() async throws {
    let harness = try localHarness()
    let summary = try await harness.run([
      shell("good", "echo $WORD") { $0.preExec = ["export WORD='it''s set'  # a comment", "true"] },
      shell("bad", "echo never") { $0.preExec = ["echo 'no venv' >&2", "exit 7"] },
      shell("worse", "echo never") { $0.preExec = ["false", "echo never"] },
    ])
    #expect(summary.tasks == ["DONE": 1, "FAILED": 2])
    #expect(try harness.output("good") == "its set\n")
    #expect(try harness.details("bad").exitCode == 7 && harness.output("bad").isEmpty)
    #expect(try harness.details("worse").reason == "exit 1: pre_exec failed (exit 1): false")
  }

  @Test func filesAreStagedInAndOut() async throws {
    let harness = try localHarness()
    try harness.directory.write("content\n", to: "a.txt")
    let summary = try await harness.run([
      shell("stage", "cat copied linked; echo result > out; echo shared > s") {
        $0.inputs = [
          StagingDirective(source: "a.txt", target: "copied"),
          StagingDirective(source: "client:///a.txt", target: "linked", action: .link),
        ]
        $0.outputs = [
          StagingDirective(source: "out", target: "results/out.txt", action: .move),
          StagingDirective(source: "s", target: "session:///shared.txt"),
        ]
      },
      shell("use", "cat s") {
        $0.after = ["stage"]
        $0.inputs = [StagingDirective(source: "session:///shared.txt", target: "s")]
      },
      shell("noinput", "touch ran") { $0.inputs = [StagingDirective(source: "b.txt", target: "b.txt")] },
      shell("nooutput", "true") { $0.outputs = [StagingDirective(source: "never", target: "never")] },
    ])
    #expect(summary.tasks == ["DONE": 2, "FAILED": 2])
    #expect(try harness.output("stage") == "content\ncontent\n" && harness.output("use") == "shared\n")
    #expect(harness.directory.text("results/out.txt") == "result\n")
    let stage = try harness.details("stage").id.uid
    #expect(!harness.directory.exists("tasks/\(stage)/out"), "moved away")
    let noInput = try harness.details("noinput")
    #expect(noInput.reason?.hasPrefix("the input 'b.txt' does not exist") ?? false && noInput.started == nil)
    #expect(!harness.directory.exists("tasks/\(noInput.id.uid)/ran"))
    #expect(try harness.details("nooutput").reason?.hasPrefix("the output 'never' does not exist") ?? false)
  }

  @Test func ranksAreProcessesAndEndTogether() async throws {
    let harness = try localHarness(cores: 4)
    let resources = TaskResources(ranks: 3)
    let summary = try await harness.run([
      shell("ranks", "echo rank $SCALEMS_RANK of $SCALEMS_RANKS") { ($0.resources, $0.launcher) = (resources, .none) },
      shell("partial", "[ $SCALEMS_RANK = 1 ] && exit 5; sleep 60") {
        ($0.resources, $0.launcher) = (resources, .none)
      },
    ])
    #expect(summary.tasks == ["DONE": 1, "FAILED": 1])
    let lines = try harness.output("ranks").split(separator: "\n").sorted()
    #expect(lines == ["rank 0 of 3", "rank 1 of 3", "rank 2 of 3"])
    #expect(try harness.details("partial").exitCode == 5)
  }

  @Test func standardInputComesFromAnyLocation() async throws {
    let harness = try localHarness()
    try harness.directory.write("of the client", to: "in.0")
    let items = ["in.{member}", "client:///in.0", "session:///in.0", "pilot:///in.0", "task:///staged"].enumerated().map
    {
      var description = TaskDescription(
        name: "cat\($0)", argv: ["/bin/cat"], stdin: .file($1),
        inputs: [StagingDirective(source: "in.0", target: "staged")])
      description.stdout = "out"
      return WorkItem(description, shape: [1])
    }
    #expect(try await harness.run(items).tasks == ["DONE": 5])
    for number in 0..<5 { #expect(try harness.output("cat\(number).0", "out") == "of the client") }
  }

  @Test func aQuoteBeforeACombiningCharacterIsAQuoteForTheShell() async throws {
    let harness = try localHarness()
    let line = "false '\u{301}' '; touch gone'"
    let item = WorkItem(TaskDescription(name: "t", argv: ["/bin/true"], preExec: [line]))
    #expect(try await harness.run([item]).tasks == ["FAILED": 1])
    #expect(try harness.output("t", "stderr").contains("pre_exec failed (exit 1): \(line)"))
    #expect(!harness.directory.exists("tasks/task.000000/gone"))
  }

  @Test func gpusAreSlotsOfTheirOwn() async throws {
    let harness = try localHarness(cores: 4, gpus: 2)
    var item = shell("gpu", "echo $CUDA_VISIBLE_DEVICES; sleep 0.2") { $0.resources = TaskResources(gpusPerRank: 1) }
    item.shape = [2]
    try await harness.executor.startup()
    let error = await #expect(throws: ValueError.self) {
      try await harness.executor.submit([shell("greedy", "true") { $0.resources = TaskResources(gpusPerRank: 3) }])
    }
    #expect(error?.message == "task 'greedy' needs 3 gpus, the pilot has 2")
    try await harness.executor.submit([item])
    #expect(try await harness.executor.shutdown().tasks == ["DONE": 2])
    #expect(try Set([harness.output("gpu.0"), harness.output("gpu.1")]) == ["0\n", "1\n"])
  }

  @Test func usageIsMeasured() async throws {
    let harness = try localHarness()
    let python = "a = b'x' * (150 << 20); sum(range(2000000))"
    _ = try await harness.run([WorkItem(TaskDescription(name: "work", argv: ["python3", "-c", python]))])
    let work = try harness.details("work")
    #expect(work.state == .done && work.user > 0.01)
    #expect(work.peakMemory > 150 << 10 && work.peakMemory < 1 << 20)
  }

  @Test func aFailedTaskIsRunAgain() async throws {
    let harness = try localHarness()
    let summary = try await harness.run([
      shell("flaky", "echo try $SCALEMS_ATTEMPT; [ $SCALEMS_ATTEMPT -ge 3 ]") { $0.retries = 5 },
      shell("hopeless", "exit 1") { $0.retries = 1 },
    ])
    #expect(summary.tasks == ["DONE": 1, "FAILED": 1])
    let flaky = try harness.details("flaky")
    #expect(try flaky.attempt == 3 && harness.output("flaky") == "try 3\n")
    #expect(harness.directory.text("tasks/\(flaky.id.uid).attempt1/stdout") == "try 1\n")
    #expect(try harness.details("hopeless").attempt == 2)
  }
}
