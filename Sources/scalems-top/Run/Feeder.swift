@preconcurrency import Dispatch
import Executor
import SessionModel
import Synchronization
import Work

/// Gives the executor its work: what is there before the session begins, and commands as they come.
final class Feeder: Sendable {
  private let executor: DispatchingExecutor
  private let work: Work
  /// Whether more work may come when this is done.
  private let isKeptOpen: Bool
  private let failure = Mutex<Problem?>(nil)

  init(executor: DispatchingExecutor, work: Work, isKeptOpen: Bool) {
    self.executor = executor
    self.work = work
    self.isKeptOpen = isKeptOpen
  }

  /// Why not all of the work was taken.
  struct Problem {
    var words: String
    /// Whether no session would take it.
    var isRefusal: Bool
  }

  var problem: Problem? { failure.withLock { $0 } }

  /// What is there to be taken at once: a workflow, or a list that is a file.
  var atOnce: [WorkOffer] {
    switch work.source {
    case .file(let file, _): [.items(file.items)]
    case .commands(let lists, let directory): lists.map { .commands($0, directory: directory) }
    case .stream, .none: []
    }
  }

  /// Offers what comes; then says that this is all, unless more may be submitted.
  ///
  /// - Parameter onSettled: called when everything that will be taken is in the journal.
  func start(onSettled: @escaping @Sendable () -> Void) {
    guard case .stream(let stream, let directory) = work.source else {
      Task { await finish(onSettled) }
      return
    }
    // A queue of its own: reading blocks.
    DispatchQueue(label: "command-reader").async { [self] in
      do throws(UsageError) { try stream.read { offer($0, in: directory) } } catch {
        failure.withLock { $0 = Problem(words: error.description, isRefusal: true) }
      }
      Task { await finish(onSettled) }
    }
  }

  private func finish(_ onSettled: @Sendable () -> Void) async {
    await executor.recorded()
    onSettled()
    if !isKeptOpen || problem != nil { await executor.finish() }
  }

  /// Offers commands until they are taken; false when the session has closed without them.
  private func offer(_ list: CommandList, in directory: String) -> Bool {
    let done = DispatchSemaphore(value: 0)
    let isTaken = Mutex(false)
    Task {
      defer { done.signal() }
      while await executor.takesWork {
        do {
          try await executor.submit(commands: list, in: directory)
          return isTaken.withLock { $0 = true }
        } catch is ProtocolError {
          // It drains or stops; a resume may follow, and these commands are nowhere else.
          try? await Task.sleep(for: .milliseconds(200))
        } catch {
          // Nobody will ever take them.
          return failure.withLock { $0 = Problem(words: "\(error)", isRefusal: true) }
        }
      }
      let words = "\(list.count) commands, and what may follow them, came when the session was closing"
      failure.withLock { $0 = Problem(words: words + ": they are not run", isRefusal: false) }
    }
    done.wait()
    return isTaken.withLock { $0 }
  }
}
