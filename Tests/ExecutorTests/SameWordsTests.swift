import JSON
import SessionModel
import Testing
import Wire
import Work
import WorkflowFile

@testable import Executor

/// Something wrong with a task, as each way to a session can say it.
struct WrongTask: Sendable, CustomTestStringConvertible {
  /// Further lines of the task `t` of a workflow file, which runs `x` unless they say what else.
  var lines: [String]
  var change: @Sendable (inout WorkItem) -> Void

  init(_ lines: String..., change: @escaping @Sendable (inout WorkItem) -> Void) {
    self.lines = lines
    self.change = change
  }

  var testDescription: String { lines.joined(separator: "; ") }

  var item: WorkItem {
    var item = WorkItem(TaskDescription(name: "t", argv: ["x"]))
    change(&item)
    return item
  }

  /// What the file says, without the places.
  var sentencesOfFile: [String] {
    let isOther = lines.contains { ["name:", "argv:", "command:", "function:"].contains(where: $0.hasPrefix) }
    let start = ["name: t", "argv: [x]"].filter { line in !lines.contains { $0.hasPrefix(line.prefix(5)) } }
    let body = (isOther && !lines.contains { $0.hasPrefix("name:") } ? ["name: t"] : start) + lines
    let text = "tasks:\n  -\n" + body.map { "    \($0)\n" }.joined()
    do {
      _ = try WorkflowFile(text: text, path: "f")
      return []
    } catch { return error.problems.map(\.message) }
  }

  private static let function = "function: {module: m, name: f}"
  private static func call(_ change: @escaping @Sendable (inout TaskDescription) -> Void)
    -> @Sendable (inout WorkItem) -> Void
  {
    {
      ($0.description.argv, $0.description.raptor) = ([], true)
      $0.description.function = FunctionCall(module: "m", name: "f")
      change(&$0.description)
    }
  }

  static let all = [
    WrongTask("name: a b", "argv: [x]") { $0.description.name = "a b" },
    WrongTask("name: a.0", "argv: [x]") { $0.description.name = "a.0" },
    WrongTask("name: \"a\\nb\"", "argv: [x]") { $0.description.name = "a\nb" },
    WrongTask("argv: []") { $0.description.argv = [] },
    WrongTask("argv: ['']") { $0.description.argv = [""] },
    WrongTask("argv: [x, \"a\\0\"]") { $0.description.argv = ["x", "a\u{0}"] },
    WrongTask("command: ''") { $0.description.argv = ["/bin/sh", "-c", ""] },
    WrongTask("stdout: ../../x") { $0.description.stdout = "../../x" },
    WrongTask("stderr: \"a\\nb\"") { $0.description.stderr = "a\nb" },
    WrongTask("stdout: task.sh") { $0.description.stdout = "task.sh" },
    WrongTask("environment: {A=B: 1}") { $0.description.environment = ["A=B": "1"] },
    WrongTask("environment: {A: \"x\\0\"}") { $0.description.environment = ["A": "x\u{0}"] },
    WrongTask("stdin: {file: 'sesion:///x'}") { $0.description.stdin = .file("sesion:///x") },
    WrongTask("stdin: {file: ''}") { $0.description.stdin = .file("") },
    WrongTask("inputs: ['http://x/y']") { $0.description.inputs = [.init(source: "http://x/y", target: "y")] },
    WrongTask("outputs: ['../x']") { $0.description.outputs = [.init(source: "../x", target: "x")] },
    WrongTask("inputs: [{source: a, target: '../x'}]") { $0.description.inputs = [.init(source: "a", target: "../x")] },
    WrongTask("outputs: [{source: a, target: 'session:///'}]") {
      $0.description.outputs = [.init(source: "a", target: "session:///")]
    },
    WrongTask("timeout: 0") { $0.description.timeout = 0 },
    WrongTask("timeout: -5") { $0.description.timeout = -5 },
    WrongTask("timeout: 1e300") { $0.description.timeout = 1e300 },
    WrongTask("retries: 251") { $0.description.retries = 251 },
    WrongTask("retries: -1") { $0.description.retries = -1 },
    WrongTask("ranks: 0") { $0.description.resources.ranks = 0 },
    WrongTask("ranks: 900000000000000000", "cores_per_rank: 40") {
      $0.description.resources = TaskResources(ranks: 900_000_000_000_000_000, coresPerRank: 40)
    },
    WrongTask("gpus_per_rank: -1") { $0.description.resources.gpusPerRank = -1 },
    WrongTask("ranks: 1000000", "cores_per_rank: 1000000") {
      $0.description.resources = TaskResources(ranks: 1_000_000, coresPerRank: 1_000_000)
    },
    WrongTask("ensemble: 0") { $0.shape = [0] },
    WrongTask("ensemble: 100000001") { $0.shape = [100_000_001] },
    WrongTask("ensemble: [2, 3]") { $0.shape = [2, 3] },
    WrongTask("pre_exec: ['']") { $0.description.preExec = [""] },
    WrongTask("pre_exec: ['cd {member}']") { $0.description.preExec = ["cd {member}"] },
    WrongTask("after: nothing") { $0.description.after = ["nothing"] },
    WrongTask("after: t") { $0.description.after = ["t"] },
    WrongTask("after: t.0") { $0.description.after = ["t.0"] },
    WrongTask(function, "raptor: false", change: call { $0.raptor = false }),
    WrongTask(function, "stdin: x", change: call { $0.stdin = .text("x") }),
    WrongTask(function, "ranks: 2", change: call { $0.resources.ranks = 2 }),
    WrongTask(function, "pre_exec: x", change: call { $0.preExec = ["x"] }),
    WrongTask("function: {module: lib/m.py, name: f}", change: call { $0.function?.module = "lib/m.py" }),
    WrongTask("function: {module: m, name: 2f}", change: call { $0.function?.name = "2f" }),
    WrongTask("function: {module: m, name: f, kwargs: {a-b: 1}}", change: call { $0.function?.kwargs = ["a-b": 1] }),
    WrongTask("function: {module: m, name: f, args: ['{member}']}", change: call { $0.function?.args = ["{member}"] }),
  ]
}

