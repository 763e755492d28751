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
final class SessionDoors: Sendable {
  private struct State {
    var server: ControlServer?
    /// Of the journal: the bytes that can be read, and what is wrong with it.
    var position = 0
    var problem: String?
    var record: HostRecord?
    var beats = 0
    var timer: (any DispatchSourceTimer)?
    var directory: SessionDirectory?
    var isSignOfLifeMissing = false
  }

  private let state = Mutex(State())
  /// One after the other: looking after files may take its time on a shared file system.
  private let queue = DispatchQueue(label: "session-doors")

  func open(directory: SessionDirectory, info: SessionInfo, executor: DispatchingExecutor, journal: Journal) {
    let desk = CommandDesk(executor: executor, journal: journal)
    var socket: String?
    do {
      let path = try ControlSocket.path(forSession: info.id)
      let server = try ControlServer(path: path, session: info.id, taker: desk) { uid in
        desk.warn("user \(uid) tried to reach this session and was refused")
      }
      socket = path
      let (position, problem) = state.withLock { state in
        state.server = server
        return (state.position, state.problem)
      }
      server.publish(position: position, problem: problem)
    } catch { desk.warn("no control socket: \(error); commands come through the session's directory only") }
    let inbox = Inbox(directory)
    do {
      try inbox.make()
      let record = HostRecord(session: info.id, socket: socket)
      state.withLock { $0.record = record }
      try record.write(to: directory)
    } catch { desk.warn("\(error): this session cannot be reached from other machines") }
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.setEventHandler { @Sendable [self] in look(directory, inbox, desk, journal) }
    timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval, leeway: .milliseconds(200))
    state.withLock { state in
      state.timer = timer
      state.directory = directory
    }
    timer.resume()
  }

  /// Seconds between two looks at the files.
  private static let interval = 1.0

  private func look(_ directory: SessionDirectory, _ inbox: Inbox, _ desk: CommandDesk, _ journal: Journal) {
    journal.tend()
    // Asked for here: whoever is told of events holds the journal.
    let problem = journal.problem
    let (server, position) = state.withLock { state in
      state.problem = problem
      return (state.server, state.position)
    }
    server?.publish(position: position, problem: problem)
    for item in inbox.take() { desk.take(item) }
    let (beats, record) = state.withLock { state in
      state.beats += 1
      return (state.beats, state.record)
    }
    let isBeat = Double(beats).truncatingRemainder(dividingBy: HostRecord.beat) == 0
    guard let record, isBeat || !record.isThere(in: directory), !HostRecord.touch(in: directory) else { return }
    // Its directory may have been removed, and made again by the journal.
    try? inbox.make()
    let isMissing = (try? record.write(to: directory)) == nil
    let isNew = state.withLock { state in
      defer { state.isSignOfLifeMissing = isMissing }
      return isMissing && !state.isSignOfLifeMissing
    }
    guard isNew else { return }
    desk.warn(
      "no sign of life can be left in \(directory.path): watchers on other machines may take this host for dead")
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
    let (server, directory) = state.withLock { state in
      state.timer?.cancel()
      defer { state.server = nil }
      return (state.server, state.directory)
    }
    queue.sync {}
    if let directory { HostRecord.remove(from: directory) }
    server?.close()
  }
}
