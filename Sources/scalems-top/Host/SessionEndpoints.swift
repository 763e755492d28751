@preconcurrency import Dispatch
import Executor
import Glibc
import Platform
import SessionLink
import SessionModel
import Synchronization

/// The ways to a session for others: the control socket, the inbox for other machines, and the signs of life.
///
/// None of them is needed for the session to run: what does not work is said in the log.
final class SessionEndpoints: Sendable {
  private struct State {
    var server: ControlServer?
    /// Of the journal: the bytes that can be read, and what is wrong with it.
    var position = 0
    var problem: String?
    var timer: (any DispatchSourceTimer)?
    var files: HostFiles?
    var isLookingAtFiles = false
  }

  private let state = Mutex(State())
  private let clock = DispatchQueue(label: "session-endpoints")
  /// Files may be on a file system that takes its time, or hangs.
  private let fileQueue = DispatchQueue(label: "session-files")
  /// Seconds between two looks at the files.
  private static let interval = 1.0
  /// What files get at the end: a session ends also when they hang.
  private static let lastChance = Duration.seconds(2)

  func open(directory: HeldDirectory, info: SessionInfo, executor: DispatchingExecutor, journal: Journal) {
    let receiver = CommandReceiver(executor: executor, journal: journal)
    var socket: String?
    do {
      let path = try ControlSocket.path(forSession: info.id)
      let server = try ControlServer(path: path, session: info.id, taker: receiver) { uid in
        receiver.warn("user \(uid) tried to reach this session and was refused")
      }
      socket = path
      let (position, problem) = state.withLock { state in
        state.server = server
        return (state.position, state.problem)
      }
      server.publish(position: position, problem: problem)
    } catch { receiver.warn("no control socket: \(error); commands come through the session's directory only") }
    let files = HostFiles(directory: directory, session: info.id, socket: socket, receiver: receiver)
    let timer = DispatchSource.makeTimerSource(queue: clock)
    timer.setEventHandler { @Sendable [weak self] in self?.look(files, journal) }
    timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval, leeway: .milliseconds(200))
    state.withLock { state in
      state.timer = timer
      state.files = files
    }
    timer.resume()
  }

  private func look(_ files: HostFiles, _ journal: Journal) {
    journal.maintain()
    let problem = journal.problem
    let (server, position, isFree) = state.withLock { state in
      state.problem = problem
      defer { state.isLookingAtFiles = true }
      return (state.server, state.position, !state.isLookingAtFiles)
    }
    server?.publish(position: position, problem: problem)
    guard isFree else { return }
    fileQueue.async { [self] in
      files.look()
      state.withLock { $0.isLookingAtFiles = false }
    }
  }

  /// Tells the watchers how far the journal can be read.
  func publish(position: Int) {
    let (server, problem) = state.withLock { state in
      state.position = position
      return (state.server, state.problem)
    }
    server?.publish(position: position, problem: problem)
  }

  /// Removes what says that someone hosts the session.
  func close() {
    let (server, files) = state.withLock { state in
      state.timer?.cancel()
      defer { (state.timer, state.server, state.files) = (nil, nil, nil) }
      return (state.server, state.files)
    }
    let done = AutoResetEvent()
    fileQueue.async {
      files?.remove()
      done.set()
    }
    _ = done.wait(atMost: Self.lastChance)
    server?.close()
  }
}
