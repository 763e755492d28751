@preconcurrency import Dispatch
import Executor
import SessionModel
import Synchronization
import Work

/// Gives the executor its work: all items at once, or commands as they come.
final class Feeder: Sendable {
  private let executor: DispatchingExecutor
  private let work: Work
  /// Whether more work may come when this is done.
  private let isKeptOpen: Bool
  private let failure = Mutex<String?>(nil)

  init(executor: DispatchingExecutor, work: Work, isKeptOpen: Bool) {
    self.executor = executor
    self.work = work
    self.isKeptOpen = isKeptOpen
  }

  /// Why the work was refused, in words.
  var problem: String? { failure.withLock { $0 } }

  func start() {
    switch work.source {
    case .file(let file, _):
      Task {
        do { try await executor.submit(file.items) } catch { failure.withLock { $0 = "\(error)" } }
        await finish()
      }
    case .commands(let stream):
      // A queue of its own: reading blocks.
      DispatchQueue(label: "command-reader").async { [self] in
        stream.read(offer)
        Task { await self.finish() }
      }
    case .none: Task { await self.finish() }
    }
  }

  private func finish() async {
    if !isKeptOpen || problem != nil { await executor.finish() }
  }

  /// Offers commands until they are taken; false when the session has closed without them.
  private func offer(_ list: CommandList) -> Bool {
    let done = DispatchSemaphore(value: 0)
    let isTaken = Mutex(false)
    Task {
      defer { done.signal() }
      while await executor.takesWork {
        if (try? await executor.submit(commands: list)) != nil { return isTaken.withLock { $0 = true } }
        // It drains or stops; a resume may follow, and these commands are nowhere else.
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
    done.wait()
    return isTaken.withLock { $0 }
  }
}
