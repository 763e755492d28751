import Executor
import Leftovers
import SessionModel
import TestSupport
import Testing

@testable import RadicalEngine

/// A pilot that is a job of Slurm's, and what is said of it.
private struct QueuedPilot {
  var tracker = PilotTracker()
  var watch = JobWatch()

  init(runtime: Double? = nil) throws {
    tracker.begin(try RuntimeConfiguration(targetVenv: "/venv", cores: 4, runtime: runtime, engines: [.radical]))
  }

  mutating func hear(_ state: PilotState, at seconds: Double = 0, nodes: Double = 1) -> PilotStatus? {
    let record = PilotRecord(resources: state == .active ? ["nodes": nodes, "cores_per_node": 4] : [:])
    return tracker.receive("pilot.0000", state, at: at(seconds), record)
  }

  mutating func claim(_ state: PilotState, _ reason: String? = nil) {
    watch.claim(JobWatch.Claim(state: state, reason: reason))
  }

  /// - Parameter state: `nil`: it is not listed.
  @discardableResult
  mutating func look(_ state: String?, _ reason: String = "", at seconds: Double = 0) -> PilotStatus? {
    look(.listed(state.map { [SlurmQueue.Job(id: "13", state: $0, reason: reason, directory: "/")] } ?? []), seconds)
  }

  mutating func silence(at seconds: Double) -> PilotStatus? { look(.none, seconds) }

  private mutating func look(_ answer: JobWatch.Answer, _ seconds: Double) -> PilotStatus? {
    watch.begin()
    let finding = watch.receive(
      answer, began: at(seconds), wasActive: tracker.wasActive, isCanceling: tracker.isCancelRequested)
    return tracker.follow(finding, watch, at: at(seconds))
  }
}

@Suite struct PilotQueueTests {
  @Test func `a pilot that waits says what Slurm says`() throws {
    var pilot = try QueuedPilot()
    #expect(pilot.look("PENDING", "Resources") == nil, "RP has not spoken of it yet")
    _ = pilot.hear(.activePending)
    #expect(pilot.look("PENDING", "Resources")?.detail == "job 13 PENDING: Resources")
    #expect(pilot.look("PENDING", "Resources") == nil, "said once")
    let reserved = pilot.look("PENDING", "ReqNodeNotAvail, Reserved for maintenance")
    #expect(reserved?.detail?.hasSuffix("maintenance") == true)
    let status = pilot.look("RUNNING")
    #expect(status?.detail == "job 13 RUNNING" && status?.state == .activePending)
    let active = pilot.hear(.active)
    #expect(active?.nodes == 1 && active?.cores == 4 && active?.detail == nil)
    #expect(pilot.look("RUNNING") == nil && pilot.look("COMPLETING") == nil)
    #expect(pilot.look("SUSPENDED")?.detail == "job 13 SUSPENDED")
    let again = pilot.look("RUNNING")
    #expect(again?.nodes == 1 && again?.detail == nil)
  }

  @Test func `a Slurm that is silent is said to be, since when, and nothing follows`() throws {
    var pilot = try QueuedPilot()
    _ = pilot.hear(.active)
    pilot.look("RUNNING")
    let status = pilot.silence(at: 100)
    #expect(status?.state == .active && status?.detail?.hasPrefix("Slurm does not answer since ") == true)
    #expect(pilot.silence(at: 150) == nil, "the time is that of the first")
    pilot.claim(.failed, "no reason given")
    for second in 0..<40 { #expect(pilot.silence(at: Double(200 + second))?.state.isFinal != true) }
    #expect(pilot.look("RUNNING")?.detail == "RADICAL-Pilot calls it FAILED, Slurm does not")
    #expect(pilot.look("NODE_FAIL", "NodeDown")?.detail == "its job 13 ended: NODE_FAIL: NodeDown")
    #expect(pilot.tracker.isFinal && pilot.look("RUNNING") == nil)
  }

  @Test(arguments: [
    ("CANCELLED", PilotState.canceled, "its job 13 was ended from outside"),
    ("TIMEOUT", .done, "the pilot's runtime limit of 3600 s is reached"),
    ("FAILED", .failed, "sbatch: error: why"),
    ("OUT_OF_MEMORY", .failed, "its job 13 ended: OUT_OF_MEMORY: OutOfMemory"),
    ("COMPLETED", .failed, "sbatch: error: why"),
    ("not listed", .failed, "sbatch: error: why"),
  ])
  func `Slurm's word for an end comes first`(_ word: String, _ end: PilotState, _ detail: String) throws {
    let state = word == "not listed" ? nil : word
    var pilot = try QueuedPilot()
    _ = pilot.hear(.active)
    pilot.look("RUNNING")
    pilot.claim(.failed, "sbatch: error: why")
    let reason = state == "OUT_OF_MEMORY" ? "OutOfMemory" : ""
    let status = [pilot.look(state, reason), pilot.look(state, reason)].compactMap { $0 }.last
    #expect(status?.state == end && status?.detail == detail, "\(String(describing: status))")
  }

  @Test func `an end that RP does not tell`() throws {
    for (state, end) in [("COMPLETED", PilotState.done), ("CANCELLED", .canceled), ("NODE_FAIL", .failed)] {
      var pilot = try QueuedPilot()
      _ = pilot.hear(.active)
      pilot.look("RUNNING")
      #expect(pilot.look(state) == nil && pilot.look(state)?.state == end)
    }
    var gone = try QueuedPilot()
    _ = gone.hear(.activePending)
    gone.look("PENDING")
    #expect(gone.look(nil) == nil)
    #expect(gone.look(nil)?.detail == "its job 13 is not in the queue any more")
  }

  @Test func `an end that was asked for needs no reason, and a limit is one`() throws {
    var pilot = try QueuedPilot()
    _ = pilot.hear(.active)
    pilot.look("RUNNING")
    pilot.tracker.isCancelRequested = true
    #expect(pilot.look("COMPLETING") == nil)
    let status = pilot.look("CANCELLED")
    #expect(status?.state == .canceled && status?.detail == nil)
    var limited = try QueuedPilot()
    _ = limited.hear(.active)
    limited.tracker.limitReached = "the limit"
    limited.look("RUNNING")
    limited.claim(.failed, "# Done")
    #expect(limited.look("FAILED")?.detail == "the limit")
  }

  @Test func `a node that failed`() throws {
    var pilot = try QueuedPilot()
    _ = pilot.hear(.active)
    pilot.look("RUNNING")
    let status = pilot.look("PENDING", "BeginTime")
    #expect(status?.state == .failed)
    #expect(status?.detail == "job 13 PENDING again: BeginTime; what ran in it is lost")
  }
}
