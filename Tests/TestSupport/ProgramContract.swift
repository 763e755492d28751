import Executor
import Glibc
import SessionModel
import Testing
import Work

/// A program, and what its task has to come to on every engine.
public struct ProgramOutcome: Sendable {
  public var description: TaskDescription
  public var state = TaskState.done
  public var exitCode: Int32?
  /// The whole standard output.
  public var output: String?
  /// What the reason, or the last of the standard error, has.
  public var reason: String?

  /// A program that prints `ran`, after entries of `pre_exec` that all succeed.
  static func runs(_ entries: [String], printing output: String = "") -> Self {
    ProgramOutcome(
      description: TaskDescription(name: "", argv: ["/bin/echo", "ran"], preExec: entries), exitCode: 0,
      output: output + "ran\n")
  }

  /// A program that is not reached.
  static func fails(_ entries: [String], _ exitCode: Int32, _ reason: String, printing output: String = "") -> Self {
    ProgramOutcome(
      description: TaskDescription(name: "", argv: ["/bin/echo", "ran"], preExec: entries), state: .failed,
      exitCode: exitCode, output: output, reason: reason)
  }

  static func program(_ argv: String..., printing output: String) -> Self {
    ProgramOutcome(description: TaskDescription(name: "", argv: argv), exitCode: 0, output: output)
  }

  static func notFound(_ argv: String..., after entries: [String] = []) -> Self {
    ProgramOutcome(
      description: TaskDescription(name: "", argv: argv, preExec: entries), state: .failed, exitCode: 127, output: "",
      reason: "the program '\(argv[0])' was not found in PATH")
  }

  func with(_ change: (inout TaskDescription) -> Void) -> Self {
    var copy = self
    change(&copy.description)
    return copy
  }

  /// Each entry of `pre_exec` is its own line, means what a shell says, and ends the task when it fails.
  public static let preExec: [ProgramOutcome] = [
    runs(["exit 0"]), runs(["exit"]), runs(["exit 0", "exit 0", "echo third"], printing: "third\n"),
    runs(["export A=b; exit 0", "echo $A"], printing: "b\n"),
    runs(["f() { exit 0; }; f", "echo on"], printing: "on\n"),
    runs(["(exit 0)", "echo on"], printing: "on\n"), runs(["x=$(exit 0; echo no)", "echo \"<$x>\""], printing: "<>\n"),
    fails(["exit 3", "echo no"], 3, "pre_exec failed (exit 3): exit 3"),
    fails(["false", "echo no"], 1, "pre_exec failed (exit 1): false"),
    fails(["echo one", "false; exit"], 1, "pre_exec failed (exit 1): false; exit", printing: "one\n"),
    runs(["echo a \\", "echo b"], printing: "a \\\nb\n"), runs(["cat <<X\nin it\nX"], printing: "in it\n"),
    runs(["cat <<X\nin it", "echo next"], printing: "in it\nnext\n"),
    fails(["echo \"open", "echo no"], 2, "pre_exec failed (exit 2): echo \"open"),
    fails(["echo 'open"], 2, "pre_exec failed (exit 2): echo 'open"), fails(["fi"], 2, "pre_exec failed (exit 2): fi"),
    fails(["if true; then", "fi"], 2, "pre_exec failed (exit 2): if true; then"),
    runs(["set -e", "true"]), fails(["set -e", "false", "true"], 1, "pre_exec failed (exit 1): false"),
    fails(["set -u", "echo $nothing_there"], 127, "pre_exec failed (exit 127): echo $nothing_there"),
    fails(["return 5"], 2, "pre_exec failed (exit 2): return 5"),
    fails(["(exit 9)"], 9, "pre_exec failed (exit 9): (exit 9)"),
    runs(["cd /", "/bin/pwd"], printing: "/\n"), runs(["echo a # b"], printing: "a\n"), runs(["# only a comment"]),
    runs(["sleep 0.01 &"]), runs(["export A=1;", "echo $A"], printing: "1\n"),
    runs(["break", "continue", "echo z"], printing: "z\n"),
    runs(["set -- a b; shift", "echo \"$* $#\""], printing: "b 1\n"), runs(["echo \"<$*>\""], printing: "<>\n"),
    runs(["trap 'echo bye' EXIT", "true"]), runs(["set -o noclobber; set -f; IFS=x"]),
    runs(["echo 'it'\u{301}'s' \"$$\" | tr -d 0-9"], printing: "it\u{301}s \n"), runs(["umask 077", "ulimit -c 0"]),
  ]

