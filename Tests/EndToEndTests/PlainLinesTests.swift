import SessionModel
import TestSupport
import Testing
import Work

@testable import scalems_top

/// What `--plain` says of a session, and that it says nothing twice and never more than can be read.
@Suite struct PlainLinesTests {
  private func lines(_ plain: inout PlainLines, at seconds: Double) -> [String] {
    plain.news(at: Timestamp(seconds: seconds)).lines.map(\.text)
  }

  @Test func `only what is new is said, and numbers every few seconds`() {
    var plain = PlainLines()
    let start = Timestamp(seconds: 1000)
    plain.snapshot.apply(SessionEvent(time: start, source: .executor, .sessionPhase(.running, reason: nil)))
    let batch = TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "a", argv: ["x"]), members: .ensemble(first: 0, count: 9))
    plain.snapshot.apply(SessionEvent(time: start, source: .executor, .tasksAdded(batch)))
    #expect(lines(&plain, at: 1000).suffix(2) == ["session: running", "tasks: 9 waiting"])
    #expect(lines(&plain, at: 1001) == [])
    plain.snapshot.apply(SessionEvent(time: start, source: .agent, .task(TaskID(0), .agentExecuting, nil)))
    // It is due later, though nothing more happens.
    let news = plain.news(at: Timestamp(seconds: 1002))
    #expect(news.lines.isEmpty && news.isMoreDue)
    #expect(lines(&plain, at: 1006) == ["tasks: 1 running, 8 waiting"])
    plain.snapshot.apply(SessionEvent(time: start, source: .executor, .sessionPhase(.closed, reason: nil)))
    #expect(lines(&plain, at: 1006.5).suffix(2) == ["session: closed", "tasks: 9 not run"])
  }

  @Test func `a thousand failures are no thousand lines`() {
    var plain = PlainLines()
    _ = plain.news(at: Timestamp(seconds: 1))
    for number in 0..<1000 {
      plain.snapshot.apply(SessionEvent(source: .executor, .log(.error, "sim.\(number) FAILED\u{1b}[2J")))
    }
    let lines = lines(&plain, at: 2)
    #expect(lines.count <= 22 && lines.contains { $0.contains("980 lines left out here") }, "\(lines)")
    #expect(lines.contains { $0.contains("sim.999 FAILED\\x1b[2J") }, "\(lines)")
  }
}
