@preconcurrency import Dispatch
import Executor
import SessionLink
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
  private let journal: Journal
  private let state = Mutex(State())
  private let done = DispatchSemaphore(value: 0)

  init(executor: DispatchingExecutor, journal: Journal, work: Work, isKeptOpen: Bool) {
    self.executor = executor
    self.journal = journal
    feeder = Feeder(executor: executor, work: work, isKeptOpen: isKeptOpen)
  }

  var outcome: Result<SessionSummary, any Error>? { state.withLock { $0.outcome } }
  var hasEnded: Bool { outcome != nil }
  /// Why not all of the work was taken, in words.
  var problem: Feeder.Problem? { feeder.problem }

  func onEnd(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onEnd = body } }

  /// - Parameter onSettled: told once whether all work that the session was given is in the journal: `nil`, or why not.
  func start(onSettled: @escaping @Sendable (_ problem: String?) -> Void = { _ in }) {
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { return }
    Task.detached { [self] in
      let result: Result<SessionSummary, any Error>
      do {
        try await executor.open(with: feeder.atOnce)
        feeder.start { [self] in onSettled(problem?.words ?? journal.problem) }
        // What went wrong is in the summary.
        try? await executor.startup()
        result = .success(await executor.waitUntilClosed())
      } catch {
        onSettled("\(error)")
        result = .failure(error)
      }
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
