import Testing
import Work

@testable import SessionModel

@Suite struct HistoryTests {
  private func event(_ seconds: Double, _ kind: SessionEvent.Kind) -> SessionEvent {
    SessionEvent(time: Timestamp(seconds: seconds), source: .agent, kind)
  }

  private func batch(_ count: Int, cores: Int = 1) -> TaskBatch {
    var task = TaskDescription(name: "m", argv: ["true"])
    task.resources.ranks = cores
    return TaskBatch(first: TaskID(0), description: task, members: .ensemble(first: 0, count: count))
  }

  /// Two tasks of three cores, from 1 to 5 s and from 2 to 9 s.
  private var two: SessionSnapshot {
    var snapshot = SessionSnapshot()
    snapshot.apply([
      event(0, .tasksAdded(batch(2, cores: 3))), event(1, .task(TaskID(0), .agentExecuting, nil)),
      event(2, .task(TaskID(1), .agentScheduling, nil)), event(2, .task(TaskID(1), .agentExecuting, nil)),
      event(5, .task(TaskID(0), .done, nil)), event(9, .task(TaskID(1), .failed, nil)),
    ])
    return snapshot
  }

  @Test func `what was busy, started and ended is all there, each in its span`() {
    let history = two.history
    #expect(history.spanSeconds == 0.25)
    #expect(abs(history.spans.reduce(0) { $0 + $1.busy } - 33) < 1e-6)
    #expect(history.spans.reduce(0) { $0 + $1.started } == 2)
    #expect(history.spans[20].finished == 1)
    #expect(history.spans[36].finished == 1)
    #expect(abs(history.spans[4].busy - 0.75) < 1e-6)
    #expect(abs(history.spans[8].busy - 1.5) < 1e-6)
    #expect(abs(history.spans.reduce(0) { $0 + $1.waiting } - 3) < 1e-6)
  }

  @Test func `however long it takes there are so many spans, and nothing is lost`() {
    var snapshot = two
    for days in 1...400 { snapshot.apply(event(Double(days) * 86_400, .log(.info, "x"))) }
    let history = snapshot.history
    #expect(history.spans.count <= SessionHistory.limit)
    #expect(abs(history.spans.reduce(0) { $0 + $1.busy } - 33) < 1e-3)
    #expect(history.spans.reduce(0) { $0 + $1.finished } == 2)
  }

  @Test func `of the time between a host's death and the next start nothing is known`() {
    var snapshot = SessionSnapshot()
    let info = SessionInfo(
      id: "s", name: "", engine: "local", resource: "", user: "u", host: "h", pid: 1, directory: "/")
    snapshot.apply([
      event(0, .sessionOpened(info)), event(0, .tasksAdded(batch(1))), event(1, .task(TaskID(0), .agentExecuting, nil)),
      event(2, .log(.info, "the last word")), event(1000, .sessionOpened(info)),
      event(1000, .task(TaskID(0), .new, nil)), event(1001, .log(.info, "x")),
    ])
    #expect(abs(snapshot.history.spans.reduce(0) { $0 + $1.busy } - 1) < 1)
  }

  @Test func `no time is too far, and none too early`() {
    for times in [[Int64.min, .max], [.max, .min], [0, .max, 0, .min], [.min, 0, 1], [-5, .max - 1, .max]] {
      var snapshot = SessionSnapshot()
      snapshot.apply(event(0, .tasksAdded(batch(3))))
      for time in times {
        snapshot.apply(
          SessionEvent(time: Timestamp(microseconds: time), source: .agent, .task(TaskID(0), .agentExecuting, nil)))
      }
      #expect(snapshot.history.spans.count <= SessionHistory.limit)
      _ = snapshot.history.until(Timestamp(microseconds: .max))
    }
  }

  @Test func `counts and times of a batch follow its tasks, also those that are taken up again`() {
    var table = TaskTable()
    table.add(batch(4), at: Timestamp(seconds: 0))
    func move(_ id: Int, _ state: TaskState, _ seconds: Double) {
      table.move(TaskID(id), to: state, at: Timestamp(seconds: seconds), result: nil)
    }
    for id in 0..<3 { move(id, .agentExecuting, 1) }
    move(0, .done, 3)
    move(0, .failed, 4)
    move(1, .failed, 6)
    #expect(table.tallies[0].meanSeconds == 2)
    #expect(table.tallies[0].failedSeconds == 5)
    #expect(TaskPhase.allCases.map { table.tallies[0].count(in: $0) } == [1, 0, 1, 1, 0, 1])
    move(1, .new, 7)
    move(1, .agentExecuting, 8)
    move(1, .done, 12)
    #expect(table.tallies[0].failedSeconds == 0)
    #expect(table.tallies[0].meanSeconds == 3)
    let restored = TaskTable(batches: table.batches, columns: table.columns)
    #expect(restored?.tallies[0].meanSeconds == 3)
    #expect(restored?.tallies[0].count(in: .done) == 2)
  }
}
