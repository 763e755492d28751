import Glibc
import SessionLink
import SessionModel
import SystemPackage
import TestSupport

/// A workflow in a directory of its own, for one run of the real binary.
final class TestSession {
  let place: TemporaryDirectory
  /// A number that only the sleeps of this session have, to find their processes by.
  let mark = "\(Int.random(in: 100_000...999_999)).\(Int.random(in: 1000...9999))"

  /// - Parameter workflow: `{mark}` stands for the mark.
  init(_ workflow: String) throws {
    place = try TemporaryDirectory()
    try place.write(workflow.replacingMark(with: mark), to: "w.yaml")
  }

  deinit {
    // A session in the background outlives the terminals of its test; a test that failed may have left one.
    if let pid = try? host(), isAlive(pid) { kill(pid, SIGKILL) }
    // What stands for a helper of RADICAL-Pilot does not hear that its host is gone, as a real one does.
    for pid in sleepers { kill(pid, SIGKILL) }
  }

  /// Processes of the session's tasks that sleep.
  var sleepers: [pid_t] { processes(matching: "sleep\0\(mark)") }

  func journal() throws -> JournalContents { try JournalContents(reading: FilePath("\(place.path)/s/journal.jsonl")) }

  func snapshot() throws -> SessionSnapshot {
    var snapshot = SessionSnapshot()
    snapshot.apply(try journal().events)
    return snapshot
  }

  /// The process that hosts the session.
  func host() throws -> pid_t {
    guard let pid = try snapshot().info?.pid else { throw TestError("the session was not opened") }
    return pid
  }

  /// The process between host and agent.
  func guardian() throws -> pid_t {
    let host = try host()
    guard let pid = processes(matching: "scalems-agent").first(where: { parent(of: $0) == host }) else {
      throw TestError("host \(host) has no agent")
    }
    return pid
  }

  func agent() throws -> pid_t {
    let guardian = try guardian()
    guard let pid = processes(matching: "scalems-agent").first(where: { parent(of: $0) == guardian }) else {
      throw TestError("guard \(guardian) has no agent")
    }
    return pid
  }

  /// The user's directories of this test alone: its sessions, and its sockets.
  var environment: [String: String] { ["XDG_STATE_HOME": "\(place.path)/state", "XDG_RUNTIME_DIR": place.path] }

  /// A terminal in the workflow's directory.
  func terminal(columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]) async throws -> Tmux {
    try await Tmux(
      columns: columns, rows: rows, in: place.path, environment: self.environment.merging(environment) { $1 })
  }

  /// Runs the real binary to its end in the workflow's directory, without a terminal.
  func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Program.Result {
    try await run(arguments, environment: environment)
  }

  func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Program.Result {
    try await Program.run(
      scalemsTop, arguments, in: place.path, environment: self.environment.merging(environment) { $1 })
  }

  /// Opens the session's screen in a terminal, and awaits that the session runs.
  func show(
    columns: Int = 80, rows: Int = 24, options: String = "", environment: [String: String] = [:]
  ) async throws -> Tmux {
    let terminal = try await terminal(columns: columns, rows: rows, environment: environment)
    try await terminal.run(
      "$SCALEMS_TOP run w.yaml --session-dir s \(options); echo \"exit=$?\"; stty -a | tr ' ' '\\n' | grep -x -e '-*icanon;*' -e '-*echo;*' | tr '\\n' ' '"
    )
    try await wait(for: "the session") { (try? snapshot().phase != .starting) ?? false }
    return terminal
  }

  /// Whether every process of the session is gone: sleepers, agent, host.
  func awaitNothingLeft() async throws {
    try await wait(for: "the end of all processes of the session") { sleepers.isEmpty }
  }
}

extension String {
  fileprivate func replacingMark(with mark: String) -> String {
    split(separator: "{mark}", omittingEmptySubsequences: false).joined(separator: mark)
  }
}

/// Three tasks that sleep for long, two at a time.
let longWorkflow = """
  name: long
  pilot: {cores: 2}
  tasks:
    - name: long
      argv: [sleep, "{mark}"]
      ensemble: 3
  """
