import JSON
import Testing
import Words

@testable import Work

/// What the rules say of a task `t` that runs `x` and was changed.
private func found(
  members: [Int] = [], pilot: PilotSize? = nil, _ change: (inout TaskDescription) -> Void
) -> [String] {
  var description = TaskDescription(name: "t", argv: ["x"])
  change(&description)
  return TaskRules.violations(in: [WorkItem(description, shape: members)], pilot: pilot).map(\.sentence)
}

@Suite struct TaskRulesTests {
  @Test func `an ordinary task is right`() {
    #expect(found { _ in } == [])
    #expect(
      found(members: [3]) {
        $0.argv = ["/bin/echo", "{member}", "", "日本語 👩‍🔬"]
        $0.environment = ["A": "", "B": "{member}", "ä b": "line\nfeed"]
        ($0.stdout, $0.stderr) = ("out.{member}", "out.{member}")
        $0.stdin = .file("session:///in/{member}")
        $0.preExec = ["module load x"]
        $0.inputs = [StagingDirective(source: "client:///../a b", target: "task:///d/{member}", action: .link)]
        $0.outputs = [StagingDirective(source: "o", target: "/scratch/../o.{member}")]
        ($0.timeout, $0.retries) = (0.25, 250)
        $0.resources = TaskResources(ranks: 1000, coresPerRank: 100_000, gpusPerRank: 0)
      } == [])
  }

  @Test(arguments: [
    ("", "task 1 has no 'name'"), ("a b", "may hold only"), ("ä→", "may hold only"), ("a\n", "may hold only"),
    ("a/b", "may hold only"), ("\u{0}", "may hold only"), (".a", "must begin with"), ("-a", "must begin with"),
    ("a.0", "must not end in"), ("a.", "must not end in"), ("{member}", "members are called"),
    (String(repeating: "a", count: 201), "longer than 200"), (String(repeating: "é", count: 101), "longer than 200"),
    ("\u{301}a", "must begin with"), ("a\u{200b}", "may hold only"), ("a\u{202e}b", "may hold only"),
    ("\u{3164}", "may hold only"), ("a\u{3000}b", "may hold only"), ("👩‍🔬", "may hold only"), ("½", "may hold only"),
    ("a.٣", "must not end in"),
  ]) func names(_ name: String, _ words: String) {
    let all = found { $0.name = name }
    #expect(all.count == 1 && all[0].contains(words), "\(all)")
    #expect(all[0].utf8.count < 300, "a sentence that can be read")
  }

  @Test(arguments: ["é", "e\u{301}", "Größe", "système-2", "σ", "日本語", "שלום", "क्षि", "a٣b", "_é.x"])
  func `letters and digits of any script are names`(_ name: String) { #expect(found { $0.name = name } == []) }

  @Test(arguments: [
    0, -1, .min, .max, 1_000_001, 1 << 31, 1 << 32, 1 << 62, -(1 << 62), Int(UInt32.max),
  ]) func wholeNumbers(_ number: Int) {
    #expect(found { $0.resources.ranks = number }.contains { $0.hasPrefix("'ranks' in task 't' ") })
    #expect(found { $0.resources.coresPerRank = number }.contains { $0.hasPrefix("'cores_per_rank' in task 't' ") })
    #expect(found { $0.resources.gpusPerRank = number }.isEmpty == (number == 0))
    #expect(found { $0.retries = number }.isEmpty == (number == 0))
    #expect(found(members: [number]) { _ in }.isEmpty == (1...100_000_000).contains(number))
    let needs = CoreNeeds(TaskResources(ranks: number, coresPerRank: 4, gpusPerRank: number))
    #expect(needs.cores >= 4 && needs.gpus >= 0, "never nothing")
  }

  @Test func products() {
    #expect(
      found { $0.resources = TaskResources(ranks: 1_000_000, coresPerRank: 1_000_000, gpusPerRank: 1_000_000) } == [
        "task 't' needs more than 100000000 cores, which no pilot has",
        "task 't' needs more than 100000000 gpus, which no pilot has",
      ])
    #expect(found { $0.resources = TaskResources(ranks: 1 << 62, coresPerRank: 4) }.count == 2)
    #expect(TaskResources(ranks: 1 << 62, coresPerRank: 4).cores == 1 << 30)
  }

  @Test(arguments: [
    0, -0.0, -1, -.infinity, .infinity, .nan, 1e300, 1.1e9, .greatestFiniteMagnitude, -.leastNonzeroMagnitude,
  ]) func times(_ seconds: Double) {
    let all = found { $0.timeout = seconds }
    #expect(all.count == 1 && all[0].hasPrefix("'timeout' in task 't' "), "\(all)")
    #expect(Duration(saturating: seconds) >= .zero)
    #expect(!Format.plain(seconds).isEmpty)
    #expect(PilotSize.fault(runtime: seconds) != nil)
  }

  @Test func `times that are possible`() {
    for seconds in [Double.leastNonzeroMagnitude, 1e-300, 0.5, 1, 1e9] { #expect(found { $0.timeout = seconds } == []) }
    #expect(Duration(saturating: 1.5) == .seconds(1.5))
    #expect(timeLimitPassed(1e300).contains("e+300") && timeLimitPassed(2) == "its time limit of 2 s passed")
  }

  @Test(arguments: [
    "/tmp/x", "../x", ".", "..", "a/b", "", "a\nb", "\u{1b}[31m", "stdin", "task.sh", "scalems.stdout", "a\u{0}",
    "\u{7f}", String(repeating: "x", count: 241), "{member}",
  ]) func outputNames(_ name: String) {
    for change: (inout TaskDescription) -> Void in [{ $0.stdout = name }, { $0.stderr = name }] {
      let all = found(change)
      #expect(all.count == 1, "\(all)")
    }
  }

  @Test(arguments: ["", "=", "A=B", "=A", "\u{0}", "A\u{0}B", "A=", "==", "a=b=c", "\u{0}="])
  func variables(_ name: String) {
    let all = found { $0.environment = [name: "x"] }
    #expect(all.count == 1 && all[0].hasSuffix("cannot be the name of an environment variable"))
  }

  @Test func `NUL is refused wherever a text may be`() {
    let text = "a\u{0}b"
    let changes: [(inout TaskDescription) -> Void] = [
      { $0.argv = [text] }, { $0.argv = ["x", text] }, { $0.argv = ["/bin/sh", "-c", text] },
      { $0.stdin = .text(text) }, { $0.stdin = .file(text) }, { $0.environment = ["A": text] }, { $0.stdout = text },
      { $0.preExec = [text] }, { $0.inputs = [.init(source: text, target: "b")] },
      { $0.outputs = [.init(source: "b", target: text)] }, { $0.after = [text] },
      { ($0.argv, $0.function, $0.raptor) = ([], FunctionCall(module: "m", name: text), true) },
      { ($0.argv, $0.function, $0.raptor) = ([], FunctionCall(module: "m", name: "f", args: [[.string(text)]]), true) },
    ]
    for change in changes { #expect(found(change).contains { $0.hasSuffix(TaskRules.holdsNUL) }, "\(found(change))") }
  }

  @Test func `a member's number is for ensembles`() {
    let text = "x{member}"
    let changes: [(String, (inout TaskDescription) -> Void)] = [
      ("argv", { $0.argv = [text] }), ("command", { $0.argv = ["/bin/sh", "-c", text] }),
      ("stdin", { $0.stdin = .text(text) }), ("stdin", { $0.stdin = .file(text) }),
      ("environment", { $0.environment = ["A": text] }), ("stdout", { $0.stdout = text }),
      ("stderr", { $0.stderr = text }), ("pre_exec", { $0.preExec = [text] }),
      ("inputs", { $0.inputs = [.init(source: text, target: "b")] }),
      ("outputs", { $0.outputs = [.init(source: "b", target: text)] }), ("after", { $0.after = ["t.{member}"] }),
      (
        "function",
        { ($0.argv, $0.function, $0.raptor) = ([], FunctionCall(module: "m", name: "f", args: ["{member}"]), true) }
      ),
    ]
    for (key, change) in changes {
      #expect(
        found(change).contains("'\(key)' in task 't' has {member}, but the task is no ensemble (ensemble: N)"),
        "\(found(change))")
      if key != "after" { #expect(found(members: [2], change) == [], "\(key)") }
    }
  }

  @Test func `a function has nothing that only a program has`() {
    func call(_ change: (inout TaskDescription) -> Void = { _ in }) -> [String] {
      found {
        ($0.argv, $0.function, $0.raptor) = ([], FunctionCall(module: "m.n", name: "C.f"), true)
        change(&$0)
      }
    }
    #expect(call() == [])
    #expect(call { $0.argv = ["x"] } == ["task 't' has both 'argv' and 'function'; give one of them"])
    #expect(call { $0.raptor = false }.first?.contains("'raptor: false'") ?? false)
    #expect(call { $0.stdin = .text("") }.first?.contains("'stdin'") ?? false)
    #expect(call { $0.preExec = ["x"] }.first?.contains("'pre_exec'") ?? false)
    #expect(call { $0.resources.ranks = 2 }.first?.contains("'ranks: 2'") ?? false)
    for name in ["", "a.", ".a", "a..b", "1a", "a-b", "a b", "a/b", "m.py ", "os;x"] {
      #expect(call { $0.function?.module = name }.count == 1, "\(name)")
      #expect(call { $0.function?.name = name }.count == 1, "\(name)")
      if !name.isEmpty, !name.contains(".") {
        #expect(call { $0.function?.kwargs = [name: 1] }.count == 1, "\(name)")
      }
    }
    for number in [Double.nan, .infinity, -.infinity] {
      #expect(call { $0.function?.args = [.array([.double(number)])] }.first?.contains("no place in JSON") ?? false)
    }
    var deep = JSONValue.int(1)
    for _ in 0..<10_000 { deep = .array([deep]) }
    #expect(
      call { $0.function?.args = [deep] } == ["'args' of 'function' in task 't' are nested deeper than 100 levels"])
    let many = JSONValue.array(Array(repeating: .int(1), count: 100_001))
    #expect(call { $0.function?.args = [many] }.count == 1)
  }

  @Test func `sizes are bounded`() {
    let long = String(repeating: "x", count: TaskRules.argumentBytes + 1)
    #expect(found { $0.argv = [long] } == ["the program of 'argv' in task 't' is longer than 131071 bytes"])
    #expect(found { $0.environment = ["A": String(long.dropLast())] }.count == 1, "name and value together")
    #expect(found { $0.stdin = .text(long) } == [])
    #expect(found { $0.argv = Array(repeating: "x", count: 100_001) }.count == 1)
    #expect(found { $0.after = Array(repeating: "t", count: 10_001) }.count == 2, "and waits for itself")
    let items = (0..<3).map {
      WorkItem(
        TaskDescription(
          name: "t\($0)", argv: ["x"],
          preExec: Array(repeating: String(long.dropLast()), count: 800)))
    }
    let all = TaskRules.violations(in: items)
    #expect(all.map(\.item) == [2] && all[0].sentence.contains("larger than 256 MiB"))
  }

  @Test func `commands`() {
    #expect(TaskRules.fault(in: CommandList(["echo", "exit 3"])) == nil)
    #expect(TaskRules.fault(in: CommandList([])) == "there is no command in it")
    #expect(TaskRules.fault(in: CommandList(["a", ""])) == "a command is empty")
    #expect(TaskRules.fault(in: CommandList(["a"]), directory: "/a b/ü") == nil)
    #expect(
      TaskRules.fault(in: CommandList(["a"]), directory: "x")
        == "the directory of the commands must be an absolute path, found 'x'")
    #expect(TaskRules.fault(in: CommandList(["a\u{0}; rm x"]))?.hasSuffix(TaskRules.holdsNUL) ?? false)
    #expect(
      TaskRules.fault(in: CommandList([String(repeating: "a", count: 131_072)]))
        == "the command '\(String(repeating: "a", count: 37))...' is longer than 131071 bytes"
    )
    #expect(
      TaskRules.fault(in: CommandList(["a"]), held: 100_000_000)?.contains("the most a session can hold") ?? false)
  }

  @Test func `a task gets a name that it may have`() {
    for (program, name) in [
      ("/bin/echo", "echo"), ("./run.sh", "runsh"), ("a b", "a_b"), ("/", "task"), ("", "task"), ("...", "task"),
      ("--x", "x"), ("ä", "__"), ("x\n", "x_"), ("task.0", "task0"), ("a=b", "a_b"),
      (String(repeating: "x", count: 999), String(repeating: "x", count: 100)),
    ] {
      let derived = TaskName.derived(from: TaskDescription(name: "", argv: [program]))
      #expect(derived == name && TaskName.fault(of: derived) == nil)
    }
    let function = TaskDescription(name: "", function: FunctionCall(module: "m", name: "C.f"))
    #expect(TaskName.derived(from: function) == "Cf")
  }
}
