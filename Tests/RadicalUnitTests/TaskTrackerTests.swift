import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalEngine

private let first = TaskID(42)
private let uid = "task.000042"

/// A tracker with one task in RP.
private func tracker(
  timeout: Double? = nil, isCall: Bool = false, isInRaptor: Bool = false, attempt: Int = 1
) -> TaskTracker {
  var tracker = TaskTracker()
  tracker.add(first, attempt: attempt, timeout: timeout, isCall: isCall, isInRaptor: isInRaptor)
  return tracker
}

/// The state and result of the event that an outcome is.
private func told(_ outcome: TaskTracker.Outcome?) -> (state: TaskState, result: TaskResult?)? {
  guard case .event(let event) = outcome else { return nil }
  return told(event)
}

private func told(_ event: SessionEvent) -> (state: TaskState, result: TaskResult?)? {
  guard case .task(first, let state, let result) = event.kind else { return nil }
  return (state, result)
}

extension TaskTracker {
  /// Hears a state of the task's first submission, unless another is named.
  fileprivate mutating func hear(
    _ state: String, at seconds: Double = 0, _ record: TaskRecord? = nil, of name: String = uid
  ) -> Outcome? {
    receive(name, state, at: at(seconds), record)
  }
}

@Suite struct TaskTrackerTests {
  @Test func `all states up to the end are told`() {
    var tracker = tracker()
    for name in ["TMGR_SCHEDULING_PENDING", "AGENT_SCHEDULING", "AGENT_EXECUTING", "AGENT_STAGING_OUTPUT_PENDING"] {
      #expect(told(tracker.hear(name))?.state.name == name)
    }
    let end = told(tracker.hear("DONE", TaskRecord(exitCode: 0)))
    #expect(end?.state == .done && end?.result == TaskResult(exitCode: 0))
    #expect(tracker.all == [])
  }

