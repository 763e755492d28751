import SessionModel
import Terminal
import TestSupport
import Testing
import Work

@testable import Interface

@Suite struct PointingTests {
  static func fixture(isFlat: Bool = true, rows: Int = 24, columns: Int = 80) -> Fixture {
    var fixture = Fixture.busy(isFlat: isFlat, rows: rows, columns: columns, hasMouse: true)
    fixture.settle()
    return fixture
  }

  /// The place of a text on the screen: the uppermost, or the lowest.
  static func place(of text: String, _ fixture: inout Fixture, isLowest: Bool = false) throws -> (row: Int, column: Int)
  {
    let grid = fixture.screen()
    for row in isLowest ? (0..<grid.size.rows).reversed() : Array(0..<grid.size.rows) {
      let line = grid.text(ofRow: row)
      if let range = line.firstRange(of: text) {
        return (row, line.distance(from: line.startIndex, to: range.lowerBound))
      }
    }
    throw TestError("\(text) is not on the screen:\n\(grid.text)")
  }

  @discardableResult
  static func click(_ text: String, _ fixture: inout Fixture, isLowest: Bool = false) throws -> [Effect] {
    let place = try place(of: text, &fixture, isLowest: isLowest)
    return fixture.press(.mouse(MouseEvent(.click, row: place.row, column: place.column)))
  }

  @Test func `a click puts the cursor on a row, and opens it the second time`() throws {
    var fixture = Self.fixture()
    try Self.click("simulate.6", &fixture)
    #expect(fixture.state.currentTask == TaskID(7) && fixture.state.detail == nil)
    try Self.click("simulate.6", &fixture)
    #expect(fixture.state.detail?.task == TaskID(7))
  }

  @Test func `a click means the row that was drawn, though the list has changed since`() throws {
    var fixture = Self.fixture()
    fixture.press(.character("/"))
    fixture.type("state:running")
    fixture.press(.enter)
    let place = try Self.place(of: "simulate.6", &fixture)
    // One above it ends, and no frame was drawn yet.
    fixture.move([5], .done, TaskResult(exitCode: 0))
    _ = fixture.state.update(
      .burst([.mouse(MouseEvent(.click, row: place.row, column: place.column))], continues: false), at: fixture.now)
    fixture.settle()
    #expect(fixture.state.currentTask == TaskID(7))
  }

  @Test func `a key of the last line is pressed, and what asks asks`() throws {
    var fixture = Self.fixture()
    #expect(try Self.click("D drain", &fixture) == [])
    #expect(fixture.state.dialog?.verb == .drain)
    // No click answers it, wherever it is.
    let grid = fixture.screen()
    for row in 0..<grid.size.rows {
      for column in 0..<grid.size.columns {
        for _ in 0..<2 {
          #expect(fixture.press(.mouse(MouseEvent(.click, row: row, column: column))) == [])
        }
        guard fixture.state.dialog?.verb == .drain, fixture.state.dialog?.isYes == false else {
          Issue.record("\(row), \(column)")
          return
        }
      }
    }
    fixture.press(.escape)
    try Self.click("? help", &fixture)
    #expect(fixture.state.help == 0)
    fixture.press(.mouse(MouseEvent(.wheelDown, row: 10, column: 10)))
    #expect(fixture.state.help == InterfaceState.wheelRows)
    try Self.click("Esc closes", &fixture)
    #expect(fixture.state.help == nil)
  }

  @Test func `the wheel scrolls what is under it`() throws {
    var fixture = Self.fixture()
    fixture.press(.mouse(MouseEvent(.wheelDown, row: 12, column: 10)))
    #expect(fixture.state.cursorRow == 3)
    let log = try #require(fixture.state.layout.log)
    for number in 0..<30 { fixture.events(.log(.info, "line \(number)")) }
    fixture.settle()
    fixture.press(.mouse(MouseEvent(.wheelUp, row: log.row + 1, column: 10)))
    #expect(fixture.state.logEnd != nil && fixture.state.cursorRow == 3 && fixture.state.focus == .tasks)
    fixture.press(.mouse(MouseEvent(.click, row: log.row + 1, column: 10)))
    #expect(fixture.state.focus == .log)
  }

  @Test func `a view in the header is shown, and a failure leads to the failures`() throws {
    var fixture = Self.fixture(rows: 40, columns: 200)
    try Self.click("4 pilot", &fixture)
    #expect(fixture.state.mainView == .pilot)
    try Self.click("1 overview", &fixture)
    #expect(fixture.state.mainView == .overview)
    try Self.click("1 × Fatal error", &fixture)
    #expect(fixture.state.mainView == .failures)
  }

  @Test func `without a mouse nothing is done, and the help does not speak of it`() {
    var fixture = Fixture.busy(rows: 100)
    #expect(fixture.press(.mouse(MouseEvent(.click, row: 12, column: 5))) == [])
    #expect(fixture.state.cursorRow == 0)
    fixture.press(.character("?"))
    #expect(!fixture.screen().text.contains("wheel"))
    var other = Self.fixture(rows: 100)
    other.press(.character("?"))
    #expect(other.screen().text.contains("wheel"))
  }

  @Test func `a click chooses a session, the second time`() {
    var state = PickerTests.state()
    _ = state.settle(size: CellSize(rows: 24, columns: 80), at: Fixture.start)
    let click = MouseEvent(.click, row: 4, column: 10)
    #expect(state.update(.burst([.mouse(click)], continues: false), at: Fixture.start) == [])
    #expect(state.cursor == 1)
    #expect(
      state.update(.burst([.mouse(click)], continues: false), at: Fixture.start) == [.leave(.chosen(state.rows[1]))])
  }

  @Test func `clicks anywhere at any time, between any keys, send nothing that was not answered`() {
    var numbers = SeededNumbers(7)
    var fixture = Self.fixture(isFlat: false)
    let keys = Array("XDScRxqlG /tf*s,12345:?ZPjk")
    var opened = 0
    for round in 0..<4_000 {
      let size = fixture.state.size
      if round % 50 == 0 {
        fixture.state.size = CellSize(
          rows: Int.random(in: 1...40, using: &numbers), columns: Int.random(in: 1...150, using: &numbers))
      }
      let kind = [MouseEvent.Kind.click, .click, .wheelUp, .wheelDown].randomElement(using: &numbers) ?? .click
      let row = Bool.random(using: &numbers) ? size.rows - 1 : Int.random(in: 0..<60, using: &numbers)
      let event = MouseEvent(kind, row: row, column: Int.random(in: 0..<170, using: &numbers))
      var inputs: [InputEvent] = [.mouse(event)]
      if round % 3 == 0 { inputs.append(.character(keys.randomElement(using: &numbers) ?? "j")) }
      if round % 7 == 0 { inputs.append(.escape) }
      for input in inputs {
        for effect in fixture.press(input) {
          if case .send(let command, _) = effect, command.verb != .resume { Issue.record("\(command)") }
        }
        if fixture.state.dialog != nil { opened += 1 }
      }
    }
    #expect(opened > 0)
  }
}
