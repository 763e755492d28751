import SessionModel
import Synchronization
import Work

/// Work and control messages in the order in which they were offered.
///
/// Ports the command queue of `scalems.execution` (`Queuer`, `manage_execution`): a `stop` ends processing, and what
/// was offered after it is refused with a `ProtocolError`, never dropped.
final class CommandQueue: Sendable {
  enum Entry: Sendable {
    case items([WorkItem], Answer)
    case commands(CommandList, Answer)
    /// No more work will come from the workflow.
    case finish
  }

  typealias Answer = Once<Result<[TaskBatch], any Error>>

  /// What was offered before the stop, in order; read once, by the queue runner.
  let entries: AsyncStream<Entry>
  private let continuation: AsyncStream<Entry>.Continuation
  private let isStopped = Mutex(false)

  init() { (entries, continuation) = AsyncStream.makeStream() }

  /// Offers an entry; one that comes after the stop is answered with a `ProtocolError`.
  func put(_ entry: Entry) {
    isStopped.withLock { stopped in
      guard stopped else {
        continuation.yield(entry)
        return
      }
      switch entry {
      case .items(_, let answer), .commands(_, let answer):
        answer.resume(.failure(ProtocolError("the session takes no more work: its queue was stopped")))
      case .finish: break
      }
    }
  }

  /// The control message that ends processing, after everything that was offered before it.
  func stop() {
    isStopped.withLock { $0 = true }
    continuation.finish()
  }
}
