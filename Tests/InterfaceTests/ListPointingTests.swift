import SessionModel
import Terminal
import TestSupport
import Testing
import Work

@testable import Interface

/// The mouse in the lists that lie over the panes, and on headings.
@Suite struct ListPointingTests {
  private typealias Pointing = PointingTests

  /// A session that has closed, with two causes of failures.
  private static func summary() -> Fixture {
    var fixture = PointingTests.fixture()
    fixture.move([10], .failed, TaskResult(exitCode: 7, reason: "another thing"))
    fixture.events(
      .sessionClosed(SessionSummary(session: "session.0042", tasks: [:], wall: 12, exitCode: 1)))
    fixture.settle()
    return fixture
  }

  @Test func `a click chooses in the menus, the second time`() throws {
    var fixture = Pointing.fixture()
    fixture.press(.character("s"))
    try Pointing.click("how long it ran", &fixture)
    #expect(fixture.state.menu != nil && fixture.state.sort.isUsual)
    try Pointing.click("how long it ran", &fixture)
    #expect(fixture.state.menu == nil && fixture.state.sort.column == .time)
    fixture.press(.character(","))
    try Pointing.click("which attempt it is", &fixture)
    #expect(fixture.state.columns == nil)
    try Pointing.click("which attempt it is", &fixture)
    #expect(fixture.state.menu == nil && fixture.state.columns?.contains(.attempt) == true)
    fixture.press(.character("y"))
    try Pointing.click("n  name", &fixture)
    #expect(fixture.state.copyMenu != nil)
    let effects = try Pointing.click("n  name", &fixture)
    #expect(effects == [.copy("simulate.4")] && fixture.state.copyMenu == nil)
  }

  @Test func `a click does what was found by words, the second time, and what asks asks`() throws {
    var fixture = Pointing.fixture()
    fixture.type(":new")
    let text = "refuse new work"
    #expect(try Pointing.click(text, &fixture) == [] && fixture.state.palette != nil)
    #expect(try Pointing.click(text, &fixture) == [])
    #expect(
      fixture.state.palette == nil && fixture.state.dialog?.verb == .drain && fixture.state.dialog?.isYes == false)
    fixture.press(.escape)
    fixture.type(":sort")
    try Pointing.click("Esc nothing", &fixture, isLowest: true)
    #expect(fixture.state.palette == nil)
  }

  @Test func `a cause in the summary is opened by a click, the second time`() throws {
    var fixture = Self.summary()
    #expect(fixture.state.summary != nil)
    try Pointing.click("1 × another thing", &fixture, isLowest: true)
    #expect(fixture.state.summary?.row == 1)
    try Pointing.click("1 × another thing", &fixture, isLowest: true)
    #expect(fixture.state.summary == nil && fixture.state.detail?.task == TaskID(10))
  }

  @Test func `the keys that a list over the panes names are pressed by a click`() throws {
    var fixture = Self.summary()
    #expect(try Pointing.click("Tab to the tasks", &fixture) == [])
    #expect(fixture.state.summary == nil)
  }

  @Test func `a click on another list than the one that was drawn does nothing`() throws {
    var fixture = Pointing.fixture()
    fixture.press(.character("s"))
    let place = try Pointing.place(of: "how long it ran", &fixture)
    let click = InputEvent.mouse(MouseEvent(.click, row: place.row, column: place.column))
    // No frame was drawn since the menu was closed and the commands were opened.
    _ = fixture.state.update(.burst([.escape, .character(":"), click, click], continues: false), at: fixture.now)
    #expect(fixture.state.palette != nil && fixture.state.sort.isUsual)
  }

  @Test func `what can be done stays under the cursor when something else comes before it`() {
    var fixture = Pointing.fixture()
    fixture.type(":the")
    fixture.settle()
    let first = fixture.state.found.map(\.name)
    fixture.press(.down, .down, .down)
    let chosen = fixture.state.palette?.chosen
    #expect(chosen == first[3])
    // While it drains, it can be resumed, and not drained.
    fixture.events(.sessionPhase(.draining, reason: nil))
    fixture.settle()
    let now = fixture.state.found.map(\.name)
    #expect(now != first)
    #expect(fixture.state.palette?.chosen == chosen)
    // What cannot be done any more is not replaced by something else.
    fixture.press(.escape)
    fixture.events(.sessionPhase(.running, reason: nil))
    fixture.type(":drain")
    fixture.settle()
    #expect(fixture.state.palette?.chosen == "drain")
    fixture.events(.sessionPhase(.draining, reason: nil))
    #expect(fixture.press(.enter) == [])
    #expect(fixture.state.palette != nil && fixture.state.dialog == nil)
  }

  @Test func `a click on a heading sorts by it, and the other way round the second time`() throws {
    var fixture = Pointing.fixture(columns: 120)
    try Pointing.click("TIME", &fixture, isLowest: true)
    #expect(fixture.state.sort == TaskSort(column: .time, isDescending: true))
    try Pointing.click("TIME", &fixture, isLowest: true)
    #expect(fixture.state.sort == TaskSort(column: .time, isDescending: false))
    try Pointing.click("OUTPUT", &fixture)
    #expect(fixture.state.sort.column == .time)
  }
}
