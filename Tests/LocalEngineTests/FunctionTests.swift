import Executor
import Glibc
import JSON
import SessionModel
import TestSupport
import Testing
import Work

/// Functions in the interpreters of the local raptor.
@Suite struct FunctionTests {
  /// A session whose pilot has this many workers, with a module `functions` beside the workflow.
  private static func harness(
    workers: Int = 1, _ module: String, venv: String? = nil, callLimit: Int = 10_000
  ) throws -> EngineHarness {
    let harness = try localHarness(cores: workers + 1, raptor: true, venv: venv, callLimit: callLimit)
    try harness.directory.write("import os, signal, subprocess, sys, time\n" + module, to: "functions.py")
    return harness
  }

  private static func item(
    _ name: String, _ function: String, _ args: [JSONValue] = [], members: Int? = nil,
    _ change: (inout TaskDescription) -> Void = { _ in }
  ) -> WorkItem {
    var description = TaskDescription(
      name: name, function: FunctionCall(module: "functions", name: function, args: args))
    change(&description)
    return WorkItem(description, shape: members.map { [$0] } ?? [])
  }

  /// A sleep that nobody else on this machine has.
  private static func uniqueSleep() -> String { "\(Int.random(in: 100_000...999_999)).\(Int.random(in: 1000...9999))" }

  private static let identify = "count = 0\ndef identify():\n global count\n count += 1\n return [os.getpid(), count]\n"