/// File, library and control socket refuse the same things with the same words.
@Suite struct SameWordsTests {
  /// The request as it comes over a socket.
  private func command(_ items: [WorkItem]) throws -> OperatorCommand {
    var json = JSONWriter()
    ControlRequest(id: 1, .command(.submit(.items(items)), reason: nil, token: nil)).write(to: &json)
    let request = try json.bytes.dropLast().withUnsafeBytes { try ControlRequest(line: $0) }
    guard case .command(let command, _, _) = request.body else { throw ProtocolError("no command") }
    return command
  }

  @Test(arguments: WrongTask.all) func `one rule, one sentence`(_ wrong: WrongTask) async throws {
    var workflow = Workflow()
    let error = try #require(throws: (any Error).self) { try workflow.add([wrong.item]) }
    let sentence = try #require(error as? any ScalemsError).message
    #expect(workflow.count == 0)
    #expect(wrong.sentencesOfFile.contains(sentence), "\(wrong.sentencesOfFile) and \(sentence)")

    let session = try await Harness.started(FakeEngine(running: .atOnce { _ in .done }), raptor: true)
    let record = await session.executor.perform(try command([wrong.item]), sender: "eve")
    let codes: [CommandFailure.Code] = [.invalidWork, .unsupportedWork]
    #expect(codes.contains { record.stage == .finished(.failed($0, sentence)) })
    // It still runs what is right.
    let good = await session.executor.perform(try command([item("good")]), sender: "eve")
    #expect(good.added == 0..<1)
    #expect(try await session.executor.shutdown().tasks == ["DONE": 1])
    await session.closed()
  }

  @Test func `what the session cannot run is refused when it is offered`() async throws {
    let session = try await Harness.started()
    for (resources, raptor, words) in [
      (TaskResources(ranks: 5), false, "task 't' needs 5 cores, the pilot has 4"),
      (TaskResources(gpusPerRank: 1), false, "task 't' needs 1 gpu, the pilot has 0"),
      (TaskResources(), true, "task 't' goes through the raptor, but this session has none"),
    ] {
      let task = WorkItem(TaskDescription(name: "t", argv: ["x"], resources: resources, raptor: raptor))
      let record = await session.executor.perform(try command([task]), sender: "eve")
      #expect(record.stage == .finished(.failed(.invalidWork, words)))
    }
    _ = try await session.executor.shutdown()
    await session.closed()
  }

  @Test func `commands that cannot be run are refused`() async throws {
    let session = try await Harness.started()
    for list in [["a\u{0}b"], [""], ["true", ""], [String(repeating: "a", count: 200_000)], []] {
      let list = CommandList(list)
      let record = await session.executor.perform(.submit(.commands(list)), sender: "eve")
      #expect(record.stage == .finished(.failed(.invalidWork, TaskRules.fault(in: list) ?? "taken")))
    }
    _ = try await session.executor.shutdown()
    await session.closed()
  }
}
