import SessionModel
import Terminal
import Testing

@testable import Interface

@Suite struct LeaveTests {
  @Test func theDefaultStays() {
    var fixture = Fixture.busy()
    for no: InputEvent in [.enter, .escape, .character("n")] {
      #expect(fixture.press(.character("q")) == [])
      #expect(fixture.state.leaving != nil)
      #expect(fixture.press(no) == [])
      #expect(fixture.state.leaving == nil)
    }
  }

  @Test func otherKeysDoNotAnswer() {
    var fixture = Fixture.busy()
    #expect(
      fixture.press(.character("q"), .character("q"), .character("y"), .character("X"), .paste("l"), .alt("l")) == [])
    #expect(fixture.state.leaving?.chosen == .stay)
    #expect(fixture.state.dialog == nil)
  }

  @Test func theSessionIsLeftRunning() {
    var fixture = Fixture.busy()
    fixture.press(.character("q"))
    #expect(fixture.screen().text.contains("'scalems-top attach session.0042'"))
    #expect(fixture.press(.character("l")) == [.leave(.left)])
    #expect(fixture.press(.character("q"), .tab, .enter) == [.leave(.left)])
    #expect(fixture.press(.character("q"), .down, .up, .enter) == [])
  }

  @Test func closingGoesOnToTheUsualQuestion() {
    var fixture = Fixture.busy()
    #expect(fixture.press(.character("q"), .character("c")) == [])
    #expect(fixture.state.dialog?.verb == .close)
    fixture.press(.tab)
    fixture.type("enough")
    fixture.press(.enter)
    fixture.type("close")
    #expect(fixture.press(.enter) == [.send(.close(), reason: "enough")])
    // The arrows go round.
    fixture.press(.character("q"), .backTab, .enter)
    #expect(fixture.state.dialog?.verb == .close)
  }

  @Test func aClosingSessionCanBeLeft() {
    var fixture = Fixture.closing()
    fixture.press(.character("q"))
    #expect(fixture.state.leaving?.choices == [.stay, .leave])
    #expect(fixture.press(.character("c")) == [])
    #expect(fixture.press(.character("l")) == [.leave(.left)])
  }

  @Test func whatIsNotPossibleAnyMoreIsNotOffered() {
    var fixture = Fixture.busy()
    fixture.press(.character("q"), .up)
    #expect(fixture.state.leaving?.chosen == .close)
    fixture.events(.sessionPhase(.closing, reason: nil))
    fixture.settle()
    #expect(fixture.press(.enter) == [])
    #expect(fixture.state.dialog == nil)
  }

  @Test func aReadOnlyScreenDoesNotCloseTheSession() {
    var fixture = Fixture.busy(isReadOnly: true)
    fixture.press(.character("q"))
    #expect(fixture.state.leaving?.choices == [.stay, .leave])
    #expect(!fixture.screen().text.contains("Close the session"))
    #expect(fixture.press(.character("c")) == [])
    #expect(fixture.press(.character("l")) == [.leave(.left)])
  }

  @Test func theEndOfTheSessionTakesTheQuestionAway() {
    var fixture = Fixture.busy()
    fixture.press(.character("q"))
    fixture.events(.sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, exitCode: 0)))
    fixture.settle()
    #expect(fixture.state.leaving == nil)
    #expect(fixture.state.summary != nil)
  }
}
