import SessionModel
import Testing

@testable import RadicalEngine

/// A tracker whose raptor was submitted.
private func tracker() -> RaptorTracker {
  var tracker = RaptorTracker()
  _ = tracker.begin(workers: 3)
  tracker.submitted(workers: ["raptor.0000.worker.0": 2, "raptor.0000.worker.1": 2, "raptor.0000.worker.2": 1])
  return tracker
}

private func status(_ state: TaskState, cores: Int = 0, hello: String? = nil, _ detail: String? = nil) -> RaptorStatus {
  RaptorStatus(uid: "raptor.0000", state: state, workers: 3, workerCores: cores, hello: hello, detail: detail)
}

extension RaptorTracker {
  fileprivate mutating func hear(_ state: TaskState, _ record: TaskRecord? = nil, of name: String = "raptor.0000")
    -> Change?
  {
    receive(name, state, record)
  }
}

@Suite struct RaptorTrackerTests {
  @Test func `a raptor that lives, answers and ends`() {
    var tracker = RaptorTracker()
    #expect(!tracker.isAlive && !tracker.takesWork && !tracker.isWanted)
    #expect(tracker.begin(workers: 3) == status(.new))
    #expect(tracker.isAlive && tracker.takesWork && tracker.isWanted)
    tracker.submitted()
    #expect(!tracker.isWanted)
    #expect(tracker.hear(.agentExecuting) == .status(status(.agentExecuting)))
    #expect(tracker.greeted("scalems 1") == status(.agentExecuting, hello: "scalems 1"))
    tracker.stopping()
    #expect(tracker.isAlive && !tracker.takesWork)
    #expect(tracker.hear(.done) == .status(status(.done, hello: "scalems 1")))
    #expect(!tracker.isAlive && tracker.greeted("late") == nil && tracker.hear(.canceled) == nil)
    // The next one is another.
    #expect(tracker.begin(workers: 1) == RaptorStatus(uid: "raptor.0001", state: .new, workers: 1, workerCores: 0))
    #expect(tracker.takesWork && tracker.hear(.done) == nil)
  }

  @Test func `a premature CANCELED is not confirmed`() {
    var tracker = tracker()
    _ = tracker.hear(.agentExecuting)
    guard case .unconfirmed(let status) = tracker.hear(.canceled) else {
      Issue.record("RP's word was taken for the agent's")
      return
    }
    #expect(status.state == .agentExecuting && status.detail?.contains("not confirmed") ?? false)
    #expect(tracker.isAlive)
    // The agent's word comes later.
    #expect(tracker.hear(.agentStagingOutputPending) == nil)
    #expect(
      tracker.hear(.canceled) == .status(RaptorStatus(uid: "raptor.0000", state: .canceled, workers: 3, workerCores: 0))
    )
    #expect(!tracker.isAlive)
  }

  @Test func `CANCELED is confirmed when the agent was done, or never had it`() {
    var ended = tracker()
    _ = ended.hear(.agentExecuting)
    // For people it runs until it has ended.
    #expect(ended.hear(.agentStagingOutput) == nil)
    #expect(ended.hear(.canceled) == .status(status(.canceled)))
    var waiting = tracker()
    _ = waiting.hear(.agentScheduling)
    #expect(waiting.hear(.canceled) == .status(status(.canceled)))
  }

  @Test func `a failure has its reason`() {
    func detail(_ record: TaskRecord?) -> String? {
      var tracker = tracker()
      _ = tracker.hear(.agentExecuting)
      guard case .status(let status) = tracker.hear(.failed, record) else { return nil }
      return status.detail
    }
    #expect(detail(TaskRecord(stderr: "Traceback\r\nImportError: x\r\n \r\n")) == "ImportError: x")
    #expect(detail(TaskRecord(exception: "AssertionError")) == "AssertionError")
    #expect(detail(TaskRecord()) == "the master failed")
    #expect(detail(nil) == "the master failed")
    #expect(detail(TaskRecord(stderr: String(repeating: "x", count: 9999)))?.count ?? 0 <= 310)
  }

  @Test func `workers and the cores they hold are counted`() {
    var tracker = tracker()
    _ = tracker.hear(.agentExecuting)
    let names = (0..<3).map { "raptor.0000.worker.\($0)" }
    #expect(tracker.hear(.agentScheduling, of: names[0]) == .status(status(.agentExecuting, "workers: 1 queued")))
    // They have their place before their process begins.
    #expect(
      tracker.hear(.agentExecutingPending, of: names[0])
        == .status(status(.agentExecuting, cores: 2, "workers: 1 queued")))
    #expect(
      tracker.hear(.agentExecuting, of: names[0]) == .status(status(.agentExecuting, cores: 2, "workers: 1 running")))
    _ = tracker.hear(.agentExecuting, of: names[1])
    #expect(!tracker.hasDeadWorker)
    #expect(
      tracker.hear(.failed, of: names[2])
        == .status(status(.agentExecuting, cores: 4, "workers: 2 running, 1 failed")))
    #expect(tracker.hasDeadWorker)
    #expect(tracker.hear(.agentExecuting, of: names[2]) == nil, "late")
    for other in ["raptor.0001", "raptor.0001.worker.0", "raptor.00000", "raptor.0000x", "", "task.000000"] {
      #expect(tracker.hear(.failed, of: other) == nil)
    }
  }

  @Test func `workers that outlive their master hold their cores until they end`() {
    var tracker = tracker()
    let names = (0..<3).map { "raptor.0000.worker.\($0)" }
    for name in ["raptor.0000"] + names { _ = tracker.hear(.agentExecuting, of: name) }
    _ = tracker.hear(.agentStagingOutput)
    #expect(tracker.hear(.canceled) == .status(status(.canceled, cores: 5, "workers: 3 running")))
    #expect(
      tracker.hear(.agentStagingOutputPending, of: names[0])
        == .status(status(.canceled, cores: 3, "workers: 3 running")))
    #expect(tracker.hear(.done, of: names[0]) == .status(status(.canceled, cores: 3, "workers: 2 running")))
    _ = tracker.hear(.canceled, of: names[1])
    #expect(tracker.hear(.canceled, of: names[2]) == .status(status(.canceled)), "nobody runs any more")
    #expect(tracker.hear(.done) == nil && !tracker.isAlive)
  }

  @Test func `a raptor ends with its pilot`() {
    var tracker = tracker()
    _ = tracker.hear(.agentExecuting)
    #expect(tracker.pilotEnded() == status(.failed, "the pilot ended"))
    #expect(tracker.pilotEnded() == nil && tracker.hear(.done) == nil && !tracker.isAlive)
    var none = RaptorTracker()
    #expect(none.pilotEnded() == nil)
  }

  @Test func `one that was never submitted is ended by forgetting it`() {
    var tracker = RaptorTracker()
    #expect(tracker.forget() == nil)
    _ = tracker.begin(workers: 3)
    #expect(tracker.forget() == status(.canceled))
    #expect(!tracker.isWanted && !tracker.isAlive && tracker.forget() == nil)
    var submitted = RaptorTrackerTests.submitted()
    #expect(submitted.forget() == nil && submitted.isAlive)
  }

  private static func submitted() -> RaptorTracker { tracker() }
}
