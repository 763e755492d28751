import SessionModel
import Terminal
import Testing

@testable import Interface

private final class RecordingCanvas: Canvas {
  var size = CellSize(rows: 24, columns: 80)
  var frames: [String] = []
  func show(_ frame: CellGrid) { frames.append(frame.text) }
}

@Suite struct FrameLoopTests {
  private let canvas = RecordingCanvas()

  private func events(_ kinds: SessionEvent.Kind..., at time: Timestamp) -> Message {
    .session(.events(kinds.map { SessionEvent(time: time, source: .executor, $0) }))
  }

  @Test func framesComeOnlyWhenSomethingChangedAndAtMostTenASecond() {
    let loop = FrameLoop(state: InterfaceState(now: Fixture.start), canvas: canvas) { _ in }
    // Nothing on the screen tells the time: no timer.
    #expect(loop.step(at: Fixture.at(0)) == nil)
    #expect(loop.step(at: Fixture.at(100)) == nil)
    #expect(loop.frames == 1)
    for index in 0..<1000 {
      let time = Fixture.at(200 + Double(index) / 1000)
      loop.take([events(.log(.info, "line"), at: time)], at: time)
      _ = loop.step(at: time)
    }
    #expect((10...12).contains(loop.frames))
  }

  @Test func anOpenSessionTicksOnceASecond() {
    var fixture = Fixture.busy()
    fixture.settle()
    let loop = FrameLoop(state: fixture.state, canvas: canvas) { _ in }
    var wait = loop.step(at: fixture.now)
    for second in 1...5 {
      #expect(wait.map { (900...1005).contains($0) } == true)
      wait = loop.step(at: Fixture.at(fixture.seconds + Double(second) + 0.005))
    }
    #expect(loop.frames == 6)
    #expect(canvas.frames.last?.contains("1:12") == true)
  }

  @Test func aClosedSessionDoesNotTick() {
    let fixture = Fixture.closed()
    let loop = FrameLoop(state: fixture.state, canvas: canvas) { _ in }
    #expect(loop.step(at: fixture.now) == nil)
  }

  @Test func aClockThatIsSetBackDoesNotStopTheScreen() {
    let loop = FrameLoop(state: InterfaceState(now: Fixture.start), canvas: canvas) { _ in }
    _ = loop.step(at: Fixture.at(5000))
    loop.take([events(.log(.info, "after"), at: Fixture.at(10))], at: Fixture.at(10))
    _ = loop.step(at: Fixture.at(10))
    #expect(canvas.frames.last?.contains("after") == true)
  }

  @Test func effectsAndTheEndComeOut() {
    var effects: [Effect] = []
    let loop = FrameLoop(state: Fixture.busy().state, canvas: canvas) { effects.append($0) }
    _ = loop.step(at: Fixture.at(70))
    loop.take([.input(.character("D")), .input(.character("y")), .input(.control("l"))], at: Fixture.at(71))
    #expect(effects == [.send(.drain, reason: nil), .redraw])
    #expect(loop.outcome == nil)
    loop.take(
      [events(.sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, exitCode: 0)), at: Fixture.at(72))],
      at: Fixture.at(72))
    _ = loop.step(at: Fixture.at(72))
    loop.take([.input(.character("q"))], at: Fixture.at(74))
    #expect(loop.outcome == .sessionClosed)
  }
}
