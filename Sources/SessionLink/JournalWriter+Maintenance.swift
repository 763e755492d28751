import SessionModel
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

extension JournalWriter {
  /// Tries again what the disk did not take, makes the journal again when it was removed or replaced, and notices when
  /// the machine's clock was set. What it finds are events, for the observer as for readers.
  func maintain(_ state: inout State) {
    guard !state.output.isLeft else { return }
    state.output.retry()
    keepRoom(&state)
    var found: [SessionEvent] = []
    if let jump = state.clock.jump() { found.append(Self.warning(ClockWatch.words(jump))) }
    if isGone(&state) { restore(&state, &found) } else { state.health.place = 0 }
    append(found, &state)
    // What is kept in memory is not safe either: said already.
    if state.health.sync != 0, state.output.backlogSize == 0 { state.health.sync = state.output.sync() }
    deliver(found + report(&state), &state)
  }

  private static func warning(_ text: String) -> SessionEvent { SessionEvent(source: .executor, .log(.warning, text)) }

  /// Whether the file that is written is not the one with its name. When that cannot be found out, it is.
  private func isGone(_ state: inout State) -> Bool {
    if state.health.hasLostDirectory(directory.place) { return true }
    guard let there = directory.status(of: name) else { return errno == ENOENT || errno == ENOTDIR || errno == ESTALE }
    return FileIdentity(there) != FileIdentity(state.output.descriptor)
  }

  /// Makes the journal again at its path, from the file that is still open.
  private func restore(_ state: inout State, _ found: inout [SessionEvent]) {
    // A copy may be long: once it failed, not every second.
    let wasImpossible = state.health.place != 0
    if wasImpossible {
      state.health.waits -= 1
      guard state.health.waits <= 0 else { return }
    }
    state.health.waits = JournalHealth.secondsToNextTry
    var code: Int32 = 0
    do throws(Errno) {
      if directory.place == .removed || directory.place == .movedAway { try directory.remake() }
      try makeRoom()
      try state.output.move(to: name, in: directory)
    } catch { code = error.rawValue }
    state.health.place = code
    if code == 0, !wasImpossible {
      found.append(Self.warning("the journal was removed or replaced; it was made again, with all it held: \(path)"))
    }
  }

  /// Puts aside what stands at the path, unless somebody writes it.
  private func makeRoom() throws(Errno) {
    guard directory.status(of: name) != nil else { return }
    guard JournalLock.isHeld(FilePath(directory.heldPath).appending(name)) != true else { throw .fileExists }
    try directory.rename(name, to: name + ".replaced")
  }
}
