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

  @Test(arguments: [
    (ListColumn.started, ["late", "one", "early"]), (.cpu, ["early", "one", "late"]),
    (.memory, ["one", "late", "early"]),
  ]) func `ensembles are sorted by what their rows say`(_ column: ListColumn, _ names: [String]) {
    var fixture = Fixture(isFlat: false, rows: 24, columns: 160)
    fixture.open()
    fixture.add("never", count: 2)
    fixture.add("early", count: 2)
    fixture.add("one")
    fixture.add("late", count: 2)
    for (first, user, memory) in [(2, 9.0, 1024), (4, 5.0, 4096), (5, 1.0, 2048)] {
      fixture.move([first], .agentExecuting)
      fixture.wait(3)
      fixture.move([first], .done, TaskResult(exitCode: 0, user: user, system: 0, peakMemory: memory))
    }
    // Of the ensemble that ran last another member began later still, and it does not matter.
    fixture.move([6], .agentExecuting)
    fixture.state.columns = [.name, column]
    fixture.state.sort = TaskSort(column: column, isDescending: true)
    func shown() -> [String] {
      fixture.settle()
      return fixture.state.visible.compactMap { row in
        switch row {
        case .ensemble(let first), .task(let first): fixture.state.tasks.batch(of: first)?.description.name
        case .more: nil
        }
      }
    }
    // What has no such thing comes last, whichever way round.
    #expect(shown() == names + ["never"])
    fixture.press(.character("I"))
    #expect(shown() == names.reversed() + ["never"])
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
