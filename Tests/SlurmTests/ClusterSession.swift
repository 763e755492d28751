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
    mkdir(place.path + "/bin", 0o700)
    try place.write(workflow, to: "w.yaml")
  }

  /// Puts a script before one of Slurm's programs, for this session alone; `"$real"` in it is the program.
  func replace(_ program: String, by script: String) throws {
    guard let real = programPath(program, in: SystemText.searchPath) else { throw TestError("there is no \(program)") }
    // By a rename, as a program that is being written cannot be run.
    try place.write("#!/bin/bash\nreal='\(real)'\n\(script)\n", to: "bin/new")
    guard rename(place.path + "/bin/new", place.path + "/bin/" + program) == 0 else { throw TestError("no rename") }
  }

  /// Takes the script away.
  func restore(_ programs: String...) { for name in programs { unlink(place.path + "/bin/" + name) } }

  // MARK: Running

  private static let options = ["--engine", "radical", "--resource", "test.slurm", "--session-dir", "s"]

  static let venv =
    getenv("SCALEMS_TEST_VENV").map { String(cString: $0) }
    ?? (getenv("HOME").map { String(cString: $0) } ?? "") + "/.cache/scalems-top/radical"

  /// RADICAL-Pilot's sandbox, psij's files and the registry of sessions are below the home directory.
  private var environment: [String: String] {
    slurm.environment.merging([
      "PATH": place.path + "/bin:" + SystemText.searchPath, "HOME": place.path, "XDG_STATE_HOME": place.path + "/state",
      "SCALEMS_TEST_VENV": Self.venv,
    ]) { $1 }
  }

  /// - Parameter more: what is exported where the session is started.
  func start(with more: [String: String] = [:]) throws -> Program {
    try Program(
      scalemsTop, ["run", "w.yaml", "--json", "--venv", Self.venv] + Self.options, in: place.path,
      environment: environment.merging(more) { $1 })
  }

  /// Starts a program in Python that opens a session of RADICAL-Pilot itself.
  func start(script: String) throws -> Program {
    try Program(Self.venv + "/bin/python", [script], in: place.path, environment: ofPrograms)
  }

  /// The same under `exec`.
  func execute(script: String) throws -> Program {
    try Program(
      scalemsTop, ["exec", "--batch", "--", Self.venv + "/bin/python", script], in: place.path, environment: ofPrograms)
  }

  /// Ends the session of such a program.
  func close(_ session: String, _ options: String...) async throws -> Program.Result {
    try await Program.run(
      scalemsTop, ["close", session] + options, in: place.path, environment: ofPrograms, seconds: 120)
  }

  /// A screen on the session of such a program.
  func watch(_ session: String) async throws -> Tmux {
    let terminal = try await Tmux(columns: 140, rows: 40, in: place.path, environment: ofPrograms)
    try await terminal.run("\(scalemsTop) watch \(session)")
    return terminal
  }

  private var ofPrograms: [String: String] {
    // RADICAL-Pilot makes its directory in $PWD.
    environment.merging([
      "PATH": "\(Self.venv)/bin:\(environment["PATH"] ?? "")", "VIRTUAL_ENV": Self.venv, "PWD": place.path,
      "SCALEMS_TOP_OWN_ONLY": "0",
    ]) { $1 }
  }

  /// Ends what dead sessions of this home left: what `doctor --orphans --yes` says, and its exit code.
  ///
  /// - Parameters:
  ///   - session: the only one that is looked at.
  ///   - mayEnd: whether anything is ended.
  func endOrphans(of session: String? = nil, mayEnd: Bool = true) async throws -> Program.Result {
    try await Program.run(
      scalemsTop, ["doctor", "--orphans"] + (mayEnd ? ["--yes"] : []) + (session.map { [$0] } ?? []), in: place.path,
      environment: environment.merging(["SCALEMS_TOP_OWN_ONLY": session == nil ? "1" : "0"]) { $1 }, seconds: 120)
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

  /// Whether as many tasks have begun: theirs are programs that make a file `begun`.
  func hasBegun(_ count: Int) -> Bool {
    let tasks = directoryEntries(place.path + "/s/tasks")
    return tasks.count { place.exists("s/tasks/\($0)/begun") } >= count
  }

  /// What was said of the pilot, in order: its state and detail.
  func pilotWords() throws -> [String] {
    try JournalContents(reading: FilePath("\(place.path)/s/journal.jsonl")).events.compactMap { event in
      guard case .pilot(let status) = event.kind else { return nil }
      return "\(status.state.rawValue) \(status.detail ?? "")"
    }
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