  @Test(arguments: ["DONE", "FAILED", "CANCELED"])
  func `the first final state wins`(_ name: String) {
    var tracker = tracker()
    #expect(told(tracker.hear(name))?.state.name == name)
    for later in ["DONE", "FAILED", "CANCELED", "AGENT_EXECUTING"] { #expect(tracker.hear(later) == nil) }
  }

  @Test func `a state is told with the time it was heard of, by who knows it`() {
    var ofEngine = tracker()
    var ofRaptor = tracker(isInRaptor: true)
    #expect(
      ofEngine.hear("AGENT_EXECUTING", at: 3)
        == .event(SessionEvent(time: at(3), source: .engine, .task(first, .agentExecuting, nil))))
    #expect(
      ofRaptor.hear("AGENT_EXECUTING", at: 3)
        == .event(SessionEvent(time: at(3), source: .raptor, .task(first, .agentExecuting, nil))))
  }

  @Test(arguments: [
    ("task.000042", "BORED"), ("task.000042", ""), ("task.000042", "done"), ("task.000043", "DONE"), ("", "DONE"),
    ("task.", "DONE"), ("task", "DONE"), ("raptor.0000", "DONE"), ("task.x", "DONE"),
    ("task.000042.", "DONE"), ("task.000042.0", "DONE"), ("task.000042.1", "DONE"), ("task.000042.2", "DONE"),
    ("task.000042.-2", "DONE"),
    ("task.000042.2.2", "DONE"), ("task.000042.x", "DONE"), ("pilot.0000", "DONE"), ("task.4294967296", "DONE"),
    ("task.42949672960", "DONE"),
  ])
  func `what is not known is ignored`(_ name: String, _ state: String) {
    var tracker = tracker()
    #expect(tracker.hear(state, of: name) == nil)
    #expect(tracker.all == [first])
  }

  // MARK: Limits and cancels

  @Test func `RP's cancel after the time limit is a failure that says so`() {
    var tracker = tracker(timeout: 2)
    _ = tracker.hear("AGENT_EXECUTING", at: 10)
    let end = told(tracker.hear("CANCELED", at: 12.1))
    #expect(end?.state == .failed && end?.result?.reason == "its time limit of 2 s passed")
  }

  @Test(arguments: [(0.25, "0.25"), (90, "90"), (1e30, "1e+30")])
  func `a time limit is told without a needless fraction`(_ limit: Double, _ text: String) {
    var tracker = tracker(timeout: limit)
    _ = tracker.hear("AGENT_EXECUTING", at: -9e6)
    tracker.limitReached = "another"
    let record = TaskRecord(returnValue: #"{"ended": "timeout", "signal": 15}"#)
    var call = self.call(timeout: limit)
    #expect(told(call.hear("DONE", record))?.result?.reason == "its time limit of \(text) s passed")
  }

  private func call(timeout: Double? = nil) -> TaskTracker { tracker(timeout: timeout, isCall: true, isInRaptor: true) }

  @Test func `a cancel long before the time limit came from elsewhere`() {
    var tracker = tracker(timeout: 60)
    _ = tracker.hear("AGENT_EXECUTING", at: 10)
    let end = told(tracker.hear("CANCELED", at: 12))
    #expect(end?.state == .canceled && end?.result?.reason == "canceled by RADICAL-Pilot")
  }

  @Test func `a task that never ran is not over its time limit`() {
    var tracker = tracker(timeout: 2)
    let end = told(tracker.hear("CANCELED", at: 1000))
    #expect(end?.state == .canceled && end?.result?.reason == "canceled by RADICAL-Pilot")
  }

  @Test func `a cancel by request is one, also at the time limit`() {
    var tracker = tracker(timeout: 2)
    _ = tracker.hear("AGENT_EXECUTING", at: 10)
    tracker.noteCancel([first, TaskID(7)])
    let end = told(tracker.hear("CANCELED", at: 13, TaskRecord(exitCode: 143)))
    #expect(end?.state == .canceled && end?.result == TaskResult(exitCode: 143, reason: "canceled on request"))
  }

  @Test func `at the runtime limit of the pilot the reason is that`() {
    var tracker = tracker()
    tracker.limitReached = "the pilot's runtime limit is reached"
    let end = told(tracker.hear("CANCELED"))
    #expect(end?.state == .failed && end?.result?.reason == "the pilot's runtime limit is reached")
  }

  @Test func `what a dead raptor takes with it fails for that reason`() {
    var tracker = tracker(isInRaptor: true)
    tracker.note(cause: "a worker of the raptor died", of: [first])
    let end = told(tracker.hear("CANCELED"))
    #expect(end?.state == .failed && end?.result?.reason == "a worker of the raptor died")
  }

  // MARK: Taking back

  @Test func `what never started is handed back`() {
    var tracker = tracker(attempt: 3)
    #expect(tracker.withdraw { _ in false } == [first])
    #expect(tracker.isWithdrawing)
    #expect(tracker.hear("CANCELED") == .withdrawn(first, attempt: 3, cause: nil))
    #expect(!tracker.isWithdrawing && tracker.all == [])
  }

  @Test func `what had just started is canceled, and says so`() {
    var tracker = tracker()
    #expect(tracker.withdraw { _ in false } == [first])
    _ = tracker.hear("AGENT_EXECUTING")
    #expect(!tracker.isWithdrawing)
    let end = told(tracker.hear("CANCELED"))
    #expect(end?.state == .canceled && end?.result?.reason == "it had just started when it was taken back")
  }

  @Test func `what was to be taken back and ended first has its own end`() {
    var tracker = tracker()
    #expect(tracker.withdraw { _ in false } == [first])
    #expect(told(tracker.hear("FAILED", TaskRecord(exitCode: 3)))?.result?.exitCode == 3)
    #expect(!tracker.isWithdrawing)
  }

  @Test func `what runs, or is to be canceled, is not taken back`() {
    var running = tracker()
    _ = running.hear("AGENT_EXECUTING")
    #expect(running.withdraw { _ in false } == [])
    var canceled = tracker()
    canceled.noteCancel([first])
    #expect(canceled.withdraw { _ in false } == [])
    // Of a call, RP tells the start when it ends.
    var call = self.call()
    #expect(call.withdraw { $0 == uid } == [])
    #expect(call.withdraw { _ in false } == [first])
  }

  @Test func `a raptor that stops takes back what is its own`() {
    var tracker = tracker(isInRaptor: true)
    tracker.add(TaskID(43), attempt: 1, timeout: nil)
    #expect(tracker.inRaptor == [first] && tracker.all == [first, TaskID(43)])
    #expect(tracker.withdraw(onlyRaptor: true, cause: "the raptor is stopping") { _ in false } == [first])
    #expect(tracker.hear("CANCELED") == .withdrawn(first, attempt: 1, cause: "the raptor is stopping"))
  }

  // MARK: Another submission

  @Test(arguments: ["FAILED", "CANCELED"])
  func `a task that is run again has another id in RP`(_ end: String) {
    var tracker = tracker()
    #expect(tracker.uids(of: [first, TaskID(7)]) == [uid])
    _ = tracker.hear(end)
    #expect(tracker.add(first, attempt: 2, timeout: nil) == 2)
    #expect(tracker.uids(of: [first]) == ["task.000042.2"])
    // RP's late words on the first one.
    #expect(tracker.hear("FAILED") == nil && tracker.hear("AGENT_EXECUTING") == nil)
    let state = told(tracker.hear("AGENT_EXECUTING", of: "task.000042.2"))
    #expect(state?.state == .agentExecuting && state?.result == TaskResult(attempt: 2))
    let done = told(tracker.hear("DONE", TaskRecord(exitCode: 0), of: "task.000042.2"))
    #expect(done?.state == .done && done?.result == TaskResult(exitCode: 0, attempt: 2))
  }

  @Test func `a task that was taken back has another id in RP`() {
    var tracker = tracker()
    _ = tracker.withdraw { _ in false }
    _ = tracker.hear("CANCELED")
    #expect(tracker.add(first, attempt: 1, timeout: nil) == 2)
  }

  @Test func `a task that was given up has another id in RP`() {
    var tracker = tracker(isInRaptor: true)
    #expect(tracker.fail([first], "the raptor has ended").count == 1)
    #expect(tracker.add(first, attempt: 2, timeout: nil, isInRaptor: true) == 2)
    #expect(tracker.hear("CANCELED") == nil)
    #expect(tracker.all == [first])
  }

  // MARK: Calls

  @Test func `a call's answer is its end`() {
    var good = call()
    let value = told(
      good.hear("DONE", TaskRecord(exitCode: 0, returnValue: answered(#""exit_code":0,"value":[1, 2.0]"#))))
    #expect(value?.state == .done && value?.result == TaskResult(exitCode: 0, value: functionValue("[1, 2.0]")))
    var unwanted = call()
    unwanted.noteCancel([first])
    let canceled = told(unwanted.hear("DONE", TaskRecord(returnValue: #"{"signal": 15, "ended": "canceled"}"#)))
    #expect(canceled?.state == .canceled)
    var lost = call()
    let end = told(lost.hear("DONE", TaskRecord(exitCode: 0)))
    #expect(end?.state == .failed && end?.result?.reason == "RADICAL-Pilot's worker gave no answer to its call")
  }

  @Test func `a call that was canceled before it began`() {
    let never = TaskRecord(returnValue: #"{"ended": "canceled", "started": false}"#)
    var unwanted = call()
    unwanted.noteCancel([first])
    #expect(told(unwanted.hear("DONE", never))?.state == .canceled)
    // Nobody canceled it: it was taken back.
    var back = call()
    _ = back.withdraw { _ in false }
    #expect(back.hear("DONE", never) == .withdrawn(first, attempt: 1, cause: nil))
    #expect(back.add(first, attempt: 1, timeout: nil, isCall: true) == 2)
  }

  @Test(arguments: ["", "no json", "[]", "1", "{\"exit_code\": []}", "null"])
  func `an answer that is none leaves RP's word`(_ answer: String) {
    var tracker = call()
    let end = told(
      tracker.hear("FAILED", TaskRecord(exitCode: 1, stderr: "Traceback\nKeyError: 1", returnValue: answer)))
    #expect(end?.state == .failed && end?.result == TaskResult(exitCode: 1, reason: "exit 1: KeyError: 1"))
  }

  // MARK: Failures

  @Test func `tasks are failed with what they were in`() {
    var tracker = tracker(attempt: 2)
    tracker.add(TaskID(43), attempt: 1, timeout: nil)
    tracker.noteCancel([TaskID(43)])
    let events = tracker.fail([first, TaskID(43), TaskID(44)], "the pilot ended")
    #expect(
      events.map(\.kind) == [
        .task(first, .failed, TaskResult(attempt: 2, reason: "the pilot ended")),
        .task(TaskID(43), .canceled, TaskResult(reason: "canceled on request")),
      ])
    #expect(tracker.all == [] && tracker.hear("DONE") == nil)
  }

  @Test(arguments: [
    ("this is why\n", "exit 3: this is why"), ("first\n  last  \n\n \t\r\n", "exit 3: last"),
    ("windows\r\n", "exit 3: windows"),
  ])
  func `the reason of a failure is the last line of its standard error`(_ stderr: String, _ reason: String) {
    var tracker = tracker()
    let record = TaskRecord(exitCode: 3, stderr: stderr, exception: "RuntimeError(\"task failed\")")
    #expect(told(tracker.hear("FAILED", record))?.result == TaskResult(exitCode: 3, reason: reason))
  }

  @Test func `without standard error the reason is RP's exception, unless that says nothing`() {
    func reason(_ record: TaskRecord?) -> String? {
      var tracker = tracker()
      return told(tracker.hear("FAILED", record))?.result?.reason
    }
    #expect(reason(TaskRecord(stderr: " \n", exception: "AssertionError: too large")) == "AssertionError: too large")
    let none = "RADICAL-Pilot gives no reason"
    #expect(reason(TaskRecord(exception: "RuntimeError(\"task failed\")")) == none)
    #expect(reason(TaskRecord()) == none && reason(nil) == none)
    #expect(reason(TaskRecord(exitCode: 3, exception: "RuntimeError(\"task failed\")")) == "exit 3")
  }

  @Test func `how a program ended is known better than RP says it`() {
    func end(_ end: TaskRecord.RankEnd, usesLauncher: Bool = false, problem: String? = nil) -> TaskResult? {
      var tracker = TaskTracker()
      tracker.add(first, attempt: 1, timeout: nil, usesLauncher: usesLauncher)
      let record = TaskRecord(exitCode: 137, stderr: "last words", end: end, problem: problem)
      return told(tracker.hear("FAILED", record))?.result
    }
    #expect(end(.init(signal: 9)) == TaskResult(signal: 9, reason: "ended by SIGKILL: last words"))
    #expect(end(.init(exitCode: 137)) == TaskResult(exitCode: 137, reason: "exit 137: last words"))
    let missing = "the program 'x' was not found in PATH"
    #expect(end(.init(exitCode: 127, reason: missing)) == TaskResult(exitCode: 127, reason: missing))
    #expect(
      end(.init(exitCode: 3, entry: "false"))
        == TaskResult(exitCode: 3, reason: "exit 3: pre_exec failed (exit 3): false"))
    #expect(end(.init(exitCode: 0, entry: "exec true"))?.reason == PreExec.notReached(in: "exec true"))
    // What a launcher says of its ranks is its own.
    #expect(end(.init(signal: 9), usesLauncher: true) == TaskResult(exitCode: 137, reason: "exit 137: last words"))
    // The files of a program that ended well.
    #expect(end(.init(exitCode: 0), problem: "no such file") == TaskResult(exitCode: 0, reason: "no such file"))
  }

  @Test func `long reasons are cut to a readable length`() throws {
    var tracker = tracker()
    let long = "head" + String(repeating: "x", count: 100_000) + "tail"
    let reason = try #require(told(tracker.hear("FAILED", TaskRecord(exception: long)))?.result?.reason)
    #expect(reason.count <= 310 && reason.hasPrefix("headxx") && reason.hasSuffix("xxtail") && reason.contains(" … "))
  }
}
