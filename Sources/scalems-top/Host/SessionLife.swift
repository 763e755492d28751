@preconcurrency import Dispatch
import Executor
import SessionModel
import Synchronization

/// The way of one session from its start to its end, beside whatever shows it.
final class SessionLife: Sendable {
  private struct State {
    var isStarted = false
    var outcome: Result<SessionSummary, any Error>?
    var onEnd: @Sendable () -> Void = {}
  }

  private let executor: DispatchingExecutor
  private let feeder: Feeder
  private let state = Mutex(State())
  private let done = DispatchSemaphore(value: 0)

  init(executor: DispatchingExecutor, work: Work, isKeptOpen: Bool) {
    self.executor = executor
    feeder = Feeder(executor: executor, work: work, isKeptOpen: isKeptOpen)
  }

  var outcome: Result<SessionSummary, any Error>? { state.withLock { $0.outcome } }
  var hasEnded: Bool { outcome != nil }
  /// Why the work was refused, in words.
  var problem: String? { feeder.problem }

  func onEnd(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onEnd = body } }

  func start() {
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { return }
    Task.detached { [self] in
      let result: Result<SessionSummary, any Error>
      do {
        try await executor.open()
        // Before the resources are there: its tasks are in the journal, whatever becomes of the start.
        feeder.start()
        // What went wrong is in the summary.
        try? await executor.startup()
        result = .success(await executor.waitUntilClosed())
      } catch { result = .failure(error) }
      let onEnd = state.withLock { state in
        state.outcome = result
        return state.onEnd
      }
      onEnd()
      done.signal()
    }
  }

  /// Blocks the calling thread until the session has ended.
  func wait() {
    done.wait()
    done.signal()
  }
}
