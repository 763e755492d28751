import Glibc
import Platform
import TestSupport
import Testing

/// The Slurm that `make test-slurm` has started; without one there is nothing to test.
let testCluster = getenv("SCALEMS_TEST_SLURM").map { SlurmCluster(directory: String(cString: $0)) }

/// A session on RADICAL-Pilot's resource `test.slurm`, whose pilots are real jobs. One at a time: there is one node.
@Suite(.serialized, .enabled(if: testCluster != nil, "make test-slurm starts the Slurm that this needs"))
struct SlurmTests {
  let slurm: SlurmCluster

  init() throws { slurm = try #require(testCluster) }
}

/// A Slurm of one node with four cores, as `Tests/Slurm/slurm_up` makes it.
struct SlurmCluster {
  let directory: String

  struct Job: Equatable {
    var id: String
    /// `PENDING`, `RUNNING`, `COMPLETING`, …
    var state: String
    var workDirectory: String
  }

  /// What Slurm's programs and RADICAL-Pilot go by.
  var environment: [String: String] {
    ["SLURM_CONF": directory + "/slurm.conf", "RADICAL_CONFIG_USER_DIR": directory]
  }

  /// Runs one of Slurm's programs, and returns what it printed.
  @discardableResult
  func call(_ command: String...) async throws -> String {
    let result = try await Program.run("/usr/bin/env", command, environment: environment)
    guard result.exitCode == 0 else { throw TestError("\(command): \(result.stderr)") }
    return result.stdout
  }

  /// The jobs that are in the queue, or not quite over.
  func jobs() async throws -> [Job] {
    try await call("squeue", "-h", "-o", "%i|%T|%Z").split(separator: "\n").map { line in
      let fields = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { throw TestError("squeue printed '\(line)'") }
      return Job(id: fields[0], state: fields[1], workDirectory: fields[2])
    }
  }

  /// The daemon that answers Slurm's programs.
  func controller() throws -> pid_t {
    let text = try readFile(directory + "/slurmctld.pid")
    guard let pid = pid_t(String(decoding: text, as: UTF8.self).filter(\.isNumber)) else {
      throw TestError("slurmctld.pid holds no id")
    }
    return pid
  }

  /// Fills the node with a job that only a `scancel` ends.
  ///
  /// - Returns: its id.
  func fillNode() async throws -> String {
    let text = try await call("sbatch", "--parsable", "--exclusive", "--output=/dev/null", "--wrap", "sleep infinity")
    let id = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    try await poll(for: "job \(id) to run") { try await jobs().contains { $0.id == id && $0.state == "RUNNING" } }
    return id
  }
}

/// Looks until `condition` holds; it asks other programs, which takes its time.
func poll(for what: String, seconds: Double = 60, until condition: () async throws -> Bool) async throws {
  var patience = Patience(seconds: seconds)
  while !(try await condition()) {
    try patience.spend(on: what)
    // Gives way to what is waited for; the condition alone ends the wait.
    try await Task.sleep(for: .milliseconds(100))
  }
}