  @Test func interpretersAreReused() async throws {
    let harness = try Self.harness(workers: 2, Self.identify)
    let summary = try await harness.run([Self.item("id", "identify", members: 40)])
    #expect(summary.tasks == ["DONE": 40] && summary.leftovers.isEmpty)
    let values = try (0..<40).map { try JSONValue(json: harness.details("id.\($0)").value ?? "") }
    let pids = Set(
      values.compactMap { if case .array(let pair) = $0, case .int(let pid) = pair[0] { pid } else { nil } })
    #expect((1...2).contains(pids.count), "one a worker at most")
    #expect(values.contains { if case .array(let pair) = $0, case .int(20...) = pair[1] { true } else { false } })
    let started = harness.events.compactMap { event -> Int? in
      if case .task(_, .agentExecuting, let result) = event.kind { result?.pid.map { Int($0) } } else { nil }
    }
    #expect(Set(started) == pids)
    for pid in pids { #expect(!isAlive(pid_t(pid))) }
  }

  @Test func `an interpreter is replaced after so many calls, and no call is lost`() async throws {
    let harness = try Self.harness(workers: 2, Self.identify, callLimit: 7)
    let summary = try await harness.run([Self.item("id", "identify", members: 100)])
    #expect(summary.tasks == ["DONE": 100] && summary.leftovers.isEmpty)
    var calls: [Int: Int] = [:]
    for number in 0..<100 {
      guard case .array(let pair) = try JSONValue(json: harness.details("id.\(number)").value ?? ""),
        case .int(let pid) = pair[0]
      else { return #expect(Bool(false), "call \(number) has no value") }
      calls[pid, default: 0] += 1
    }
    #expect(calls.values.max() == 7 && calls.count >= 15)
    for pid in calls.keys { #expect(!isAlive(pid_t(pid))) }
  }

  @Test func whatAFunctionChangesIsUndone() async throws {
    let module = """
      def spoil():
          os.environ["EXTRA"] = "spoilt"
          os.environ["HOME"] = "/nowhere"
          del os.environ["PATH"]
          os.chdir("/")
          sys.path.clear()
          sys.stdout.close()
          sys.stderr = None
          os.close(1)
          signal.signal(signal.SIGTERM, signal.SIG_IGN)
          return os.getpid()
      def look():
          print("still here")
          import functions, textwrap
          environment = [os.environ.get("EXTRA"), os.environ["HOME"] != "/nowhere", "PATH" in os.environ]
          return environment + [os.getcwd() == os.environ["SCALEMS_TASK_DIR"]]
      """
    let harness = try Self.harness(module)
    let summary = try await harness.run([
      Self.item("spoil", "spoil"), Self.item("look", "look") { $0.after = ["spoil"] },
    ])
    #expect(summary.tasks == ["DONE": 2])
    #expect(try harness.details("look").value == "[null, true, true, true]")
    #expect(try harness.output("look") == "still here\n")
  }

  @Test func outputOfAnyOriginIsTheTasks() async throws {
    let module = """
      def speak(n):
          print("python", n)
          subprocess.run(["/bin/sh", "-c", "echo child; echo error >&2"])
          import ctypes
          ctypes.CDLL(None).printf(b"c %d\\n", n)
          sys.stderr.write("no line feed")
          return sys.stdin.read()
      """
    let harness = try Self.harness(module)
    let summary = try await harness.run([Self.item("speak", "speak", ["{member}"], members: 2) { $0.stderr = "err" }])
    #expect(summary.tasks == ["DONE": 2])
    for member in 0...1 {
      #expect(
        try harness.output("speak.\(member)").split(separator: "\n").sorted() == [
          "c \(member)", "child", "python \(member)",
        ])
      #expect(try harness.output("speak.\(member)", "err") == "error\nno line feed")
      #expect(try harness.details("speak.\(member)").value == "\"\"")
    }
  }

  @Test func anInterpreterThatDiesFailsItsTaskAndIsReplaced() async throws {
    let module =
      Self.identify + """
        def leave(code): os._exit(code)
        def kill(number): os.kill(os.getpid(), number)
        """
    let harness = try Self.harness(module)
    let summary = try await harness.run([
      Self.item("exit0", "leave", [0]), Self.item("exit7", "leave", [7]), Self.item("killed", "kill", [9]),
      Self.item("crashed", "kill", [11]), Self.item("again", "identify"),
    ])
    #expect(summary.tasks == ["DONE": 1, "FAILED": 4] && summary.leftovers.isEmpty)
    #expect(try harness.details("exit0").reason == "its interpreter died (exit 0)")
    #expect(try harness.details("exit7").reason == "its interpreter died (exit 7)")
    let killed = try harness.details("killed")
    #expect(killed.reason == "its interpreter died (ended by SIGKILL)" && killed.signal == SIGKILL)
    #expect(try harness.details("crashed").reason == "its interpreter died (ended by SIGSEGV)")
    #expect(try harness.output("crashed", "stderr").contains("in kill"), "where it was")
  }

  @Test func aTimeLimitEndsTheWholeTree() async throws {
    let sleep = Self.uniqueSleep()
    let module =
      Self.identify + """
        def stubborn(n):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            subprocess.Popen(["sleep", n])
            subprocess.Popen(["setsid", "sleep", n])
            subprocess.run(["sleep", n])
        """
    let harness = try Self.harness(module)
    try await harness.executor.startup()
    try await harness.executor.submit([
      Self.item("slow", "stubborn", [.string(sleep)]) { $0.timeout = 4 }, Self.item("next", "identify"),
    ])
    try await wait(for: "the tree") { processes(matching: "sleep\0\(sleep)").count == 3 }
    try await harness.wait(for: "both tasks") { $0.tasks.finished == 2 }
    #expect(processes(matching: "sleep\0\(sleep)").isEmpty)
    let slow = try harness.details("slow")
    #expect(slow.state == .failed && slow.reason == "its time limit of 4 s passed")
    #expect(try harness.details("next").state == .done)
    _ = try await harness.executor.shutdown()
  }

  @Test func aCanceledFunctionEndsWithItsInterpreter() async throws {
    let module =
      Self.identify + """
        def polite():
            def stop(*_): raise KeyError("asked to stop")
            signal.signal(signal.SIGTERM, stop)
            open(os.environ["SCALEMS_SESSION_DIR"] + "/" + "started", "w").close()
            try: time.sleep(60)
            except KeyError: return "stopped"
        """
    let harness = try Self.harness(module)
    try await harness.executor.startup()
    try await harness.executor.submit([Self.item("polite", "polite"), Self.item("next", "identify")])
    try await wait(for: "the function") { harness.directory.exists("started") }
    let record = await harness.executor.perform(.cancel([TaskID(0)]), sender: "tester")
    #expect(record.stage == .finished(.done("1 canceled")))
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["CANCELED": 1, "DONE": 1])
    let polite = try harness.details("polite")
    #expect(polite.reason == "canceled on request" && polite.value == nil)
  }

  @Test func whatAFunctionLeavesRunningEndsWithIt() async throws {
    let sleep = Self.uniqueSleep()
    let module =
      Self.identify + """
        def leave(n):
            subprocess.Popen(["sleep", n])
            os.system("sleep " + n + " &")
            return os.getpid()
        def fork():
            if os.fork() == 0: time.sleep(0.05)
            return os.getpid()
        """
    let harness = try Self.harness(module)
    try await harness.executor.startup()
    try await harness.executor.submit([
      Self.item("leave", "leave", [.string(sleep)]), Self.item("fork", "fork"), Self.item("next", "identify"),
    ])
    try await harness.wait(for: "the end of all") { $0.tasks.finished == 3 }
    try await wait(for: "an end of what was left") { processes(matching: "sleep\0\(sleep)").isEmpty }
    let values = try ["leave", "fork", "next"].map { try harness.details($0).value }
    #expect(Set(values).count == 3, "none in the interpreter of another: \(values)")
    #expect(try await harness.executor.shutdown().tasks == ["DONE": 3])
  }

  @Test func interpretersDieWithTheirRaptor() async throws {
    let sleep = Self.uniqueSleep()
    let module = "def slow(n): subprocess.run(['sleep', n])\ndef quick(): return os.getpid()\n"
    let harness = try Self.harness(workers: 2, module)
    try await harness.executor.startup()
    try await harness.executor.submit([
      Self.item("slow", "slow", [.string(sleep)]), Self.item("quick", "quick"),
    ])
    try await wait(for: "the child") { processes(matching: "sleep\0\(sleep)").count == 1 }
    try await harness.wait(for: "the other") { $0.tasks.finished == 1 }
    let worker = try #require(harness.snapshot.tasks.details(of: TaskID(0))?.pid)
    let idle = try #require(pid_t(harness.details("quick").value ?? ""))
    #expect(isAlive(idle) && parent(of: idle) == parent(of: worker))
    kill(parent(of: worker), SIGKILL)
    let summary = try await harness.executor.shutdown()
    #expect(summary.tasks == ["DONE": 1, "FAILED": 1] && summary.leftovers.isEmpty)
    #expect(!isAlive(worker) && !isAlive(idle) && processes(matching: "sleep\0\(sleep)").isEmpty)
    #expect(try harness.details("slow").reason == "the raptor died (ended by SIGKILL)")
  }

  @Test func valuesThatAreNoJSONFail() async throws {
    let module = """
      def nan(): return float("nan")
      def circle():
          a = []
          a.append(a)
          return a
      def large(): return "x" * (1 << 20)
      def half(): return "\\ud800"
      """
    let harness = try Self.harness(module)
    let names = ["nan", "circle", "large", "half"]
    let summary = try await harness.run(names.map { Self.item($0, $0) })
    #expect(summary.tasks == ["DONE": 1, "FAILED": 3])
    for name in ["nan", "circle"] {
      #expect(try harness.details(name).reason?.hasPrefix("its value cannot be written as JSON: ") ?? false)
      #expect(try harness.output(name, "stderr").hasPrefix("its value cannot be"))
    }
    #expect(
      try harness.details("large").reason
        == "its value is 1048578 bytes of JSON, at most 1048576 are kept: write it to a file")
    #expect(try harness.details("half").value == #""\ud800""#)
  }

