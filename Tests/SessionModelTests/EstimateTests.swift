import Foundation
import Testing
import Work

@testable import SessionModel

/// What happened to the tasks of a real session, which the local engine ran with tasks that sleep.
private struct Recording {
  var events: [SessionEvent] = []
  var cores = 0
  /// When the last of its tasks ended, and the first started.
  var end = Timestamp(microseconds: 0)
  var start = Timestamp(microseconds: 0)

  static let names = [
    "chain", "commands", "failing", "fastslow", "phases", "singles", "tail", "tiny", "uniform", "wide",
  ]

  init(_ name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded")
    for line in try String(contentsOf: folder.appending(path: name + ".txt"), encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words[0] == "item" {
        add(words)
        continue
      }
      let time = Timestamp(microseconds: try #require(Int64(words[0])) * 1000)
      let number = try #require(Int(words[2]))
      if words[1] == "pilot" {
        let status = PilotStatus(uid: "pilot.0000", state: .active, cores: number)
        events.append(SessionEvent(time: time, source: .agent, .pilot(status)))
        events.append(SessionEvent(time: time, source: .executor, .workflowComplete))
        continue
      }
      let states: [String: TaskState] = [
        "Q": .agentScheduling, "R": .agentExecuting, "D": .done, "F": .failed, "C": .canceled,
      ]
      let state = try #require(states[words[1]])
      if state == .agentExecuting, start.microseconds == 0 { start = time }
      if state.isFinal { end = time }
      events.append(SessionEvent(time: time, source: .agent, .task(TaskID(number), state, nil)))
    }
  }

  private mutating func add(_ words: [String]) {
    var task = TaskDescription(name: words[4], argv: ["true"])
    task.resources.ranks = Int(words[3]) ?? 1
    task.after = Array(words.dropFirst(6))
    let members: TaskBatch.Members =
      Int(words[5]).map { .ensemble(first: $0, count: Int(words[2]) ?? 1) } ?? .single
    let batch = TaskBatch(first: TaskID(Int(words[1]) ?? 0), description: task, members: members)
    events.append(SessionEvent(time: Timestamp(microseconds: 0), source: .executor, .tasksAdded(batch)))
  }

  /// Shows the session at every so many seconds until its last task has ended.
  func play(every seconds: Double, _ body: (SessionSnapshot, Timestamp) -> Void) {
    var snapshot = SessionSnapshot()
    var next = 0
    var time = start
    while time < end {
      while next < events.count, events[next].time <= time {
        snapshot.apply(events[next])
        next += 1
      }
      body(snapshot, time)
      time.microseconds += Int64(seconds * 1e6)
    }
  }
}

@Suite struct EstimateTests {
  @Test(arguments: Recording.names)
  func `the true time left lies within the estimate in nine of ten moments`(_ name: String) throws {
    let recording = try Recording(name)
    var estimator = WorkEstimator()
    var (inside, said) = (0, 0)
    recording.play(every: 0.5) { snapshot, now in
      let left = recording.end.seconds(since: now)
      guard let estimate = estimator.estimate(snapshot, at: now) else { return }
      // What is a least time is never more than the true one by much.
      if estimate.isLeast {
        if estimate.low > left + 1 { Issue.record("at least \(estimate.low), and it was \(left)") }
        return
      }
      said += 1
      if estimate.low <= left, left <= estimate.high { inside += 1 }
    }
    #expect(inside * 10 >= said * 9)
  }

  @Test func `of what none is done it says nothing, or a least time`() throws {
    let recording = try Recording("fastslow")
    var estimator = WorkEstimator()
    // The fast ones are over at 0:04, and the first slow one ends at 0:24.
    var slowSeen = false
    recording.play(every: 2) { snapshot, now in
      let estimate = estimator.estimate(snapshot, at: now)
      slowSeen = slowSeen || (40..<48).contains { snapshot.tasks.state(of: TaskID($0)) == .done }
      if !slowSeen { #expect(estimate?.isLeast ?? true) } else { #expect(estimate?.isLeast == false) }
    }
    #expect(slowSeen)
  }

  @Test func `a hundred thousand tasks are estimated as a few are, and any time and number is taken`() {
    var snapshot = SessionSnapshot()
    let task = TaskDescription(name: "m", argv: ["true"])
    let batch = TaskBatch(first: TaskID(0), description: task, members: .ensemble(first: 0, count: 100_000))
    var status = PilotStatus(uid: "pilot.0000", state: .active, cores: 1000)
    func event(_ seconds: Double, _ kind: SessionEvent.Kind) -> SessionEvent {
      SessionEvent(time: Timestamp(seconds: seconds), source: .agent, kind)
    }
    snapshot.apply([event(0, .pilot(status)), event(0, .tasksAdded(batch)), event(0, .workflowComplete)])
    for number in 0..<1000 { snapshot.apply(event(0, .task(TaskID(number), .agentExecuting, nil))) }
    for number in 0..<1000 { snapshot.apply(event(10, .task(TaskID(number), .done, nil))) }
    for number in 1000..<2000 { snapshot.apply(event(10, .task(TaskID(number), .agentExecuting, nil))) }
    var estimator = WorkEstimator()
    let estimate = estimator.estimate(snapshot, at: Timestamp(seconds: 10))
    // 99,000 more of 10 s on 1000 cores.
    #expect(estimate.map { abs($0.likely - 990) < 100 } == true, "\(String(describing: estimate))")
    for time: Int64 in [.min, -1, 0, .max] {
      _ = estimator.estimate(snapshot, at: Timestamp(microseconds: time))
      _ = WorkEstimator().with { _ = $0.estimate(snapshot, at: Timestamp(microseconds: time)) }
    }
    for cores in [0, -5, Int.max] {
      status.cores = cores
      snapshot.apply(event(10, .pilot(status)))
      _ = WorkEstimator().with { _ = $0.estimate(snapshot, at: Timestamp(seconds: 20)) }
    }
  }
}

extension WorkEstimator {
  fileprivate func with(_ body: (inout WorkEstimator) -> Void) -> WorkEstimator {
    var copy = self
    body(&copy)
    return copy
  }
}
