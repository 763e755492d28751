import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct ViewTests {
  private func failing() -> Fixture {
    var fixture = Fixture.busy(rows: 30)
    fixture.move([5, 6], .failed, TaskResult(signal: 11, reason: "SIGSEGV: Segmentation fault"))
    return fixture
  }

  @Test func `three keys lead to what a failed task wrote`() {
    var fixture = failing()
    fixture.type("3")
    #expect(fixture.screen().text.contains("2 causes of 3 failures"))
    // The cause with the most tasks is the first.
    fixture.press(.enter, .down)
    let effects = fixture.press(.enter)
    #expect(fixture.state.detail?.task == TaskID(5))
    #expect(!effects.isEmpty)
    fixture.press(.escape)
    #expect(fixture.state.detail == nil)
    #expect(fixture.state.mainView == .failures)
  }

  @Test func `the cursor stays on its cause and its task when others fail`() {
    var fixture = failing()
    fixture.type("3")
    fixture.press(.down)
    fixture.move([7, 8, 9], .failed, TaskResult(exitCode: 9, reason: "exit 9: no room"))
    let marked = fixture.screen().styledText(in: .mono).split(separator: "\n").filter { $0.contains("reverse") }
    #expect(marked.count == 1 && marked[0].contains("water molecule"), "\(marked)")
  }

  @Test func `where no list of tasks is shown no key acts on a task`() {
    for view in ["3", "4", "5"] {
      var fixture = failing()
      fixture.type(view)
      for key: Character in ["c", " ", "*", "t", "s"] {
        fixture.press(.character(key))
        #expect(fixture.state.dialog == nil && fixture.state.marks.isEmpty, "\(view) \(key)")
      }
    }
  }

  @Test func `a cause is run again as a whole, after a question that names its tasks`() {
    var fixture = failing()
    fixture.type("3x")
    let text = fixture.screen().text
    #expect(text.contains("Run these 2 tasks again?") && text.contains("simulate.4"))
    let effects = fixture.press(.character("y"))
    #expect(effects == [.send(.rerun(TaskIDs([TaskID(5), TaskID(6)])), reason: nil)])
  }

  @Test func `the log shows warnings alone, and is searched from its end`() {
    var fixture = Fixture.busy(rows: 30)
    for number in 0..<50 { fixture.events(.log(number == 7 ? .warning : .info, "line \(number)")) }
    fixture.type("5l")
    let text = fixture.screen().text
    #expect(text.contains("line 7") && !text.contains("line 8"))
    fixture.type("l/line 1")
    fixture.press(.enter)
    #expect(fixture.screen().text.contains("line 19"))
    #expect(!fixture.screen().text.contains("line 20"))
    fixture.type("N")
    #expect(!fixture.screen().text.contains("line 19"))
    fixture.type("n")
    #expect(fixture.screen().text.contains("line 19"))
    fixture.press(.character("F"))
    #expect(fixture.screen().text.contains("line 49"))
  }

  @Test func `the log scrolls by what it shows`() {
    var fixture = Fixture.busy(rows: 24)
    for number in 0..<200 { fixture.events(.log(number % 10 == 0 ? .error : .info, "line \(number)")) }
    fixture.type("5l")
    fixture.press(.up)
    #expect(!fixture.screen().text.contains("line 190"))
    #expect(fixture.screen().text.contains("line 180"))
    fixture.press(.down)
    #expect(fixture.screen().text.contains("line 190"))
    #expect(fixture.state.logEnd == nil)
  }

  @Test func `Esc leads back to the overview, and a number leaves a task's page`() {
    var fixture = failing()
    fixture.type("4")
    #expect(fixture.screen().text.contains("pilot.0000  active (PMGR_ACTIVE)"))
    fixture.press(.escape)
    #expect(fixture.state.mainView == .overview)
    fixture.press(.enter, .enter)
    fixture.type("2")
    #expect(fixture.state.detail == nil && fixture.state.mainView == .tasks)
    #expect(!fixture.screen().text.contains("─ log ─"))
  }
}
