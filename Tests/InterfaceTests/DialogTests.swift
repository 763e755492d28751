import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct DialogTests {
  @Test(arguments: ["D", "S", "X", "R", "c"] as [Character])
  func theDefaultIsNo(_ key: Character) {
    var fixture = Fixture.busy()
    fixture.press(.character(key))
    #expect(fixture.state.dialog != nil)
    #expect(fixture.press(.enter) == [])
    #expect(key == "X" || fixture.state.dialog == nil)
    fixture.press(.escape)
    for no: InputEvent in [.escape, .character("n"), .character("N")] where key != "X" || no == .escape {
      #expect(fixture.press(.character(key), no) == [])
      #expect(fixture.state.dialog == nil)
    }
  }

  @Test func `a session with running tasks is closed by a word, not by a key`() {
    var fixture = Fixture.busy()
    fixture.press(.character("X"))
    #expect(fixture.screen().text.contains("Type close and Enter"))
    #expect(fixture.press(.character("y"), .enter, .right, .enter, .paste("close"), .enter) == [])
    #expect(fixture.state.dialog != nil)
    #expect(fixture.state.dialog?.typed.text == "y")
    fixture.press(.backspace)
    #expect(fixture.type("clos") == [])
    fixture.press(.tab)
    fixture.type("enough")
    fixture.press(.enter)
    #expect(fixture.press(.character("e"), .enter) == [.send(.close(), reason: "enough")])
    // Nothing runs: nothing is lost by it.
    var idle = Fixture()
    idle.open()
    #expect(idle.press(.character("X"), .character("y")) == [.send(.close(), reason: nil)])
  }

  @Test func `a question that has come to be another is asked anew`() {
    var fixture = Fixture()
    fixture.open()
    fixture.add("late")
    fixture.press(.character("X"))
    #expect(fixture.screen().text.contains("[ Yes ]"))
    fixture.move([0], .agentExecuting)
    // What was pressed at the other question is no answer to this one.
    #expect(fixture.press(.character("y")) == [.send(.close(), reason: nil)], "it was shown still")
    fixture.press(.character("X"))
    #expect(fixture.screen().text.contains("Type close and Enter"))
    fixture.press(.escape)
    fixture.move([0], .done)
    fixture.add("later")
    fixture.press(.character("X"), .tab)
    fixture.type("why")
    fixture.press(.enter)
    fixture.move([1], .agentExecuting)
    #expect(fixture.screen().text.contains("Type close and Enter"))
    #expect(fixture.press(.character("y"), .enter) == [])
    fixture.events(.sessionPhase(.closing, reason: nil))
    #expect(fixture.screen().text.contains("Skip the grace periods?"))
    #expect(fixture.press(.character("y")) == [.send(.close(.none), reason: "why")])
  }

  @Test func yesIsYOrTheButton() {
    var fixture = Fixture.busy()
    #expect(fixture.press(.character("D"), .character("y")) == [.send(.drain, reason: nil)])
    #expect(fixture.press(.character("S"), .right, .enter) == [.send(.stop, reason: nil)])
    #expect(fixture.press(.character("R"), .right, .left, .enter) == [])
    #expect(fixture.press(.character("R"), .character("y")) == [.send(.cancelRaptor, reason: nil)])
  }

  @Test func otherKeysDoNotAnswer() {
    var fixture = Fixture.busy()
    fixture.press(.character("X"))
    #expect(fixture.press(.character("D"), .control("y"), .alt("y"), .paste("y"), .tab, .character("y")) == [])
    #expect(fixture.state.dialog?.verb == .close)
    #expect(fixture.state.dialog?.reason.text == "y")
  }

  @Test func aReasonGoesWithTheCommand() {
    var fixture = Fixture.busy()
    fixture.press(.character("D"), .tab)
    fixture.type("yes, no more")
    fixture.press(.backspace, .backspace, .backspace, .backspace, .paste("\u{1B}[31mtime\n"))
    #expect(fixture.press(.enter) == [])
    #expect(fixture.press(.character("y")) == [.send(.drain, reason: "yes, no [31mtime ")])
  }

  @Test func theTargetsAreFrozen() {
    var fixture = Fixture.busy()
    fixture.press(.character(" "), .character(" "), .character(" "), .character("c"))
    #expect(fixture.state.dialog?.targets == [TaskID(5), TaskID(6), TaskID(7)])
    fixture.move([5], .done, TaskResult(exitCode: 0))
    #expect(fixture.state.dialog?.targets == [TaskID(5), TaskID(6), TaskID(7)])
    #expect(fixture.screen().text.contains("1 of these ended meanwhile and will be left alone."))
    #expect(fixture.press(.character("y")) == [.send(.cancel([TaskID(6), TaskID(7)]), reason: nil)])
    #expect(fixture.state.notice?.text == "cancel of 2 tasks sent; 1 ended meanwhile")
    #expect(fixture.state.marks.isEmpty)
  }

  @Test func nothingIsSentWhenAllTargetsEnded() {
    var fixture = Fixture.busy()
    fixture.press(.character("c"))
    fixture.move([5], .failed, TaskResult(exitCode: 1))
    #expect(fixture.press(.character("y")) == [])
    #expect(fixture.state.notice?.text == "the task ended meanwhile")
  }

  @Test func aTaskThatEndedCannotBeCanceled() {
    var fixture = Fixture.busy()
    fixture.press(.character("G"), .character("c"))
    #expect(fixture.state.dialog == nil)
    #expect(fixture.state.notice?.text == "cancel: it has ended already")
  }

  @Test func markedTasksThatHadEndedAreNamed() {
    var fixture = Fixture.busy()
    fixture.press(.character(" "), .character(" "))
    fixture.move([5], .done, TaskResult(exitCode: 0))
    fixture.press(.character("c"))
    #expect(fixture.state.dialog?.targets == [TaskID(6)])
    #expect(fixture.screen().text.contains("1 of the marked tasks ended before"))
  }

  @Test func onATasksPageOnlyThatTaskIsCanceled() {
    var fixture = Fixture.busy()
    fixture.press(.character(" "), .character(" "), .enter, .character("c"))
    #expect(fixture.state.dialog?.targets == [TaskID(7)])
  }

  @Test func aCommandThatIsNotPossibleAnyMoreIsNotSent() {
    var fixture = Fixture.busy()
    fixture.press(.character("D"))
    fixture.events(.sessionPhase(.closing, reason: nil))
    #expect(fixture.press(.character("y")) == [])
    #expect(fixture.state.notice?.text == "drain: the session is closing")
  }

  @Test func theEndOfTheSessionTakesTheDialogAway() {
    var fixture = Fixture.busy()
    fixture.press(.character("X"))
    fixture.events(.sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, exitCode: 0)))
    fixture.settle()
    #expect(fixture.state.dialog == nil)
    #expect(fixture.press(.character("y")) == [])
  }

  @Test func cancelRequestedIsNotCanceled() {
    var fixture = Fixture.busy()
    let row = fixture.screen().text.split(separator: "\n").first { $0.contains("simulate.5 ") }
    #expect(row?.contains("R cancel req") == true)
    #expect(fixture.state.snapshot.tasks.state(of: TaskID(6)) == .agentExecuting)
  }
}

@Suite struct MistakenWordTests {
  @Test(arguments: ["c", "D", "S", "R", "x"])
  func `the word that the close of a session asks for answers no other question`(_ key: Character) {
    var fixture = Fixture.busy()
    fixture.press(.character(key))
    #expect(fixture.state.dialog != nil)
    #expect(fixture.type("close") == [] && fixture.press(.enter) == [])
    #expect(fixture.state.dialog == nil)
  }
}
