import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

/// The output of the task under the cursor, beside the list.
@Suite struct PeekTests {
  private static let output = FakeOutput(lines: (1...200).map { "step \($0)" })

  private static func tick(_ fixture: inout Fixture, _ output: FakeOutput = output) -> [OutputID] {
    fixture.seconds += 1
    let effects = fixture.state.update(.tick, at: fixture.now)
    fixture.answer(effects, output)
    return effects.reads
  }

  @Test func `on a wide screen the last lines of what the task printed are beside the list`() throws {
    var fixture = Fixture.busy(rows: 60, columns: 200)
    // Asked while the fixture was made, and never answered.
    fixture.state.peek = nil
    #expect(Self.tick(&fixture) == [OutputID(TaskID(5), .stdout)])
    let text = fixture.screen().text
    #expect(text.contains(" stdout ") && text.contains("step 200") && !text.contains("step 100 "))
    // The next task's comes with the next second, and the old one's is gone at once.
    fixture.press(.down)
    #expect(!fixture.screen().text.contains("step 200"))
    #expect(Self.tick(&fixture) == [OutputID(TaskID(6), .stdout)])
    #expect(fixture.screen().text.contains("step 200"))
    // Who reads the page of a task asks for nothing else.
    let opened = fixture.press(.enter)
    #expect(opened.reads == [OutputID(TaskID(6), .stdout)])
    fixture.answer(opened, Self.output)
    #expect(Self.tick(&fixture) == [OutputID(TaskID(6), .stdout)])
    #expect(fixture.state.peek == nil)
  }

  @Test func `of one that failed it is what it said about that, and once`() {
    var fixture = Fixture.busy(rows: 60, columns: 200)
    fixture.press(.character("f"))
    #expect(Self.tick(&fixture, FakeOutput(lines: ["cannot open topol.tpr"])) == [OutputID(TaskID(2), .stderr)])
    let text = fixture.screen().text
    #expect(text.contains(" stderr ") && text.contains("cannot open topol.tpr"))
    #expect(Self.tick(&fixture) == [])
    // One that wrote nothing there shows the other stream.
    var other = Fixture.busy(rows: 60, columns: 200)
    other.press(.character("f"))
    other.seconds += 1
    let asked = other.state.update(.tick, at: other.now)
    let again = other.answer(asked, FakeOutput(lines: []))
    #expect(again.reads == [OutputID(TaskID(2), .stdout)])
    other.answer(again, Self.output)
    #expect(other.screen().text.contains("step 200"))
  }

  @Test(arguments: [(24, 80), (24, 200), (10, 40)])
  func `where there is no room, nothing is read`(_ size: (rows: Int, columns: Int)) {
    var fixture = Fixture.busy(rows: size.rows, columns: size.columns)
    #expect(Self.tick(&fixture) == [])
  }

  @Test func `what waits, an ensemble, and a screen that stands still read nothing`() {
    var fixture = Fixture.busy(isFlat: false, rows: 60, columns: 200)
    #expect(Self.tick(&fixture) == [])
    var waiting = Fixture.busy(rows: 60, columns: 200)
    waiting.press(.character("/"))
    waiting.type("state:waiting")
    waiting.press(.enter, .home)
    #expect(Self.tick(&waiting) == [])
    var paused = Fixture.busy(rows: 60, columns: 200)
    paused.press(.character("Z"))
    #expect(Self.tick(&paused) == [])
  }
}
