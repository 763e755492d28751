import SessionModel
import Terminal

/// Drives one state and one canvas: what came in goes through `update`, and not more frames come out than are wanted.
///
/// Knows neither threads nor a terminal, so a test can run it step by step. Not `Sendable`: the UI thread owns it.
final class FrameLoop<State: ScreenState> {
  private(set) var state: State
  private let canvas: any Canvas
  private let perform: (State.Effect) -> Void
  private var needsFrame = true
  private var lastFrame: Timestamp?
  /// When the state last learned that time passes.
  private var lastTick: Timestamp?
  private var grid: CellGrid
  /// Set when the interface is to end.
  private(set) var outcome: State.Effect.Outcome?
  private(set) var frames = 0

  /// Seconds between two frames that nobody pressed a key for.
  private let interval: Double
  /// Seconds of silence that end a burst; a byte takes 1 ms on a line of 9600 baud.
  private static var burstGap: Double { 0.002 }
  private var lastInput: Timestamp?

  init(state: State, canvas: any Canvas, interval: Double = 0.1, perform: @escaping (State.Effect) -> Void) {
    self.interval = interval
    self.state = state
    self.canvas = canvas
    self.perform = perform
    grid = CellGrid(size: canvas.size, isASCII: state.isASCII)
  }

  /// Takes messages in; nothing is drawn yet.
  func take(_ messages: some Sequence<State.Message>, at time: Timestamp) {
    for message in messages {
      needsFrame = true
      handle(state.update(message, at: time))
    }
  }

  /// Takes in what a person did; the next ``step(at:)`` shows what became of it.
  ///
  /// What comes in one read, or right behind another, is one burst: the pace of a paste or of a line that stood still,
  /// not of a hand.
  func answer(_ inputs: [InputEvent], at time: Timestamp) {
    let continues = lastInput.map { 0..<Self.burstGap ~= time.seconds(since: $0) } ?? false
    lastInput = time
    take([.burst(inputs, continues: continues)], at: time)
    // A person waits for the answer, not for the next tenth of a second.
    forgetLastFrame()
  }

  /// Makes sure that the next ``step(at:)`` draws.
  func setNeedsFrame() { needsFrame = true }

  /// Lets the next frame come at once, whenever the last one was.
  func forgetLastFrame() { lastFrame = nil }

  /// Milliseconds until the next frame may be drawn.
  func untilDue(at time: Timestamp) -> Int {
    guard let since = lastFrame.map({ time.seconds(since: $0) }), since >= 0, since < interval else {
      // A clock that was set back must not stop the screen.
      return 0
    }
    return Int((interval - since) * 1000) + 1
  }

  /// Draws when something changed and the last frame is old enough. Returns the milliseconds until it must be called
  /// again; `nil` when only something new can change the screen.
  func step(at time: Timestamp) -> Int? {
    // Also where so much happens that there is always a frame to draw.
    if state.showsTime, let since = lastTick.map({ time.seconds(since: $0) }), since >= 0.9 || since < 0 {
      lastTick = time
      handle(state.update(.tick, at: time))
      needsFrame = true
    }
    lastTick = lastTick ?? time
    if needsFrame {
      let wait = untilDue(at: time)
      guard wait == 0 else { return wait }
      draw(at: time)
    }
    if state.isSearching {
      needsFrame = true
      return Int(interval * 1000)
    }
    return state.showsTime ? untilNextSecond(time) : nil
  }

  /// The clock on the screen counts from the opening of the session, so a tick comes just after its full seconds.
  private func untilNextSecond(_ time: Timestamp) -> Int {
    let origin = state.clockOrigin ?? time
    let elapsed = time.microseconds - origin.microseconds
    return 1005 - Int(((elapsed % 1_000_000) + 1_000_000) % 1_000_000) / 1000
  }

  private func draw(at time: Timestamp) {
    needsFrame = false
    lastFrame = time
    frames += 1
    handle(state.settle(size: canvas.size, at: time))
    if grid.size == canvas.size {
      grid.clear()
    } else {
      grid = CellGrid(size: canvas.size, isASCII: state.isASCII)
    }
    state.draw(on: &grid)
    canvas.show(grid)
  }

  private func handle(_ effects: [State.Effect]) {
    for effect in effects {
      if let outcome = effect.outcome { self.outcome = outcome }
      if effect.isRedraw { needsFrame = true }
      perform(effect)
    }
  }
}
