import Executor
import SessionModel
import Testing

@testable import RadicalEngine
import Words

/// A tracker whose pilot was submitted.
private func tracker(cores: Int? = 2, runtime: Double? = nil) throws -> PilotTracker {
  var tracker = PilotTracker()
  tracker.begin(try RuntimeConfiguration(targetVenv: "/venv", cores: cores, runtime: runtime, engines: [.radical]))
  return tracker
}

extension PilotTracker {
  fileprivate mutating func hear(
    _ state: PilotState, at seconds: Double = 0, _ record: PilotRecord = PilotRecord(), of name: String = "pilot.0000"
  ) -> PilotStatus? {
    receive(name, state, at: at(seconds), record)
  }
}

@Suite struct PilotTrackerTests {
  @Test func `RP's doubled first and last states are told once`() throws {
    var tracker = try tracker()
    let states: [PilotState] = [
      .launchingPending, .launchingPending, .launching, .activePending, .active, .failed, .failed,
    ]
    #expect(
      states.compactMap { tracker.hear($0)?.state } == [
        .launchingPending, .launching, .activePending, .active, .failed,
      ])
  }

  @Test(arguments: [PilotState.done, .failed, .canceled])
  func `the first final state wins`(_ state: PilotState) throws {
    var tracker = try tracker()
    #expect(tracker.hear(state)?.state == state && tracker.isFinal)
    for later in PilotState.allCases { #expect(tracker.hear(later) == nil) }
    #expect(tracker.lost("gone") == nil)
    #expect(tracker.status?.state == state)
  }

  @Test func `the words of other pilots are ignored`() throws {
    var tracker = try tracker()
    #expect(tracker.hear(.active, of: "pilot.0001") == nil)
    #expect(tracker.hear(.active, of: "") == nil)
    // A pilot that takes the place of one that ended has its own id, and nothing of the other's.
    _ = tracker.hear(.active)
    tracker.isCancelRequested = true
    tracker.limitReached = "x"
    _ = tracker.hear(.done)
    tracker.begin(try RuntimeConfiguration(targetVenv: "/venv", cores: 3, gpus: 1, runtime: 60, engines: [.radical]))
    #expect(tracker.uid == "pilot.0001" && tracker.cores == 3 && tracker.runtime == 60 && !tracker.isActive)
    #expect(!tracker.isCancelRequested && tracker.limitReached == nil && !tracker.isFinal)
    #expect(tracker.hear(.failed) == nil)
    #expect(
      tracker.hear(.launching, of: "pilot.0001")
        == PilotStatus(uid: "pilot.0001", state: .launching, cores: 3, gpus: 1, runtime: 60))
  }

  // MARK: Resources

  @Test func `an active pilot has the resources that RP found`() throws {
    var tracker = try tracker(cores: 100)
    let record = PilotRecord(resources: ["nodes": 3, "cores_per_node": 32, "gpus_per_node": 2, "mem_per_node": 1e6])
    let status = tracker.hear(.active, record)
    #expect(status?.cores == 96 && status?.gpus == 6 && status?.nodes == 3 && status?.detail == nil)
    #expect(tracker.cores == 96 && tracker.coresPerNode == 32 && tracker.isActive)
  }

  @Test func `without RP's word the resources are those that were asked for`() throws {
    var tracker = try tracker(cores: 4)
    let status = tracker.hear(.active)
    #expect(status?.cores == 4 && status?.detail == nil && tracker.coresPerNode == 4)
    #expect(status?.runtime == PilotTracker.defaultRuntime)
  }

  @Test(arguments: [1e300, -1e300, .infinity, .nan, -1, 0.5])
  func `numbers that are no counts do no harm`(_ number: Double) throws {
    var tracker = try tracker(cores: 4)
    for resources in [
      ["nodes": number, "cores_per_node": 8, "gpus_per_node": 1], ["nodes": 1, "cores_per_node": number],
      ["nodes": 1e18, "cores_per_node": 1e18], ["nodes": 1, "gpus_per_node": number],
    ] {
      let record = PilotRecord(resources: resources)
      #expect(record.cores ?? 0 >= 0 && record.gpus ?? 0 >= 0)
      _ = tracker.hear(.active, record)
      #expect(tracker.coresPerNode >= 0)
      tracker.begin(try RuntimeConfiguration(targetVenv: "/venv", cores: 4, engines: [.radical]))
    }
  }

  // MARK: Ends

  @Test func `DONE at the runtime limit says so`() throws {
    var tracker = try tracker(runtime: 120)
    _ = tracker.hear(.active, at: 100)
    #expect(
      tracker.hear(.done, at: 219)?.detail == "the pilot's runtime limit of \(Duration.seconds(120).text) is reached")
  }

  @Test(arguments: [PilotState.done, .canceled])
  func `an end that nobody asked for came from outside`(_ state: PilotState) throws {
    var early = try tracker(runtime: 120)
    _ = early.hear(.active, at: 100)
    #expect(early.hear(state, at: 150)?.detail == "ended from outside")
    // It never was active, so it has no time limit to reach.
    var queued = try tracker(runtime: 120)
    #expect(queued.hear(state, at: 9999)?.detail == "ended from outside")
  }

  @Test(arguments: [PilotState.done, .canceled])
  func `an end that was asked for needs no reason`(_ state: PilotState) throws {
    var tracker = try tracker(runtime: 120)
    _ = tracker.hear(.active, at: 100)
    tracker.isCancelRequested = true
    let status = tracker.hear(state, at: 300)
    #expect(status?.state == state && status?.detail == nil)
  }

  @Test func `a limit that was seen coming is the reason`() throws {
    var done = try tracker()
    done.limitReached = "the limit"
    #expect(done.hear(.done)?.detail == "the limit")
    var failed = try tracker()
    failed.limitReached = "the limit"
    #expect(failed.hear(.failed)?.detail == "the limit")
  }

  @Test func `a failure has RP's reason`() throws {
    var tracker = try tracker()
    #expect(tracker.hear(.failed, PilotRecord(reason: "no such queue"))?.detail == "no such queue")
  }

  // MARK: The queue, the helper

  @Test func `with the helper the pilot is lost`() throws {
    var unsubmitted = PilotTracker()
    #expect(unsubmitted.lost("the helper died") == nil)
    var tracker = try tracker()
    _ = tracker.hear(.active)
    let status = tracker.lost("the helper died")
    #expect(status?.state == .failed && status?.detail == "the helper died" && status?.cores == 2)
    #expect(tracker.hear(.done) == nil && tracker.lost("again") == nil)
  }
}
