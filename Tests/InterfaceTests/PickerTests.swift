import SessionModel
import Terminal
import Testing
import Words

@testable import Interface

@Suite struct PickerTests {
  static func state(isASCII: Bool = false, isSwitch: Bool = false, count: Int = 3) -> PickerState {
    let known = [
      SessionChoice(
        id: "session.0042", name: "water-box", state: "running", counts: "6 running, 5/40 done", host: "login1",
        age: "4s", directory: "/home/ada/runs/water/.scalems/session.0042"),
      SessionChoice(
        id: "session.0041", name: "höhe-解析", state: "host gone", counts: "12/1,000,000 done", host: "login2",
        age: "3h", directory: "/scratch/ada/session.0041"),
      SessionChoice(
        id: "session.0007", name: "", state: "closed", counts: "8/8 done", host: "login1", age: "12d",
        directory: "/home/ada/session.0007"),
    ]
    let more = (known.count..<max(known.count, count)).map {
      SessionChoice(
        id: "session.\($0)", name: "n\($0)", state: "closed", counts: "", host: "h", age: "1d", directory: "/d\($0)")
    }
    return PickerState(choices: Array((known + more).prefix(count)), isSwitch: isSwitch, isASCII: isASCII)
  }

  /// Sessions of other programs beside one of our own: long ids that begin and end alike.
  static func programs(isASCII: Bool = false) -> PickerState {
    PickerState(
      choices: [
        SessionChoice(
          id: "rp.session.25588d52-e9a2-11f1-baac-02fc00000001", name: "free_energy.py", state: "running",
          counts: "6 running, 5/40 done", host: "login1", pid: 3_141_592, pilot: "waiting for resources", age: "4m",
          directory: "/scratch/project_17/ada/free-energy/rp.session.25588d52-e9a2-11f1-baac-02fc00000001"),
        SessionChoice(
          id: "rp.session.195007f6-e9a2-11f1-af6d-02fc00000002", name: "a-name-that-somebody-was-proud-of.py",
          state: "dead", counts: "12/1,000,000 done", host: "login2", pilot: "active", age: "3h",
          directory: "/scratch/ada/rp.session.195007f6-e9a2-11f1-af6d-02fc00000002"),
        SessionChoice(
          id: "session.0007", name: "", state: "running", counts: "8/8 done", host: "login1", pid: 4711, age: "12d",
          directory: "/home/ada/session.0007"),
      ], isASCII: isASCII)
  }

  @Test func `name, state and age are on every screen, process and directory where there is room`() {
    var state = Self.programs()
    for columns in [40, 50, 64, 80, 100, 120, 160, 200, 240] {
      _ = state.settle(size: CellSize(rows: 12, columns: columns), at: Fixture.start)
      let lines = (0..<12).map { state.view().text(ofRow: $0) }
      let head = lines.first { $0.contains("STATE") } ?? ""
      let first = lines.first { $0.contains("free_") } ?? ""
      #expect(head.contains("NAME") && head.contains("ID") && head.contains("AGE"), "\(columns): \(head)")
      #expect(first.contains("running ") && first.contains(" 4m "), "\(columns): \(first)")
      // Said somewhere: in its column, or below the list.
      #expect(lines.contains { $0.contains("3141592") }, "\(columns): \(lines)")
      #expect(lines.contains { $0.contains("/scratch/pro") }, "\(columns): \(lines)")
      if columns >= 80 { #expect(first.contains("3141592"), "\(columns): \(first)") }
      if columns >= 160 { #expect(first.contains("/scratch/") && first.contains("waiting for resources")) }
    }
    press(&state, .character("/"))
    for character in "3141592" { press(&state, .character(character)) }
    #expect(state.rows == [0], "found by its process")
  }

  @discardableResult
  private func press(_ state: inout PickerState, _ inputs: InputEvent...) -> [PickerEffect] {
    var effects: [PickerEffect] = []
    for input in inputs {
      effects += state.update(.burst([input], continues: false), at: Fixture.start)
      effects += state.settle(size: state.size, at: Fixture.start)
    }
    return effects
  }

  @Test func enterChoosesTheRowUnderTheCursor() {
    var state = Self.state()
    #expect(press(&state, .enter) == [.leave(.chosen(0))])
    #expect(press(&state, .character("j"), .down, .down, .enter) == [.leave(.chosen(2))])
    #expect(press(&state, .up, .character("k"), .up, .enter) == [.leave(.chosen(0))])
    #expect(press(&state, .character("G"), .enter) == [.leave(.chosen(2))])
    #expect(press(&state, .character("g"), .enter) == [.leave(.chosen(0))])
  }

  @Test func `q leaves, and Esc leads back to a screen before, but never ends the program`() {
    var state = Self.state()
    #expect(press(&state, .character("q")) == [.leave(.left)])
    #expect(press(&state, .escape) == [])
    #expect(state.view().text.contains("q leave"))
    var switching = Self.state(isSwitch: true)
    #expect(press(&switching, .escape) == [.leave(.left)])
    #expect(switching.view().text.contains("q back"))
    #expect(press(&state, .alt("q"), .paste("q"), .unknown, .control("q")) == [])
  }

  @Test func theCursorStaysInView() {
    var state = Self.state(count: 100)
    press(&state, .pageDown, .pageDown)
    #expect(state.cursor == 2 * state.page)
    #expect((state.top..<state.top + state.page).contains(state.cursor))
    press(&state, .end)
    #expect(state.cursor == 99 && state.top == 100 - state.page)
    press(&state, .home, .pageUp)
    #expect(state.cursor == 0 && state.top == 0)
  }

  @Test func aFilterKeepsWhatMatches() {
    var state = Self.state()
    press(&state, .character("/"))
    for character in "LOGIN2" { press(&state, .character(character)) }
    #expect(state.rows == [1])
    #expect(press(&state, .enter) == [])
    #expect(press(&state, .enter) == [.leave(.chosen(1))])
    // Esc drops the filter first; the cursor stays on its session.
    #expect(press(&state, .escape) == [])
    #expect(state.rows.count == 3 && state.cursor == 1)
    press(&state, .character("/"), .character("z"))
    #expect(state.rows.isEmpty)
    #expect(state.view().text.contains("no session matches"))
    press(&state, .enter)
    #expect(press(&state, .enter) == [])
    #expect(press(&state, .escape, .escape) == [])
    #expect(state.rows.count == 3)
  }

  @Test func nothingToChooseFrom() {
    var state = Self.state(count: 0)
    #expect(press(&state, .enter, .down, .character("G"), .pageUp) == [])
    #expect(state.view().text.contains("there is no session"))
  }

  @Test func everyKeyMeansOneThing() {
    var seen: Set<InputEvent> = []
    for action in PickerAction.all {
      for key in action.keys { #expect(seen.insert(key).inserted, "\(key)") }
    }
  }

  @Test(arguments: [false, true])
  func everyFrameFitsItsScreen(_ isASCII: Bool) {
    for state in [Self.state(isASCII: isASCII, count: 30), Self.programs()] { checkFrames(state) }
  }

  private func checkFrames(_ state: PickerState) {
    var state = state
    for rows in [1, 9, 10, 15, 24, 60] {
      for columns in [1, 39, 40, 50, 64, 80, 119, 200, 300] {
        _ = state.settle(size: CellSize(rows: rows, columns: columns), at: Fixture.start)
        let grid = state.view()
        for row in 0..<rows { #expect(CellWidth.columns(of: grid.text(ofRow: row)) <= columns) }
      }
    }
  }
}
