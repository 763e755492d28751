import Glibc
import SessionModel
import Terminal
import TestSupport
import Testing

@testable import Interface

/// Keeps the last frame.
private final class LastFrame: Canvas {
  var size = CellSize(rows: 24, columns: 80)
  var text = ""
  func show(_ frame: CellGrid) { text = frame.text }
}

/// Bytes of no meaning at a screen of a running session, in windows of any size.
@Suite struct RandomKeysTests {
  private static let rounds = getenv("SCALEMS_FUZZ").flatMap { Int(String(cString: $0)) } ?? 3_000
  private static let seed = getenv("SCALEMS_SEED").flatMap { UInt64(String(cString: $0)) } ?? 11
  /// Seconds between two reads, and bytes in one.
  private static let gaps = [0.0001, 0.002, 0.05, 0.3, 1.2]
  private static let counts = [1, 1, 1, 2, 5, 30]

  @Test func `no command is sent without a question that was on the screen before the keys that answered it`() {
    var numbers = SeededNumbers(Self.seed)
    let canvas = LastFrame()
    var shown = ""
    var sent = 0
    let loop = FrameLoop(state: Fixture.busy(isFlat: false).state, canvas: canvas) { effect in
      guard case .send(let command, _) = effect, command.verb != .resume else { return }
      sent += 1
      // While a reason is typed, the buttons are not there.
      let asks = shown.contains("[ No ]") || shown.contains("Reason")
      #expect(asks, "\(command) with this on the screen:\n\(shown)")
    }
    var decoder = InputDecoder()
    var seconds = 100.0
    var instant = InputDecoder.Instant.now
    let likely = Array("XDScRyYn\r\t\u{1B}[CjkqlGU /tf*s,<>I12345x:".utf8)
    for _ in 0..<Self.rounds {
      let gap = Self.gaps[Int.random(in: 0..<Self.gaps.count, using: &numbers)]
      seconds += gap
      instant += .milliseconds(Int(gap * 1000) + 1)
      if Int.random(in: 0..<20, using: &numbers) == 0 {
        canvas.size = CellSize(
          rows: Int.random(in: 1...40, using: &numbers), columns: Int.random(in: 1...120, using: &numbers))
        loop.setNeedsFrame()
      }
      if Int.random(in: 0..<10, using: &numbers) == 0 { loop.take([.tick], at: Fixture.at(seconds)) }
      let count = Self.counts[Int.random(in: 0..<Self.counts.count, using: &numbers)]
      let bytes = (0..<count).map { _ in
        Bool.random(using: &numbers)
          ? likely.randomElement(using: &numbers) ?? 0 : UInt8.random(in: 0...255, using: &numbers)
      }
      var events = decoder.feed(bytes, at: instant)
      if let deadline = decoder.deadline, Bool.random(using: &numbers) {
        instant = max(instant, deadline)
        events += decoder.tick(at: instant)
      }
      shown = canvas.text
      if !events.isEmpty { loop.answer(events, at: Fixture.at(seconds)) }
      if Bool.random(using: &numbers) { _ = loop.step(at: Fixture.at(seconds)) }
    }
    #expect(sent > 0, "the test reaches what it is about")
  }
}
