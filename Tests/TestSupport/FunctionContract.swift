import Executor
import Glibc
import JSON
import SessionModel
import Testing
import Work

/// A function, and what its task has to come to on every engine.
struct FunctionOutcome: Sendable {
  var name: String
  var args: [JSONValue] = []
  var module = "outcomes"
  var state = TaskState.failed
  var exitCode: Int32?
  var signal: Int32?
  var value: String?
  /// What the reason begins with.
  var reason: String?
  var change: @Sendable (inout TaskDescription) -> Void = { _ in }

  var item: WorkItem {
    var description = TaskDescription(
      name: Self.taskName("\(module).\(name)\(args.map(\.json).joined())"),
      function: FunctionCall(module: module, name: name, args: args))
    change(&description)
    return WorkItem(description)
  }

  func check(_ harness: EngineHarness) throws {
    let details = try harness.details(item.description.name)
    #expect(details.state == state, "\(name): \(details.reason ?? "")")
    #expect(details.exitCode == exitCode && details.signal == signal, "\(name)")
    #expect(details.value == value, "\(name)")
    if let reason {
      #expect(details.reason?.hasPrefix(reason) ?? false, "\(name): \(details.reason ?? "no reason")")
    } else {
      #expect(details.reason == nil, "\(name)")
    }
  }

  static func done(
    _ name: String, _ args: [JSONValue] = [], _ value: String?, module: String = "outcomes",
    _ change: @escaping @Sendable (inout TaskDescription) -> Void = { _ in }
  ) -> Self {
    FunctionOutcome(
      name: name, args: args, module: module, state: .done, exitCode: 0, value: value, change: change)
  }

  /// A name that a task may have, another one for every text.
  private static func taskName(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789.-".unicodeScalars.contains(scalar))
        ? "\(scalar)" : "_\(scalar.value)"
    }.joined()
  }

  static func failed(_ name: String, _ args: [JSONValue] = [], _ exitCode: Int32, _ reason: String) -> Self {
    FunctionOutcome(name: name, args: args, exitCode: exitCode, reason: reason)
  }

  static func killed(
    _ name: String, _ args: [JSONValue] = [], by signal: Int32, _ reason: String,
    _ change: @escaping @Sendable (inout TaskDescription) -> Void = { _ in }
  ) -> Self {
    FunctionOutcome(name: name, args: args, signal: signal, reason: reason, change: change)
  }

  static let all: [Self] = [
    done("give", ["2.0"], "2.0"), done("give", ["-0.0"], "-0.0"), done("give", ["10**40"], "1" + zeros(40)),
    done("give", ["'\\ud800'"], #""\ud800""#), done("give", ["(1, 'é')"], #"[1, "é"]"#),
    done("give", ["'x' * (2**20 - 2)"], "\"\(String(repeating: "x", count: 1 << 20 - 2))\""),
    failed("give", ["float('nan')"], 1, "its value cannot be written as JSON: Out of range float values"),
    failed("give", ["{1}"], 1, "its value cannot be written as JSON: Object of type set is not JSON serializable"),
    failed(
      "give", ["'x' * (2**20 - 1)"], 1,
      "its value is 1048577 bytes of JSON, at most 1048576 are kept: write it to a file"),
    failed("deep", [200], 1, "its value is nested deeper than 100 levels: write it to a file"),
    failed("leave", ["text"], 1, "exit 1: text"), failed("leave", [3], 3, "exit 3"),
    failed("mutter", [3], 3, "exit 3: last words"), done("leave", [nil], nil),
    failed("bad", [], 1, "ValueError: this is why"), failed("none", [], 1, "AttributeError: module 'outcomes' has no"),
    failed("die", [0], 0, "its interpreter died (exit 0)"), failed("die", [5], 5, "its interpreter died (exit 5)"),
    killed("crash", [11], by: SIGSEGV, "its interpreter died (ended by SIGSEGV)"),
    killed("crash", [1], by: SIGHUP, "its interpreter died (ended by SIGHUP)"),
    FunctionOutcome(name: "babble", reason: "its interpreter sent what is no answer: }{"),
    done("away", [], "\"away\""), done("shut", [], "\"shut\""), done("pool", [], "[2, 4, 6]"),
    done("speak", [], "\"\""), done("mine", [], "\"mine\"", module: "calendar"),
    FunctionOutcome(
      name: "flaky", state: .done, exitCode: 0, value: "2", reason: "attempt 1 failed (RuntimeError: not yet)"
    ) { $0.retries = 1 },
    killed("slow", by: SIGTERM, "its time limit of 1 s passed") { $0.timeout = 1 },
  ]

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

  static let module = """
    import multiprocessing, os, sys, time
    def give(expression): return eval(expression)
    def deep(n): return [deep(n - 1)] if n else 1
    def leave(code): sys.exit(code)
    def mutter(code):
        sys.stderr.write("first\\nlast words")
        sys.exit(code)
    def bad(): raise ValueError("this is why")
    def die(code): os._exit(code)
    def crash(number): os.kill(os.getpid(), number)
    def babble():
        for number in range(3, 20):
            try: os.write(number, b"}{\\n")
            except OSError: pass
    def away():
        os.chdir("/")
        return "away"
    def shut():
        for number in range(3): os.close(number)
        return "shut"
    def double(n): return 2 * n
    def pool():
        with multiprocessing.Pool(2) as pool: return pool.map(double, [1, 2, 3])
    def speak():
        print("out", end="")
        print("error", file=sys.stderr)
        os.system("echo child")
        return sys.stdin.read()
    def flaky():
        print("try", os.environ["SCALEMS_ATTEMPT"])
        if os.environ["SCALEMS_ATTEMPT"] == "1": raise RuntimeError("not yet")
        return 2
    def slow(): time.sleep(60)
    """
}

extension EngineContract {
  /// What becomes of a function is the same on every engine: state, exit code, signal, value, reason, output.
  public func functionsHaveTheSameOutcome() async throws {
    let harness = try harness(3, true)
    _ = try await harness.run(try Self.outcomeItems(harness))
    try Self.checkOutcomes(harness)
  }

  static func outcomeItems(_ harness: EngineHarness) throws -> [WorkItem] {
    try harness.directory.write(FunctionOutcome.module, to: "outcomes.py")
    try harness.directory.write("def mine(): return 'mine'\n", to: "calendar.py")
    return FunctionOutcome.all.map(\.item)
  }

  static func checkOutcomes(_ harness: EngineHarness) throws {
    for outcome in FunctionOutcome.all { try outcome.check(harness) }
    #expect(try harness.output("outcomes.speak") == "outchild\n" || harness.output("outcomes.speak") == "child\nout")
    #expect(try harness.output("outcomes.speak", "stderr") == "error\n")
    #expect(try harness.output("outcomes.flaky") == "try 2\n")
    #expect(try harness.earlierOutput("outcomes.flaky") == "try 1\n")
    let bad = try harness.output("outcomes.bad", "stderr")
    #expect(bad.contains("in bad") && !bad.contains("call.py"))
  }
}
