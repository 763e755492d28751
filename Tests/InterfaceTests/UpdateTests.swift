import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct UpdateTests {
  @Test func theCursorFollowsItsTaskAndNotItsRow() {
    var fixture = Fixture.busy()
    fixture.press(.character("j"), .down)
    let task = fixture.state.currentTask
    #expect(task == TaskID(7))
    fixture.move([5, 6, 7], .done, TaskResult(exitCode: 0))
    fixture.settle()
    #expect(fixture.state.currentTask == task)
    #expect(fixture.state.order.row(of: TaskID(7), fixture.state.snapshot.tasks) == fixture.state.cursorRow)
  }

  @Test func anUntouchedCursorStaysOnTheFirstRow() {
    var fixture = Fixture.busy()
    #expect(fixture.state.currentTask == TaskID(5))
    fixture.move([5], .done, TaskResult(exitCode: 0))
    fixture.settle()
    #expect(fixture.state.currentTask == TaskID(6))
    #expect(fixture.state.listTop == 0)
  }

  @Test func movingStaysInTheList() {
    var fixture = Fixture.busy()
    fixture.press(.character("G"))
    #expect(fixture.state.cursorRow == 39)
    fixture.press(.pageDown, .down)
    #expect(fixture.state.cursorRow == 39)
    fixture.press(.pageUp, .control("u"), .control("d"), .home, .up)
    #expect(fixture.state.cursorRow == 0)
    #expect(fixture.state.listTop == 0)
  }

  @Test func modifiedKeysAndPastesDoNothing() {
    var fixture = Fixture.busy()
    for key: InputEvent in [
      .alt("D"), .control("x"), .alt("q"), .control("k"), .unknown, .paste("Dy"), .function(9), .insert,
    ] {
      #expect(fixture.press(key) == [])
      #expect(fixture.state.dialog == nil)
    }
  }

  @Test func noActionThatChangesTheSessionSitsOnAControlKey() {
    for action in Action.all where action.needsControl {
      for key in action.keys {
        guard case .character = key else {
          Issue.record("\(action.title) is on \(key)")
          continue
        }
      }
    }
  }

  @Test func everyKeyMeansOneThing() {
    for (table, page) in [ActionTable.standard.all, ActionTable.standard.readOnly, ActionTable.standard.replay].flatMap(
      {
        [($0, Action.Page.main), ($0, .detail)]
      })
    {
      var seen: Set<InputEvent> = []
      for action in table where action.page == page || action.page == .both {
        for key in action.keys { #expect(seen.insert(key).inserted, "\(key) on \(page)") }
      }
    }
  }

  @Test func readOnlyHasNoKeyThatChangesTheSession() {
    var fixture = Fixture.busy(isReadOnly: true, isOwned: false)
    for key in "cDSrRX U" {
      #expect(fixture.press(.character(key)) == [])
      #expect(fixture.state.dialog == nil)
      #expect(fixture.state.marks.isEmpty)
    }
    let text = fixture.screen().text
    #expect(text.contains("READ-ONLY"))
    #expect(!text.contains("drain"))
    #expect(fixture.press(.character("q")) == [.leave(.left)])
  }

  @Test func aSessionElsewhereIsLeftAtOnce() {
    var fixture = Fixture.busy(isOwned: false)
    #expect(fixture.press(.character("q")) == [.leave(.left)])
  }

  @Test func `only q and Esc leave the summary, Esc when it could be read`() {
    var fixture = Fixture.closed()
    #expect(fixture.state.summary != nil)
    #expect(fixture.press(.escape) == [])
    fixture.wait(1)
    for key: InputEvent in [.unknown, .character("j"), .character(" "), .character("y"), .control("d")] {
      #expect(fixture.press(key) == [])
      #expect(fixture.state.summary != nil)
    }
    #expect(fixture.press(.escape) == [.leave(.sessionClosed)])
    #expect(fixture.press(.character("q")) == [.leave(.sessionClosed)])
  }

  @Test func `the causes in the summary open, and what was not run is said with how to run it`() {
    var fixture = Fixture.closed()
    let text = fixture.screen().text
    #expect(text.contains("not run 29") && text.contains("scalems-top run --resume session.0042"))
    #expect(text.contains("1 × Fatal error: the water molecule 7 cannot be settled"))
    #expect(!fixture.press(.enter).isEmpty)
    #expect(fixture.state.detail?.task == TaskID(2))
  }

  @Test func afterTheSummaryTheTasksCanBeLookedAt() {
    var fixture = Fixture.closed()
    fixture.wait(1)
    #expect(fixture.press(.tab) == [])
    #expect(fixture.press(.character("c"), .character("D"), .character("X")) == [])
    #expect(fixture.state.dialog == nil)
    #expect(fixture.press(.enter).count == 1)
    #expect(fixture.press(.character("q")) == [.leave(.sessionClosed)])
  }

  @Test func exitWhenDoneLeavesAtOnce() {
    var fixture = Fixture(exitWhenDone: true)
    fixture.open()
    fixture.events(.sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, exitCode: 0)))
    #expect(fixture.settle() == [.leave(.sessionClosed)])
  }

  @Test func theDetailPageReadsTheOutputWhileTheTaskRunsAndOnceAfter() {
    var fixture = Fixture.busy()
    var output = FakeOutput(lines: ["one", "two"])
    let first = fixture.press(.enter)
    #expect(first.reads == [OutputID(TaskID(5), .stdout)])
    // One at a time.
    #expect(fixture.state.update(.tick, at: fixture.now) == [])
    #expect(fixture.answer(first, output) == [])
    #expect(fixture.screen().text.contains("two"))
    output.lines.append("three")
    let second = fixture.state.update(.tick, at: fixture.now)
    #expect(second.reads == [OutputID(TaskID(5), .stdout)])
    // An answer for the other stream comes too late.
    let third = fixture.press(.character("o"))
    #expect(third.reads == [OutputID(TaskID(5), .stderr)])
    #expect(fixture.answer(second, output) == [])
    #expect(fixture.state.detail?.output.page == nil)
    #expect(fixture.answer(third, FakeOutput(lines: ["wrong"])) == [])
    fixture.move([5], .done, TaskResult(exitCode: 0))
    let last = fixture.state.update(.tick, at: fixture.now)
    #expect(last.reads == [OutputID(TaskID(5), .stderr)])
    #expect(fixture.answer(last, FakeOutput(lines: ["wrong"])) == [])
    #expect(fixture.state.update(.tick, at: fixture.now) == [])
    #expect(fixture.press(.escape) == [])
    #expect(fixture.state.detail == nil)
  }

  @Test func aNoticeGoesAway() {
    var fixture = Fixture.busy()
    fixture.press(.character("r"))
    #expect(fixture.state.notice?.text == "resume: there is no drain or stop to undo")
    fixture.wait(10)
    #expect(fixture.state.notice == nil)
  }

  @Test func aCommandIsSaidOnce() {
    var fixture = Fixture.busy()
    fixture.press(.character("D"), .character("y"))
    #expect(fixture.screen().text.contains("cancel of 1 task requested"))
    #expect(fixture.state.notice?.text == "drain sent")
    var record = CommandRecord(id: 2, verb: .drain, sender: "ada", stage: .requested)
    fixture.events(.command(record))
    #expect(fixture.state.notice == nil)
    #expect(fixture.screen().text.contains("drain requested"))
    record.stage = .acknowledged
    fixture.events(.command(record))
    #expect(fixture.screen().text.contains("drain acknowledged"))
    record.stage = .finished(.done("drained"))
    fixture.events(.command(record))
    #expect(!fixture.screen().text.contains("drain acknowledged"))
  }

  @Test func theLogScrollsAndFollows() {
    var fixture = Fixture.busy(rows: 40)
    for number in 0..<100 { fixture.events(.log(.info, "line \(number)")) }
    fixture.press(.tab, .up, .up)
    #expect(fixture.screen().text.contains("line 97"))
    #expect(!fixture.screen().text.contains("line 98"))
    fixture.events(.log(.info, "line 100"))
    #expect(!fixture.screen().text.contains("line 98"))
    fixture.press(.character("F"))
    #expect(fixture.screen().text.contains("line 100"))
  }
}
