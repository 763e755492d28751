import Executor
import Glibc
import JSON
import SessionModel
import Testing
import Work

/// What every engine must do, whatever holds its resources. A test target runs each on its engine.
public struct EngineContract: Sendable {
  /// Makes an executor on a fresh engine with this many cores.
  public var harness: @Sendable (_ cores: Int, _ raptor: Bool) throws -> EngineHarness

  public init(harness: @escaping @Sendable (_ cores: Int, _ raptor: Bool) throws -> EngineHarness) {
    self.harness = harness
  }

  public func runsTasksToDone() async throws {
    let harness = try harness(2, false)
    let summary = try await harness.run(Self.goodItems)
    #expect(summary.tasks == ["DONE": 6] && summary.exitCode == 0 && summary.leftovers.isEmpty)
    try Self.checkGood(harness)
  }

  static let goodItems = [
    shell("one", "echo hello; echo there >&2"),
    WorkItem(TaskDescription(name: "many", argv: ["/bin/echo", "member", "{member}"], after: ["one"]), shape: [5]),
  ]

  static func checkGood(_ harness: EngineHarness) throws {
    #expect(try harness.output("one") == "hello\n" && harness.output("one", "stderr") == "there\n")
    #expect(try harness.output("many.3") == "member 3\n")
    let one = try harness.details("one")
    #expect(one.exitCode == 0 && one.signal == nil)
    let states = harness.states(of: one.id)
    #expect(states == states.sorted() && states.contains(.agentExecuting) && states.last == .done)
  }

  public func tellsHowTasksFail() async throws {
    let harness = try harness(2, false)
    let summary = try await harness.run(Self.badItems)
    #expect(summary.tasks == ["FAILED": 5] && summary.exitCode == 1)
    try Self.checkBad(harness)
  }

  /// What a program with colours and a progress bar prints, and its last state.
  private static let progressBar =
    "starting\\n" + (0..<99).map { "\\r\\033[K\\033[31mstep \($0) of 100" }.joined()
    + "\\r\\033[2K\\033[1mno water    left\\033[0m\\033(B\\r"

  static let badItems = [
    shell("three", "echo this is why >&2; exit 3"), shell("bar", "printf '\(progressBar)' >&2; exit 3"),
    shell("killed", "kill -9 $$"),
    WorkItem(TaskDescription(name: "missing", argv: ["/no/such/program"])),
    shell("slow", "sleep 60") { $0.timeout = 0.3 },
  ]

  static func checkBad(_ harness: EngineHarness) throws {
    let three = try harness.details("three")
    #expect(three.exitCode == 3 && three.reason?.contains("this is why") ?? false)
    let bar = try #require(try harness.details("bar").reason)
    #expect(bar.hasSuffix("no water    left") && !bar.contains("step") && !bar.contains("\u{1B}"), "\(bar)")
    #expect(try harness.details("killed").signal == SIGKILL || harness.details("killed").exitCode == 137)
    #expect(try harness.details("missing").exitCode == 127)
    #expect(try harness.details("slow").reason?.contains("time limit") ?? false)
  }

