import Platform
import SessionLink
import SessionModel
import Synchronization

/// What a host has in its session's directory for other machines: its record, with signs of life, and the inbox.
final class HostFiles: Sendable {
  private struct State {
    var looks = 0
    var isSignMissing = false
  }

  private let directory: SessionDirectory
  private let inbox: Inbox
  private let record: HostRecord
  private let receiver: CommandReceiver
  private let state = Mutex(State())

  /// Makes them.
  init(directory: SessionDirectory, session: String, socket: String?, receiver: CommandReceiver) {
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

  func remove() { HostRecord.remove(from: directory) }
}
