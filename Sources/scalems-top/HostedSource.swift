import Executor
import SessionLink
import SessionModel
import Synchronization

/// The session of this process, as a source for its own screen.
final class HostedSource: SessionSource {
  private enum State {
    /// Nobody looks yet: what happened is kept.
    case waiting([SessionEvent])
    case open(@Sendable (SessionUpdate) -> Void)
  }

  private struct Link {
    var executor: DispatchingExecutor
    var user: String
    var start: @Sendable () -> Void
  }

  let isReadOnly: Bool
  let isOwned = true
  private let directory: SessionDirectory
  private let state = Mutex(State.waiting([]))
  private let link = Mutex<Link?>(nil)
  private let names = Mutex<[(first: TaskID, stdout: String, stderr: String)]>([])

  init(directory: SessionDirectory, isReadOnly: Bool) {
    self.directory = directory
    self.isReadOnly = isReadOnly
  }

  /// Says where commands go and how the session is started.
  func connect(_ executor: DispatchingExecutor, user: String, start: @escaping @Sendable () -> Void) {
    link.withLock { $0 = Link(executor: executor, user: user, start: start) }
  }

  private func onOpen() { link.withLock { $0 }?.start() }

  /// Passes on what the journal has.
  func observe(_ events: [SessionEvent]) {
    for event in events {
      guard case .tasksAdded(let batch) = event.kind else { continue }
      names.withLock { $0.append((batch.first, batch.description.stdout, batch.description.stderr)) }
    }
    state.withLock { state in
      switch state {
      case .waiting(let earlier): state = .waiting(earlier + events)
      case .open(let deliver): deliver(.events(events))
      }
    }
  }

  /// The session starts when someone looks: when the screen cannot be opened, nothing has happened.
  func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    onOpen()
    state.withLock { state in
      if case .waiting(let earlier) = state, !earlier.isEmpty { deliver(.events(earlier)) }
      state = .open(deliver)
    }
  }

  func send(_ command: OperatorCommand, reason: String?) {
    guard !isReadOnly, let link = link.withLock({ $0 }) else { return }
    link.executor.send(command, sender: CommandSender(user: link.user), reason: reason)
  }

  func output(of task: TaskID, stream: OutputStream, limit: Int) async -> OutputTail {
    guard let entry = names.withLock({ $0.last { $0.first <= task } }) else {
      return OutputTail(text: "", size: 0, failure: "the session has no task \(task.uid)")
    }
    return directory.output(of: task, named: stream == .stdout ? entry.stdout : entry.stderr, limit: limit)
  }
}
