import Glibc
import Leftovers
import Platform
import SessionLink
import SessionModel
import SystemPackage
import TestSupport
import Testing
import Work

/// A workflow in a directory of its own, which is the home of its user, too, for one run of the real binary on Slurm.
final class ClusterSession {
  let place: TemporaryDirectory
  let slurm: SlurmCluster
  /// What a start of RADICAL-Pilot may take on a busy machine.
  static let patience = 300.0

  init(_ workflow: String, on slurm: SlurmCluster) throws {
    self.slurm = slurm
    place = try TemporaryDirectory()
    try place.write(workflow, to: "w.yaml")
  }

  // MARK: Running

  private static let options = ["--engine", "radical", "--resource", "test.slurm", "--session-dir", "s"]

  private static let venv =
    getenv("SCALEMS_TEST_VENV").map { String(cString: $0) }
    ?? (getenv("HOME").map { String(cString: $0) } ?? "") + "/.cache/scalems-top/radical"

  /// RADICAL-Pilot's sandbox, psij's files and the registry of sessions are below the home directory.
  private var environment: [String: String] {
    slurm.environment.merging([
      "HOME": place.path, "XDG_STATE_HOME": place.path + "/state", "SCALEMS_TEST_VENV": Self.venv,
    ]) { $1 }
  }

  func start() throws -> Program {
    try Program(
      scalemsTop, ["run", "w.yaml", "--json", "--venv", Self.venv] + Self.options, in: place.path,
      environment: environment)
  }

  /// Runs it under its screen.
  func show() async throws -> Tmux {
    let terminal = try await Tmux(in: place.path, environment: environment)
    let options = Self.options.joined(separator: " ")
    try await terminal.run(
      "$SCALEMS_TOP run w.yaml --venv $SCALEMS_TEST_VENV --exit-when-done \(options); echo \"exit=$?\"")
    return terminal
  }

  // MARK: Looking

  func snapshot() throws -> SessionSnapshot {
    var snapshot = SessionSnapshot()
    snapshot.apply(try JournalContents(reading: FilePath("\(place.path)/s/journal.jsonl")).events)
    return snapshot
  }

  func wait(
    for what: String, seconds: Double = ClusterSession.patience, until condition: (SessionSnapshot) -> Bool
  ) async throws {
    // There is no journal at first.
    try await poll(for: what, seconds: seconds) { (try? snapshot()).map(condition) ?? false }
  }

  /// The task of an item, or of one member of it.
  func details(_ label: String) throws -> TaskDetails {
    let tasks = try snapshot().tasks
    for number in 0..<tasks.count where tasks.label(of: TaskID(number)) == label {
      if let details = tasks.details(of: TaskID(number)) { return details }
    }
    throw TestError("there is no task \(label)")
  }

  func output(_ label: String, _ name: String = "stdout") throws -> String {
    place.text("s/tasks/\(try details(label).id.uid)/\(name)") ?? ""
  }

  /// The pilot's job.
  func job() async throws -> String {
    guard let job = try await jobs().first else { throw TestError("the session has no job") }
    return job.id
  }

  /// The process that holds the session of RADICAL-Pilot.
  func helper() throws -> pid_t { try RadicalRecord(reading: place.path + "/s").helper }

  // MARK: What is left

  /// RADICAL-Pilot's jobs work in its sandbox.
  func jobs() async throws -> [SlurmCluster.Job] {
    try await slurm.jobs().filter { $0.workDirectory.hasPrefix(place.path) }
  }

  /// The processes of the session: RADICAL-Pilot's and its tasks' work below the session's directory or the sandbox.
  var processes: [String] {
    ProcessTable().entries.values.compactMap { entry in
      guard !entry.isZombie, (linkTarget("/proc/\(entry.pid)/cwd") ?? "").hasPrefix(place.path) else { return nil }
      // The terminal of a test works here, too, and its shell is the only process with one.
      return entry.terminal == 0 ? "\(entry.pid) \(ProcessTable.commandLine(of: entry.pid))" : nil
    }
  }

  /// Expects that there is neither a job nor a process of the session.
  func expectNothingLeft(at place: SourceLocation = #_sourceLocation) async throws {
    let remains = try await jobs().map { "job \($0.id) \($0.state)" } + processes
    #expect(remains.isEmpty, "\(remains.joined(separator: "\n"))", sourceLocation: place)
  }
}

/// Tells how long something took, in the output of the tests.
func report(_ what: String, since start: ContinuousClock.Instant) {
  let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000
  print("measured: \(what): \((seconds * 10).rounded() / 10) s")
}