  @Test func filesRetriesAndUsageAreAsForOtherTasks() async throws {
    let module = """
      def copy():
          with open("in.txt") as file: text = file.read()
          with open("out.txt", "w") as file: file.write(text.upper())
          return text
      def flaky():
          print("try", os.environ["SCALEMS_ATTEMPT"])
          if os.environ["SCALEMS_ATTEMPT"] == "1": raise RuntimeError("not yet")
      def work():
          data = b"x" * (150 << 20)
          return sum(range(2000000))
      def quick(): return 1
      """
    let harness = try Self.harness(module)
    try harness.directory.write("words\n", to: "in.txt")
    let summary = try await harness.run([
      Self.item("copy", "copy") {
        $0.inputs = [StagingDirective(source: "in.txt", target: "in.txt")]
        $0.outputs = [StagingDirective(source: "out.txt", target: "result.txt")]
      },
      Self.item("flaky", "flaky") { $0.retries = 1 }, Self.item("work", "work"),
      Self.item("nooutput", "quick") { $0.outputs = [StagingDirective(source: "never", target: "never")] },
    ])
    #expect(summary.tasks == ["DONE": 3, "FAILED": 1])
    #expect(harness.directory.text("result.txt") == "WORDS\n")
    let noOutput = try harness.details("nooutput")
    #expect(noOutput.reason?.hasPrefix("the output 'never' does not exist") ?? false && noOutput.value == nil)
    let flaky = try harness.details("flaky")
    #expect(try flaky.attempt == 2 && flaky.value == "null" && harness.output("flaky") == "try 2\n")
    #expect(try harness.earlierOutput("flaky") == "try 1\n")
    let work = try harness.details("work")
    #expect(work.user > 0.01 && work.user < 20 && work.peakMemory > 150 << 10)
    #expect(try harness.details("copy").peakMemory < 100 << 10)
  }

