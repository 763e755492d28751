import FoundationEssentials
import Glibc
import Leftovers
import Platform

/// An id as RADICAL-Pilot gives, that no other test has.
public func newRadicalID() -> String {
  "rp.session.testhost.tester.\(Int.random(in: 100_000...999_999)).\(Int.random(in: 1000...9999))"
}

/// A directory below a temporary one, named like a session of RADICAL-Pilot, and processes in it.
public final class FakeSession {
  public let id = newRadicalID()
  public let place: TemporaryDirectory
  private var programs: [Program] = []

  public init() throws {
    place = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  // A shell's children are of its group.
  deinit { for program in programs { kill(-program.pid, SIGKILL) } }

  public var directory: String { "\(place.path)/\(id)/pilot.0000" }

  /// Runs a line in a shell: as a task of a raptor in the pilot's directory, or as nobody's elsewhere.
  @discardableResult
  public func start(_ line: String, in directory: String? = nil) throws -> Program {
    let program = try Program(
      "/bin/sh", ["-c", line], in: directory ?? self.directory,
      environment: directory == nil ? ["RP_TASK_ID": "task.000000"] : [:])
    programs.append(program)
    return program
  }

  /// A record in which `helper` is the helper; this process, which has another group, unless named.
  public func record(helper: pid_t? = nil, jobs: [String] = []) -> RadicalRecord {
    RadicalRecord(
      session: "scalems.test.\(id)", helper: helper ?? pid_t.max, resource: "local.localhost", rpSession: id, jobs: jobs
    )
  }

  /// Processes of the session, once there are as many.
  public func wait(forProcesses count: Int, _ leftovers: RadicalLeftovers) async throws {
    try await TestSupport.wait(for: "\(count) processes of \(id)") { leftovers.processes().count == count }
  }
}
