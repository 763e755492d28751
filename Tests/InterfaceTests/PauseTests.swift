import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct PauseTests {
  private static func paused(isOwned: Bool = true, exitWhenDone: Bool = false) -> Fixture {
    var fixture = Fixture.busy(isOwned: isOwned)
    fixture.press(.character("Z"))
    return fixture
  }

  @Test func `the screen stands still while news goes on, says so, and catches up`() {
    var fixture = Self.paused()
    let before = fixture.screen().text
    #expect(before.contains("PAUSED") && !before.contains("live"))
    fixture.move([5, 6], .done, TaskResult(exitCode: 0))
    fixture.events(.log(.warning, "the newest line"))
    fixture.wait(60)
    #expect(fixture.screen().text == before)
    #expect(!fixture.state.showsTime)
    fixture.press(.character("Z"))
    let after = fixture.screen().text
    #expect(!after.contains("PAUSED") && after.contains("the newest line") && after.contains("2:07"))
    #expect(fixture.state.snapshot.tasks.count(in: .done) == 5)
  }

  @Test func `a person moves in what is shown`() {
    var fixture = Self.paused()
    fixture.move([5], .done, TaskResult(exitCode: 0))
    fixture.press(.character("j"), .character("j"), .enter)
    #expect(fixture.state.detail?.task == TaskID(7) && fixture.state.pause != nil)
    fixture.press(.escape, .character("/"))
    fixture.type("state:running")
    fixture.press(.enter)
    #expect(fixture.state.order.count(fixture.state.snapshot.tasks) == 6, "as when it was paused")
  }

  @Test func `a cancel is of what was shown, and ends the pause`() {
    var fixture = Self.paused()
    fixture.press(.character("/"))
    fixture.type("state:running")
    fixture.press(.enter, .character("j"))
    let shown = fixture.state.currentTask
    // Those above it end.
    fixture.move([5, 6], .done, TaskResult(exitCode: 0))
    fixture.press(.character("c"))
    #expect(fixture.state.pause == nil && fixture.state.dialog?.targets.ids == shown.map { [$0] })
    #expect(fixture.screen().text.contains("ended meanwhile"))
    #expect(fixture.press(.character("y")) == [])
  }

  @Test func `what is about the session is asked of the session as it is`() {
    var fixture = Fixture()
    fixture.open()
    fixture.add("sim", count: 3)
    fixture.settle()
    fixture.press(.character("Z"))
    fixture.move([0], .agentExecuting)
    fixture.press(.character("X"))
    #expect(fixture.state.dialog?.word == "close", "tasks run by now, so that a key is too little")
    #expect(fixture.state.pause == nil)
  }

  @Test func `the end is told, and leaving shows it`() {
    var fixture = Self.paused()
    fixture.events(
      .sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, leftovers: [], exitCode: 0)))
    #expect(fixture.screen().text(ofRow: 0).contains("PAUSED, closed meanwhile"))
    #expect(fixture.state.summary == nil)
    #expect(fixture.press(.character("q")) == [.leave(.sessionClosed)])
  }

  @Test func `a screen that leaves at the end leaves`() {
    var fixture = Fixture(exitWhenDone: true)
    fixture.open()
    fixture.settle()
    fixture.press(.character("Z"))
    fixture.events(
      .sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, leftovers: [], exitCode: 0)))
    #expect(fixture.settle() == [.leave(.sessionClosed)])
  }

  @Test func `P keeps the screen as it is, under a name with its time`() {
    var fixture = Self.paused()
    let text = fixture.screen().text
    #expect(fixture.press(.character("P")) == [.keep(text, name: "scalems-top-20260801-080107")])
    _ = fixture.state.update(.said("the screen is in x.txt", isWarning: false), at: fixture.now)
    #expect(fixture.screen().text.contains("the screen is in x.txt"))
  }
}
