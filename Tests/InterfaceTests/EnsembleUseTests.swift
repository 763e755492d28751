import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct EnsembleUseTests {
  @Test func `the row of an ensemble says when it began and what its members used`() {
    var fixture = Fixture(isFlat: false, rows: 24, columns: 160)
    fixture.open()
    fixture.add("one")
    fixture.add("sim", count: 3)
    fixture.state.columns = [.name, .started, .cpu, .memory, .node]
    fixture.wait(5)
    fixture.move([1, 2], .agentExecuting)
    fixture.wait(10)
    fixture.move([1], .done, TaskResult(exitCode: 0, user: 4, system: 0, peakMemory: 2048))
    fixture.move([2], .done, TaskResult(exitCode: 0, user: 8, system: 0, peakMemory: 1024))
    let row = fixture.screen().text.split(separator: "\n").first { $0.contains(" sim ") } ?? ""
    #expect(row.contains("08:00:05") && row.contains("~6.00s") && row.contains("2.0 MiB"), "\(row)")
    // One that has not begun has none of it.
    #expect(fixture.state.node(of: fixture.state.tasks.details(of: TaskID(0))!) == "-")
    #expect(fixture.state.node(of: fixture.state.tasks.details(of: TaskID(1))!) == "login1")
  }

  @Test func `x is of the marked tasks that failed, and a mark of what has failed is for that`() {
    var fixture = Fixture()
    fixture.open()
    fixture.add("sim", count: 4)
    fixture.move(0..<4, .agentExecuting)
    fixture.move([0, 1, 2], .failed, TaskResult(exitCode: 1))
    fixture.settle()
    fixture.press(.character("/"))
    fixture.type("failed")
    fixture.press(.enter, .home, .character(" "), .character(" "))
    #expect(fixture.state.marks.ids == [TaskID(0), TaskID(1)])
    fixture.press(.character("c"))
    #expect(fixture.state.dialog == nil, "there is nothing to cancel of them")
    fixture.press(.character("x"))
    #expect(fixture.state.dialog?.targets.ids == [TaskID(0), TaskID(1)])
    #expect(fixture.press(.character("y")) == [.send(.rerun(TaskIDs([TaskID(0), TaskID(1)])), reason: nil)])
    #expect(fixture.state.marks.isEmpty)
    fixture.press(.character("*"), .character("x"))
    #expect(fixture.state.dialog?.targets.count == 3)
  }
}
