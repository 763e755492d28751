import SessionModel
import Terminal
import Testing
import Words
import Work

@testable import Interface

@Suite struct ReplayScreenTests {
  @Test func timeIsMovedByKeys() {
    var fixture = Fixture.replay()
    let orders: [(InputEvent, PlayOrder)] = [
      (.character(" "), .playOrPause), (.character("p"), .playOrPause), (.left, .skip(-10)), (.right, .skip(10)),
      (.character("["), .speed(by: 0.5)), (.character("]"), .speed(by: 2)), (.character("<"), .previousMark),
      (.character(">"), .nextMark), (.character("{"), .toStart), (.character("}"), .toEnd),
    ]
    for (key, order) in orders { #expect(fixture.press(key) == [.play(order)]) }
    // On a task's page, too: there the arrow does not go back.
    fixture.press(.enter)
    for (key, order) in orders { #expect(fixture.press(key) == [.play(order)]) }
    #expect(fixture.state.detail != nil)
    fixture.press(.escape)
    #expect(fixture.state.detail == nil)
  }

  @Test func aLiveSessionHasNoTimeToMove() {
    var fixture = Fixture.busy(isReadOnly: true, isOwned: false)
    for key: InputEvent in [.character(" "), .character("p"), .left, .right, .character("["), .character("}")] {
      #expect(fixture.press(key) == [])
    }
  }

  @Test func theClocksAreThoseOfTheRecording() {
    var fixture = Fixture.replay()
    let header = fixture.header
    #expect(header.hasSuffix("REPLAY  RUNNING  1:13"))
    #expect(fixture.screen().text.contains("1:11     - gmx"))
    fixture.wait(1000)
    #expect(fixture.header == header)
    fixture.seek(to: 93)
    #expect(fixture.header.hasSuffix("REPLAY  RUNNING  1:33"))
  }

  @Test func aRecordingChangesNothing() {
    var fixture = Fixture.replay()
    for key in "cDSrRXU" {
      #expect(fixture.press(.character(key)) == [])
      #expect(fixture.state.dialog == nil)
    }
    #expect(fixture.press(.character("q")) == [.leave(.left)])
  }

  @Test func itsEndIsNotInTheWay() {
    var fixture = Fixture.closed()
    #expect(fixture.state.summary != nil)
    fixture.seek(to: 136)
    fixture.settle()
    #expect(fixture.state.summary == nil)
    #expect(fixture.press(.left) == [.play(.skip(-10))])
    #expect(fixture.press(.character("q")) == [.leave(.left)])
  }

  @Test func theOutputIsReadOnce() {
    var fixture = Fixture.replay()
    let effects = fixture.press(.enter)
    #expect(effects.count == 1)
    #expect(fixture.answer(effects, FakeOutput(lines: ["one"])) == [])
    #expect(fixture.state.update(.tick, at: fixture.now) == [])
  }

  @Test func goingBackWhereATaskWasNotThereYet() {
    var fixture = Fixture.replay()
    fixture.press(.character("G"), .enter)
    _ = fixture.state.update(.session(.snapshot(SessionSnapshot())), at: fixture.now)
    fixture.settle()
    #expect(fixture.state.detail == nil)
    #expect(fixture.state.currentTask == nil)
    #expect(fixture.screen().text.contains("no tasks yet"))
  }

  @Test func thePositionFillsTheLine() {
    for (seconds, cells) in [(0.0, 0), (0.1, 1), (299.9, 18), (300, 19)] {
      var fixture = Fixture.replay(columns: 46)
      fixture.seek(to: seconds)
      let line = fixture.screen().text(ofRow: 22)
      #expect(line.filter { $0 == "█" }.count == cells, "\(seconds): \(line)")
      #expect(line.filter { $0 == "─" }.count == 19 - cells, "\(seconds): \(line)")
    }
  }

  @Test(arguments: [(1.0, "1"), (0.25, "0.25"), (4, "4"), (64, "64"), (0.125, "0.125"), (1.5, "1.5")])
  func speedsAreShort(_ speed: Double, _ words: String) {
    #expect(Format.factor(speed) == words)
  }
}

extension Fixture {
  /// The busy session as a recording of five minutes, at a point ten seconds after its newest fact.
  static func replay(isASCII: Bool = false, rows: Int = 24, columns: Int = 80) -> Fixture {
    var fixture = busy(isReadOnly: true, isOwned: false, isASCII: isASCII, rows: rows, columns: columns)
    fixture.seek(to: 73)
    return fixture
  }

  mutating func seek(to seconds: Double) {
    let timeline = Timeline(
      start: Self.start, end: Self.at(300), position: Self.at(seconds), speed: 4, isPlaying: true)
    _ = state.update(.session(.timeline(timeline)), at: now)
  }
}