  @Test func withoutAnInterpreterTheTaskFails() async throws {
    let harness = try Self.harness(Self.identify, venv: "no/venv")
    let summary = try await harness.run([Self.item("id", "identify")])
    #expect(summary.tasks == ["FAILED": 1])
    let python = "\(harness.directory.path)/no/venv/bin/python"
    let details = try harness.details("id")
    #expect(details.reason == "its interpreter '\(python)' could not be started: No such file or directory")
    #expect(details.exitCode == 127)
  }

  @Test func theVirtualEnvironmentOfTheSessionIsUsed() async throws {
    let module = "def prefix(): return [sys.prefix, os.environ['VIRTUAL_ENV']]\n"
    let harness = try Self.harness(module, venv: "venv")
    let made = try await Program.run(
      "/usr/bin/env", ["python3", "-m", "venv", "--without-pip", "\(harness.directory.path)/venv"])
    #expect(made.exitCode == 0, "\(made.stderr)")
    #expect(try await harness.run([Self.item("prefix", "prefix")]).tasks == ["DONE": 1])
    let venv = JSONValue.string("\(harness.directory.path)/venv")
    #expect(try JSONValue(json: harness.details("prefix").value ?? "") == [venv, venv])
  }

  @Test func aProgramThatIsNoPythonFailsWithWhatItSaid() async throws {
    let harness = try Self.harness(Self.identify, venv: "fake")
    try harness.directory.makeDirectory("fake/bin")
    try harness.directory.write("#!/bin/sh\necho no python here >&2; exit 9\n", to: "fake/bin/python")
    _ = try await harness.run([Self.item("id", "identify")])
    #expect(try harness.details("id").reason == "its interpreter died (exit 9): no python here")
  }
}

extension TemporaryDirectory {
  func makeDirectory(_ name: String) throws {
    var path = self.path
    for part in name.split(separator: "/") {
      path += "/" + part
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw TestError("mkdir \(path) failed") }
    }
  }
}