  /// What the tests of good, bad and canceled tasks look at, in one session: for an engine whose sessions are slow.
  public func runsAllKindsOfTasks() async throws {
    let harness = try harness(2, false)
    try await harness.executor.startup()
    try await harness.executor.submit(Self.goodItems + Self.badItems + StagingContract.items(harness))
    let count = 10 + StagingContract.outcomes.values.reduce(0, +)
    try await harness.wait(for: "\(count) tasks to end") { $0.tasks.finished == count }
    let first = UInt32(harness.snapshot.tasks.count)
    try await harness.executor.submit([
      WorkItem(TaskDescription(name: "long", argv: ["/bin/sleep", "60"]), shape: [3]),
      shell("later", "true") { $0.after = ["long"] },
    ])
    try await harness.wait(for: "two that run and one that waits") { $0.tasks.count(in: .running) == 2 }
    let record = await harness.executor.perform(
      .cancel(TaskIDs((first..<first + 3).map { TaskID($0) })), sender: "tester", reason: "enough")
    #expect(record.stage == .finished(.done("3 canceled")))
    let summary = try await harness.executor.shutdown()
    let staged = StagingContract.outcomes
    #expect(
      summary.tasks == [
        "DONE": 6 + staged["DONE", default: 0], "FAILED": 5 + staged["FAILED", default: 0], "CANCELED": 4,
      ])
    #expect(summary.leftovers.isEmpty)
    try Self.checkGood(harness)
    try Self.checkBad(harness)
    try StagingContract.check(harness)
  }

  /// Files come and go by the same rules: the table "Files of tasks" of the README.
  public func stagesFiles() async throws {
    let harness = try harness(2, false)
    let summary = try await harness.run(try StagingContract.items(harness))
    #expect(summary.tasks == StagingContract.outcomes && summary.leftovers.isEmpty)
    try StagingContract.check(harness)
  }

  public func cancelsWaitingAndRunningTasks() async throws {
    let harness = try harness(1, false)
    try await harness.executor.startup()
    try await harness.executor.submit([
      shell("running", "sleep 60"), shell("queued", "sleep 60"), shell("later", "true") { $0.after = ["queued"] },
      shell("last", "true"),
    ])
    try await harness.wait(for: "the first task") { $0.tasks.count(in: .running) == 1 }
    let record = await harness.executor.perform(.cancel([TaskID(0), TaskID(1)]), sender: "tester", reason: "enough")
    #expect(record.stage == .finished(.done("2 canceled")))
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["CANCELED": 3, "DONE": 1])
    #expect(try harness.details("later").reason == "queued is CANCELED")
  }

  public func stopKeepsWhatWasNotStarted() async throws {
    let harness = try harness(1, false)
    try await harness.executor.startup()
    let done = harness.directory.path + "/go"
    try await harness.executor.submit([
      shell("first", "while [ ! -e \(done) ]; do sleep 0.02; done"),
      WorkItem(TaskDescription(name: "rest", argv: ["/bin/true"]), shape: [20]),
    ])
    try await harness.wait(for: "the first task") { $0.tasks.count(in: .running) == 1 }
    harness.executor.send(.stop, sender: "tester")
    try await harness.wait(for: "queued tasks to be back in the workflow") { $0.tasks.count(in: .queued) == 0 }
    try harness.directory.write("", to: "go")
    let summary = await harness.executor.waitUntilClosed()
    #expect(summary.tasks == ["DONE": 1, "NEW": 20] && summary.exitCode == 1)
  }

  public func closeEndsWhatRuns() async throws {
    let harness = try harness(2, false)
    try await harness.executor.startup()
    try await harness.executor.submit([shell("stubborn", "trap '' TERM; while :; do sleep 0.1; done")])
    try await harness.wait(for: "the task") { $0.tasks.count(in: .running) == 1 }
    harness.executor.interrupt(signal: SIGINT)
    let summary = await harness.executor.waitUntilClosed()
    #expect(summary.tasks == ["CANCELED": 1] && summary.leftovers.isEmpty && summary.exitCode == 130)
    let left = await harness.executor.engine.survivors()
    #expect(left.isEmpty)
  }

  public func runsTasksThroughTheRaptor() async throws {
    let harness = try harness(3, true)
    try await harness.executor.startup()
    try await harness.executor.submit(Self.raptorItems)
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["DONE": 7, "FAILED": 1])
    try Self.checkRaptor(harness)
  }

  static let raptorItems = [
    WorkItem(TaskDescription(name: "item", argv: ["/bin/echo", "{member}"], raptor: true), shape: [6]),
    shell("plain", "true"), shell("four", "exit 4") { $0.raptor = true },
  ]

  static func checkRaptor(_ harness: EngineHarness) throws {
    let snapshot = harness.snapshot
    #expect(snapshot.raptor?.state == .done && snapshot.raptor?.workers ?? 0 > 0 && snapshot.raptor?.hello != nil)
    #expect(try harness.details("four").exitCode == 4)
    let first = harness.events.first { if case .task(TaskID(0), .agentExecuting, _) = $0.kind { true } else { false } }
    #expect(first?.source == .raptor)
  }

  /// Functions of a module beside the workflow: values, output, failures, `{member}` as a number.
  public func runsFunctions() async throws {
    let harness = try harness(3, true)
    let summary = try await harness.run(try Self.functionItems(harness))
    #expect(summary.tasks == ["DONE": 5, "FAILED": 4] && summary.leftovers.isEmpty)
    try Self.checkFunctions(harness)
  }

  /// Programs and functions through one raptor: for an engine whose sessions are slow.
  public func runsAllKindsThroughTheRaptor() async throws {
    let harness = try harness(3, true)
    let summary = try await harness.run(
      Self.raptorItems + (try Self.functionItems(harness)) + (try Self.outcomeItems(harness)))
    let good = FunctionOutcome.all.count { $0.state == .done }
    #expect(summary.tasks == ["DONE": 12 + good, "FAILED": 5 + FunctionOutcome.all.count - good])
    #expect(summary.leftovers.isEmpty)
    try Self.checkRaptor(harness)
    try Self.checkFunctions(harness)
    try Self.checkOutcomes(harness)
  }

  static func functionItems(_ harness: EngineHarness) throws -> [WorkItem] {
    try harness.directory.write(
      """
      import os, sys
      def twice(n, plus=0):
          print("twice of", n)
          return 2 * n + plus
      def nested(*args, **kwargs): return {"args": list(args), "kwargs": kwargs}
      def bad(): raise ValueError("this is why")
      def leave(code): sys.exit(code)
      def opaque(): return {1, 2}
      def who(): return [os.environ["SCALEMS_TASK_ID"], os.environ["EXTRA"], os.getcwd()]
      """, to: "contract_functions.py")
    func call(
      _ name: String, _ function: String, _ args: [JSONValue] = [], _ kwargs: [String: JSONValue] = [:]
    ) -> TaskDescription {
      TaskDescription(
        name: name,
        function: FunctionCall(module: "contract_functions", name: function, args: args, kwargs: kwargs))
    }
    var who = call("who", "who")
    who.environment = ["EXTRA": "word"]
    return [
      WorkItem(call("twice", "twice", ["{member}"], ["plus": 0.5]), shape: [3]),
      WorkItem(call("nested", "nested", [1, 2.0, "é", nil, true, ["a": []]], ["k": "v"])), WorkItem(call("bad", "bad")),
      WorkItem(call("three", "leave", [3])), WorkItem(call("opaque", "opaque")), WorkItem(call("missing", "missing")),
      WorkItem(who),
    ]
  }

  static func checkFunctions(_ harness: EngineHarness) throws {
    let two = try harness.details("twice.2")
    #expect(two.value == "4.5" && two.exitCode == 0 && two.state == .done)
    #expect(try harness.output("twice.2") == "twice of 2\n")
    #expect(
      try JSONValue(json: harness.details("nested").value ?? "")
        == ["args": [1, 2.0, "é", nil, true, ["a": []]], "kwargs": ["k": "v"]])
    let bad = try harness.details("bad")
    #expect(bad.reason == "ValueError: this is why" && bad.exitCode == 1 && bad.value == nil)
    #expect(
      try harness.output("bad", "stderr").contains("in bad") && !harness.output("bad", "stderr").contains("call.py"))
    #expect(try harness.details("three").exitCode == 3)
    #expect(try harness.details("opaque").reason?.contains("JSON") ?? false)
    #expect(try harness.details("missing").reason?.contains("no attribute 'missing'") ?? false)
    let uid = try harness.details("who").id.uid
    #expect(
      try JSONValue(json: harness.details("who").value ?? "")
        == [.string(uid), "word", .string(realPath("\(harness.directory.path)/tasks/\(uid)"))])
    let states = harness.states(of: two.id)
    #expect(states == states.sorted() && states.contains(.agentExecuting) && states.last == .done)
  }

  public func cancelsTheRaptor() async throws {
    let harness = try harness(2, true)
    try await harness.executor.startup()
    try await harness.executor.submit([
      shell("inside", "trap '' TERM; sleep 60") { $0.raptor = true }, shell("waiting", "true") { $0.raptor = true },
      shell("plain", "true") { $0.after = ["inside"] },
    ])
    try await harness.wait(for: "the task in the raptor") { $0.tasks.count(in: .running) == 1 }
    let record = await harness.executor.perform(.cancelRaptor, sender: "tester")
    #expect(record.stage == .finished(.done("the raptor is CANCELED")))
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks["DONE"] == nil && summary.tasks["NEW"] == nil && summary.leftovers.isEmpty)
  }
}
