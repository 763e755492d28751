import Glibc
import Platform
import SessionLink
import SessionModel
import SystemPackage
import TestSupport

/// A workflow in a directory of its own, for one run of the real binary on real RADICAL-Pilot.
///
/// RP's sandbox, and the registry of sessions, lie in that directory, too, so a process belongs to this run when it
/// works there.
final class RadicalRun: Sendable {
  let place: TemporaryDirectory
  private let venv: String

  /// - Parameter hasDeafAgent: the agent loses what it asks itself for first, and is helped soon.
  init(_ workflow: String, hasDeafAgent: Bool = false) throws {
    place = try TemporaryDirectory()
    venv = hasDeafAgent ? try FirstRequest.isLost.environment(in: place) : radicalVenv
    try place.write(workflow, to: "w.yaml")
    guard mkdir(place.path + "/home", 0o700) == 0 else { throw TestError("no home") }
  }

  var environment: [String: String] {
    [
      "HOME": place.path + "/home", "XDG_STATE_HOME": place.path + "/state", "SCALEMS_HELPER_LAST_RESORT": "40",
      "SCALEMS_HELPER_AGENT_PATIENCE": venv == radicalVenv ? "20" : "2",
    ]
  }

  var arguments: [String] {
    ["run", "w.yaml", "--engine", "radical", "--venv", venv, "--cores", "2", "--session-dir", "s"]
  }

  /// Opens the session's screen in a terminal, and awaits that the pilot is active.
  func show(columns: Int = 80, rows: Int = 24, options: String = "") async throws -> Tmux {
    let terminal = try await Tmux(columns: columns, rows: rows, in: place.path, environment: environment)
    let line = arguments.joined(separator: " ")
    try await terminal.run("$SCALEMS_TOP \(line) --exit-when-done \(options); echo \"exit=$?\"")
    try await awaitSnapshot("an active pilot") { $0.pilot?.state == .active }
    return terminal
  }

  /// Runs it without a screen.
  func start(_ options: [String] = []) throws -> Program {
    try Program(scalemsTop, arguments + ["--batch"] + options, in: place.path, environment: environment)
  }

  func snapshot() throws -> SessionSnapshot {
    var snapshot = SessionSnapshot()
    snapshot.apply(try JournalContents(reading: FilePath("\(place.path)/s/journal.jsonl")).events)
    return snapshot
  }

  func awaitSnapshot(
    _ what: String, seconds: Double = 120, until condition: @escaping (SessionSnapshot) -> Bool
  ) async throws {
    try await wait(for: what, seconds: seconds) { (try? condition(snapshot())) ?? false }
  }

  /// RP's processes and its tasks', by command line.
  var left: [String] { processes.map { "\($0) \(ProcessTable.commandLine(of: $0))" } }

  private var processes: [pid_t] {
    ProcessTable().entries.values.filter { entry in
      !entry.isZombie && (linkTarget("/proc/\(entry.pid)/cwd") ?? "").hasPrefix(place.path + "/")
    }.map(\.pid)
  }

  func awaitNothingLeft(seconds: Double = 60) async throws {
    try await wait(for: "the end of RP's processes", seconds: seconds) { processes.isEmpty }
  }

  /// The process that holds the RP session.
  func helper() throws -> pid_t {
    let pids = TestSupport.processes(matching: "radical_helper.py").filter {
      linkTarget("/proc/\($0)/cwd") == place.path + "/s/radical"
    }
    guard let pid = pids.min() else { throw TestError("there is no helper") }
    return pid
  }

  deinit {
    for pid in processes { kill(pid, SIGKILL) }
  }
}

/// Tasks that sleep for long, two at a time.
let sleepers = """
  name: sleepers
  tasks:
    - {name: sleeper, argv: [sleep, "600"], ensemble: 4}
  """