  /// What succeeds without having reached its program; the exit code is the engine's to say.
  public static let notReached: [ProgramOutcome] = ["exec true", "trap '' EXIT; command exit 0", "set -n"].map {
    var outcome = fails(["echo one", $0], 0, PreExec.notReached(in: $0), printing: "one\n")
    outcome.exitCode = nil
    return outcome
  }

  /// `argv` names a program, and its process is a clean one.
  public static let programs: [ProgramOutcome] = [
    notFound("exit", "3"), notFound("export", "A=1"), notFound(":"), notFound("no such program"), notFound("-x"),
    notFound("exit", "3", after: ["true"]), notFound("gone", after: ["PATH=/no/where"]),
    program("printf", "%s\\n", "--version", printing: "--version\n"),
    program("/bin/sh", "-c", signals, printing: "0\n0\n"),
    program("/bin/sh", "-c", signals, printing: "0\n0\n").with { $0.preExec = ["true"] },
    program("/usr/bin/printenv", "a.b", "UID", "LANG", "SCALEMS_RANK", printing: "1\n7\nxx\n0\n").with {
      $0.environment = ["a.b": "1", "UID": "7", "LANG": "xx", "SCALEMS_RANK": "9"]
    },
    program(
      "/bin/sh", "-c", "printf '%s' \"$1\" | wc -c", "x", String(repeating: "%", count: 131_000), printing: "131000\n"),
    program("/bin/cat", printing: ""),
    program("/bin/cat", printing: "é'\u{301}").with { $0.stdin = .text("é'\u{301}") },
  ]

  /// Prints which signals are blocked, and which ignored; those above 31 are the C library's.
  private static let signals = """
    while read key mask; do
      case $key in SigBlk: | SigIgn:) echo $((0x$mask & 0x7fffffff)) ;; esac
    done < /proc/self/status
    """

  /// All of them, with names.
  public static var all: [ProgramOutcome] {
    (preExec + notReached + programs).enumerated().map { number, outcome in
      outcome.with { $0.name = "p\(number)" }
    }
  }
}

extension EngineContract {
  /// Programs, what is run before them, and where they run.
  ///
  /// - Parameter withRanks: whether those of ``runsRanks()`` are among them: for an engine whose sessions are slow.
  public func programsHaveTheSameOutcome(withRanks: Bool = false) async throws {
    let harness = try harness(2, false)
    let place = harness.directory.path + "/work it's"
    guard mkdir(place, 0o700) == 0 else { throw TestError("no directory") }
    try harness.directory.write("beside it\n", to: "work it's/near.txt")
    try await harness.executor.startup()
    try await harness.executor.submit(
      ProgramOutcome.all.map { WorkItem($0.description) } + Self.placeItems(place)
        + (withRanks ? try Self.rankItems() : []))
    // No file of this process: one that another thread forks with is "busy" for a moment.
    try await harness.wait(for: "the scripts to be made") { snapshot in
      snapshot.tasks.task(named: "make").map { snapshot.tasks.state(of: $0) == .done } ?? false
    }
    try await harness.executor.submit(
      commands: CommandList(["cat near.txt", "./script a", "\(harness.directory.path)/script b", "/usr/bin/env"]),
      in: place)
    let summary = try await harness.executor.shutdown()
    #expect(summary.leftovers.isEmpty && summary.exitCode == 1)
    for outcome in ProgramOutcome.all { try Self.check(outcome, harness) }
    try Self.checkPlaces(harness, place)
    if withRanks { try Self.checkRanks(harness) }
  }

