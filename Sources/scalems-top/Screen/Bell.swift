import Glibc
import Platform
import SessionModel
import Work

/// Rings the bell of the terminal.
enum Bell {
  /// On the terminal of standard error; nothing where that is none.
  static func ring() {
    guard isatty(STDERR_FILENO) == 1 else { return }
    // One byte, which no terminal takes for a part of what is drawn.
    prompt("\u{7}", waits: false)
  }
}

/// A source that rings when its session closes, whatever is shown of it.
struct RingingSource: SessionSource {
  let base: any SessionSource

  var isReadOnly: Bool { base.isReadOnly }
  var isOwned: Bool { base.isOwned }
  var keeper: SessionKeeper { base.keeper }
  var program: String? { base.program }

  func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    base.open { update in
      deliver(update)
      if case .events(let events) = update, case .sessionClosed? = events.last?.kind { Bell.ring() }
    }
  }

  func send(_ command: OperatorCommand, reason: String?) { base.send(command, reason: reason) }
  func read(_ request: OutputRequest, _ answer: @escaping @Sendable (OutputAnswer) -> Void) {
    base.read(request, answer)
  }
  func measure(_ tasks: [TaskID: Int32?], _ answer: @escaping @Sendable ([TaskID: TaskUse]) -> Void) {
    base.measure(tasks, answer)
  }
  func play(_ order: PlayOrder) { base.play(order) }
  func suspend() { base.suspend() }
  func resume() { base.resume() }
}
