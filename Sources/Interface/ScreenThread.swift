import SessionModel
import Synchronization
import Terminal

/// Makes the calling thread the UI thread of one screen: it alone touches the terminal, and it does no other I/O.
///
/// Messages come in from any thread through a mailbox that wakes the UI thread once a frame.
final class ScreenThread<State: ScreenState>: Sendable {
  enum Ended {
    case outcome(State.Effect.Outcome)
    /// ``ScreenThread/stop()`` was called.
    case stopped
    case terminalGone
  }

  private struct Mailbox {
    var messages: [State.Message] = []
    var isStopped = false
  }

  private let loop: UILoop
  private let mailbox = Mutex(Mailbox())

  init() throws(TerminalError) { loop = try UILoop() }

  /// Makes ``run(on:from:onShown:perform:)`` return soon, from any thread.
  func stop() {
    mailbox.withLock { $0.isStopped = true }
    loop.wake()
  }

  /// Passes a message on, from any thread.
  func post(_ message: State.Message) {
    let isFirst = mailbox.withLock { box in
      defer { box.messages.append(message) }
      return box.messages.isEmpty
    }
    if isFirst { loop.wake() }
  }

  /// Shows a state until it ends itself, it is stopped, or the terminal is gone.
  ///
  /// - Parameters:
  ///   - refresh: seconds between two frames that nobody pressed a key for.
  ///   - onShown: called after the first frame: what it begins, a person sees a screen.
  ///   - onStop: called before this process stops itself.
  ///   - onContinued: called when it goes on, whoever stopped it.
  func run(
    on screen: Screen, from state: State, refresh: Double, onShown: () -> Void = {}, onStop: () -> Void = {},
    onContinued: () -> Void = {}, perform: @escaping (State.Effect) -> Void
  ) -> Ended {
    loop.watchSignals()
    defer { loop.unwatchSignals() }
    let wish = Wish()
    let frames = FrameLoop(state: state, canvas: screen, interval: refresh) { effect in
      if effect.isRedraw { screen.invalidate() }
      if let text = effect.copied { screen.copy(text) }
      if let command = effect.command { wish.command = command }
      perform(effect)
    }
    _ = frames.step(at: .now)
    frames.forgetLastFrame()
    onShown()
    return serve(frames, screen, wish, onStop, onContinued)
  }

  /// What a key asked for while it was handled.
  private final class Wish {
    var command: [String]?
  }

  private func serve(
    _ frames: FrameLoop<State>, _ screen: Screen, _ wish: Wish, _ onStop: () -> Void, _ onContinued: () -> Void
  ) -> Ended {
    var isAway = false
    var hasMail = false
    // What has the terminal meanwhile.
    var program: TerminalProgram?
    defer { program?.end() }
    while true {
      if let command = wish.command, !isAway {
        wish.command = nil
        screen.leave()
        program = TerminalProgram(command)
        isAway = true
      }
      if program?.hasEnded() ?? false { program = nil }
      if isAway, program == nil {
        switch screen.ownership {
        case .ours:
          isAway = false
          screen.reenter()
          frames.setNeedsFrame()
        case .anotherJobs: break
        // A hang-up continues stopped jobs, so it looks like a return to the foreground at first.
        case .gone: return .terminalGone
        }
      }
      // In the background the terminal belongs to another program: drawing would stop this process.
      var timeout = isAway ? (program == nil ? 1000 : 50) : frames.step(at: .now) ?? -1
      if let outcome = frames.outcome { return .outcome(outcome) }
      if hasMail {
        let wait = frames.untilDue(at: .now)
        timeout = timeout < 0 ? wait : min(timeout, wait)
      }
      // The rest of a key that is on its way is not waited for longer than its time.
      if !isAway, let due = screen.untilInputIsDue { timeout = timeout < 0 ? due : min(timeout, due) }
      let happened = loop.wait(milliseconds: Int32(clamping: timeout), input: isAway ? nil : screen.inputDescriptor)
      // Mail waits for the next frame: as long as it lies there, no other thread needs to wake this one. Whatever else
      // happened, this must be remembered: nobody says it twice.
      hasMail = hasMail || happened.contains(.woken)
      if mailbox.withLock({ $0.isStopped }) { return .stopped }
      if happened.contains(.suspended), !isAway {
        screen.leave()
        onStop()
        loop.stopProcess()
        onContinued()
        isAway = true
        continue
      }
      if happened.contains(.continued), !isAway {
        isAway = true
        continue
      }
      if happened.contains(.resized), !isAway {
        screen.resize()
        frames.setNeedsFrame()
      }
      // What was typed is answered with the state a person saw, so it comes before what is new.
      if !isAway {
        let inputs = happened.contains(.input) ? screen.readInput() : screen.endOfPatience()
        if !inputs.isEmpty { frames.answer(inputs, at: .now) }
        if screen.isAtEnd { return .terminalGone }
      }
      if hasMail, frames.untilDue(at: .now) == 0 {
        hasMail = false
        frames.take(collect(), at: .now)
      }
      if let outcome = frames.outcome { return .outcome(outcome) }
      if happened.contains(.hangup) { return .terminalGone }
    }
  }

  private func collect() -> [State.Message] {
    mailbox.withLock { box in
      defer { box.messages = [] }
      return box.messages
    }
  }
}