  private static func placeItems(_ place: String) -> [WorkItem] {
    func item(_ name: String, _ argv: [String], _ change: (inout TaskDescription) -> Void = { _ in }) -> WorkItem {
      var description = TaskDescription(name: name, argv: argv, directory: place)
      change(&description)
      return WorkItem(description)
    }
    let make = """
      for file in script ../script; do printf 'echo script "$@"\\n' > $file; done
      printf 'x\\0y' > binary; : > empty
      chmod 755 script ../script binary empty
      """
    return [
      item("make", ["/bin/sh", "-c", make]), item("here", ["/usr/bin/env"]) { $0.clientDirectory = "/the/client" },
      item("own", ["/usr/bin/env"]) { $0.directory = nil },
      item("prepared", ["/usr/bin/env"]) { $0.preExec = ["true"] },
      item("near", ["/bin/cat", "near.txt"]),
      item("nowhere", ["/bin/true"]) { $0.directory = "/no/such/directory" },
      item("script", ["./script", "x y", "$HOME", ""]) { $0.after = ["make"] },
      item("found", ["script", "z"]) { ($0.after, $0.environment["PATH"]) = (["make"], ".:/bin") },
      item("later", ["./script", "p"]) { ($0.after, $0.preExec) = (["make"], ["true"]) },
      item("empty", ["./empty"]) { $0.after = ["make"] }, item("binary", ["./binary"]) { $0.after = ["make"] },
    ]
      + ["INT", "QUIT", "HUP", "TERM"].map { signal in
        item("kill\(signal)", ["/bin/sh", "-c", "kill -\(signal) $$; echo survived"])
      }
  }

  private static func check(_ outcome: ProgramOutcome, _ harness: EngineHarness) throws {
    let details = try harness.details(outcome.description.name)
    let what = "\(outcome.description.preExec) \(outcome.description.argv.map { $0.prefix(40) })"
    let said = try "\(details.reason ?? "") \(harness.output(outcome.description.name, "stderr"))"
    #expect(details.state == outcome.state, "\(what): \(said)")
    if let code = outcome.exitCode { #expect(details.exitCode == code, "\(what): \(said)") }
    if let output = outcome.output {
      #expect(try harness.output(outcome.description.name) == output, "\(what): \(said)")
    }
    if let reason = outcome.reason { #expect(details.reason?.contains(reason) ?? false, "\(what): \(said)") }
  }

  private static func checkPlaces(_ harness: EngineHarness, _ place: String) throws {
    func lines(_ name: String) throws -> [String] {
      try harness.output(name).split(separator: "\n").filter {
        ["PWD=", "OLDPWD=", "SCALEMS_CLIENT_DIR="].contains(where: $0.hasPrefix)
      }.map(String.init).sorted()
    }
    let (here, client) = (realPath(place), harness.directory.path)
    let own = realPath("\(client)/tasks/\(try harness.details("own").id.uid)")
    #expect(try lines("here") == ["PWD=\(here)", "SCALEMS_CLIENT_DIR=/the/client"])
    #expect(try lines("own") == ["PWD=\(own)", "SCALEMS_CLIENT_DIR=\(client)"])
    #expect(try lines("prepared") == ["PWD=\(here)", "SCALEMS_CLIENT_DIR=\(client)"])
    #expect(try lines("command.3") == ["PWD=\(here)", "SCALEMS_CLIENT_DIR=\(place)"])
    #expect(try harness.output("near") == "beside it\n" && harness.output("command.0") == "beside it\n")
    #expect(try harness.output("command.1") == "script a\n" && harness.output("command.2") == "script b\n")
    #expect(try harness.output("script") == "script x y $HOME \n" && harness.output("later") == "script p\n")
    #expect(try harness.output("found") == "script z\n" && harness.details("empty").state == .done)
    #expect(try harness.details("binary").exitCode == 126 && harness.details("binary").state == .failed)
    let nowhere = try harness.details("nowhere")
    let sentence = "the directory to run in, /no/such/directory, cannot be entered: No such file or directory"
    #expect(nowhere.state == .failed && nowhere.reason == sentence)
    for (name, number) in [("INT", SIGINT), ("QUIT", SIGQUIT), ("HUP", SIGHUP), ("TERM", SIGTERM)] {
      let details = try harness.details("kill\(name)")
      #expect(details.signal == number || details.exitCode == 128 + number, "\(name)")
      #expect(try details.state == .failed && harness.output("kill\(name)").isEmpty)
    }
  }
}
