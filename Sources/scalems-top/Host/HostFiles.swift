import Glibc
import Platform
import SessionLink
import SessionModel
import Synchronization

/// What a host has in its session's directory for other machines: its record, with signs of life, and the inbox.
final class HostFiles: Sendable {
  private struct State {
    var looks = 0
    var isSignMissing = false
    /// How often in a row another directory was found in the session's place.
    var exchanges = 0
  }

  private let directory: HeldDirectory
  private let inbox: Inbox
  private let record: HostRecord
  private let receiver: CommandReceiver
  private let state = Mutex(State())

  /// Makes them.
  init(directory: HeldDirectory, session: String, socket: String?, receiver: CommandReceiver) {
    self.directory = directory
    self.receiver = receiver
    inbox = Inbox(directory)
    record = HostRecord(session: session, socket: socket)
    do {
      try inbox.make()
      try record.write(to: directory)
    } catch { receiver.warn("\(error): this session cannot be reached from other machines") }
  }

  /// Takes what came, and gives a sign of life when it is time; to be called once a second.
  func look() {
    guard isInPlace() else { return }
    for item in inbox.take() { receiver.take(item) }
    let looks = state.withLock { state in
      state.looks += 1
      return state.looks
    }
    let isTime = Double(looks).truncatingRemainder(dividingBy: HostRecord.beat) == 0
    guard isTime || !record.isThere(in: directory), !HostRecord.touch(in: directory) else { return }
    // Its directory may have been removed, and made again by the journal.
    try? inbox.make()
    let isMissing = (try? record.write(to: directory)) == nil
    let isNew = state.withLock { state in
      defer { state.isSignMissing = isMissing }
      return isMissing && !state.isSignMissing
    }
    guard isNew else { return }
    receiver.warn(
      "no sign of life can be left in \(directory.path): watchers on other machines may take this host for dead")
  }

  /// Whether what stands at the path of the session is its directory, or nothing; else the session ends.
  private func isInPlace() -> Bool {
    guard case .replaced(let owner) = directory.place else {
      state.withLock { $0.exchanges = 0 }
      return true
    }
    let isCertain = state.withLock { state in
      state.exchanges += 1
      // Once is no proof: the journal may be making it again.
      return state.exchanges == 2
    }
    if isCertain {
      let other = owner == geteuid() ? "another directory" : "another one, of \(userName(of: owner)),"
      receiver.endSession(
        because: "the directory of the session was moved away, and \(other) stands at \(directory.path): "
          + "the session ends")
    }
    return false
  }

  func remove() { HostRecord.remove(from: directory) }
}
