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

  @Test func `time passes also where there is always news`() {
    var fixture = Fixture.busy()
    fixture.state.live = LiveUse()
    var isAsked = false
    let loop = FrameLoop(state: fixture.state, canvas: canvas) { if case .measure = $0 { isAsked = true } }
    for tenth in 1...30 {
      let time = Fixture.at(fixture.seconds + Double(tenth) / 10)
      loop.take([events(.log(.info, "line"), at: time)], at: time)
      _ = loop.step(at: time)
    }
    #expect(isAsked)
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
    loop.answer([.character("D")], at: Fixture.at(71))
    _ = loop.step(at: Fixture.at(71))
    loop.answer([.character("y"), .control("l")], at: Fixture.at(71.2))
    #expect(effects == [.send(.drain, reason: nil), .redraw])
    #expect(loop.outcome == nil)
    loop.take(
      [events(.sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, exitCode: 0)), at: Fixture.at(72))],
      at: Fixture.at(72))
    _ = loop.step(at: Fixture.at(72))
    loop.answer([.character("q")], at: Fixture.at(74))
    #expect(loop.outcome == .sessionClosed)
  }
}

@Suite struct BurstTests {
  private let canvas = RecordingCanvas()

  private func inputs(_ text: String) -> [InputEvent] { text.map { $0 == "\r" ? .enter : .character($0) } }

  /// What is sent when these reads come, with seconds before each; a frame is shown after each.
  private func sent(_ reads: [(Double, String)]) -> [Effect] {
    var effects: [Effect] = []
    let loop = FrameLoop(state: Fixture.busy().state, canvas: canvas) { effects.append($0) }
    var now = 70.0
    _ = loop.step(at: Fixture.at(now))
    for (gap, text) in reads {
      now += gap
      loop.answer(inputs(text), at: Fixture.at(now))
      _ = loop.step(at: Fixture.at(now))
    }
    return effects.filter { if case .send = $0 { true } else { false } }
  }

  @Test func `what comes in one go with the key that asks is no answer`() {
    #expect(sent([(1, "Xylene, dry run")]) == [])
    #expect(sent([(1, "X"), (0.001, "y"), (0.001, "l")]) == [], "byte by byte on a serial line")
    #expect(sent([(1, "some words, then X and"), (0.8, "yes\r")]) == [], "a long paste in parts")
    #expect(sent([(1, "qcy")]) == [])
    #expect(sent([(1, "q"), (0.001, "c"), (0.001, "y")]) == [])
  }

  @Test func `a hand answers, however fast it is`() {
    #expect(sent([(1, "D"), (0.02, "y")]) == [.send(.drain, reason: nil)])
    #expect(sent([(1, "Dyalog"), (0.5, "y")]) == [.send(.drain, reason: nil)])
    #expect(sent([(1, "jjjjjjjjjjD"), (1.5, "y")]) == [.send(.drain, reason: nil)])
    #expect(sent([(1, "q"), (0.1, "c"), (0.1, "close\r")]) == [.send(.close(), reason: nil)])
    // What was typed into a field in one go is no paste of keys.
    #expect(
      sent([(1, "/"), (0.1, "simulate"), (0.01, "\r"), (0.01, "D"), (0.01, "y")]) == [.send(.drain, reason: nil)])
  }

  @Test func `a question that was not drawn is not answered`() {
    var effects: [Effect] = []
    let loop = FrameLoop(state: Fixture.busy().state, canvas: canvas) { effects.append($0) }
    _ = loop.step(at: Fixture.at(70))
    loop.answer([.character("D")], at: Fixture.at(71))
    loop.answer([.character("y")], at: Fixture.at(72))
    #expect(effects == [])
    _ = loop.step(at: Fixture.at(72))
    loop.answer([.character("y")], at: Fixture.at(73))
    #expect(effects == [.send(.drain, reason: nil)])
  }

  @Test func `a key is answered at once, not with the next tenth of a second`() {
    let loop = FrameLoop(state: Fixture.busy().state, canvas: canvas) { _ in }
    _ = loop.step(at: Fixture.at(70))
    loop.answer([.down], at: Fixture.at(70.01))
    _ = loop.step(at: Fixture.at(70.01))
    #expect(loop.frames == 2)
  }

  @Test func `where there is no room for a question only q does anything`() {
    var fixture = Fixture.busy(rows: 9, columns: 39)
    #expect(fixture.press(.character("X"), .character("y"), .character("D"), .character("y")) == [])
    #expect(fixture.press(.character("q")) == [.leave(.left)])
    fixture = Fixture.busy()
    fixture.press(.character("X"))
    fixture.state.size = CellSize(rows: 9, columns: 39)
    #expect(fixture.press(.character("y")) == [])
  }
}
