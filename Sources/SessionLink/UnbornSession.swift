import Platform
import SessionModel
import SystemPackage
import Work

#if canImport(Glibc)
  import Glibc
#endif

/// What a directory holds of a session whose start failed, or that was killed at birth: nothing of it ever ran.
public enum UnbornSession {
  /// What became of it, so that the directory can be used again.
  public enum Outcome: Equatable, Sendable {
    /// There was none: no session, or one that has run something.
    case none
    /// No work of it was recorded, and what it had begun was removed.
    case removed
    /// Its work stays, to be taken up: its directory has another name now.
    case moved(id: String, tasks: Int, to: FilePath)
  }

  /// The names that a session has in its directory before anything of it runs; others are not ours to remove.
  private static let files = [
    "journal.jsonl", "checkpoint", "checkpoint.new", "run.json", "host.json", "host.log", "agent.log",
  ]
  private static let directories = ["inbox", "tasks"]

  /// Makes a directory free for another session when the one in it never ran anything, and nobody hosts it.
  ///
  /// - Parameter registry: where its new place is entered.
  /// - Throws: `DirectoryError` when somebody writes its journal, or it cannot be moved.
  public static func giveWay(
    in directory: SessionDirectory, registry: LinkDirectory = SessionRegistry.sessions
  ) throws(SessionDirectory.DirectoryError) -> Outcome {
    // Whoever makes a session there now holds the lock, or has not written yet what would be lost.
    guard
      let journal = try? Descriptor.open(
        .file, directory.journal.string, flags: O_RDWR, followsLinks: false, owner: .thisUser)
    else { return .none }
    guard JournalLock.take(journal.number) != .held else {
      throw SessionDirectory.DirectoryError(
        description: "another scalems-top is running a session in \(directory.path)")
    }
    defer { JournalLock.release(journal.number) }
    if let record = HostRecord(in: directory), record.isLive(in: directory) { return .none }
    guard let snapshot = snapshot(directory, journal) else { return .none }
    guard snapshot.tasks.count > 0 else {
      remove(directory)
      return .removed
    }
    return try move(directory, snapshot, registry)
  }

  /// What its journal says; `nil` when something has run, or that cannot be told.
  private static func snapshot(_ directory: SessionDirectory, _ journal: borrowing Descriptor) -> SessionSnapshot? {
    var snapshot = SessionSnapshot()
    // Its first line was not written, or not to its end.
    guard let end = try? JournalLines.lastLineEnd(journal.file, directory.journal) else { return nil }
    if end == 0 { return isTornHeader(journal) ? snapshot : nil }
    do throws(SessionDirectory.DirectoryError) {
      try JournalFollower(directory: directory, usesCheckpoint: false).update(&snapshot)
    } catch { return nil }
    guard directoryEntries(directory.path.appending("tasks").string).isEmpty else { return nil }
    let tasks = snapshot.tasks
    let isUntouched = (0..<tasks.count).allSatisfy { number in
      let state = tasks.state(of: TaskID(number))
      return state < .agentExecuting && !state.isFinal
    }
    return isUntouched ? snapshot : nil
  }

  /// Whether a file is the beginning of the first line of a journal, or empty.
  private static func isTornHeader(_ journal: borrowing Descriptor) -> Bool {
    let header = Array(#"{"scalems_journal":"#.utf8)
    guard let bytes = try? journal.bytes(at: 0, count: header.count) else { return false }
    return bytes.elementsEqual(header.prefix(bytes.count))
  }

  private static func remove(_ directory: SessionDirectory) {
    for name in files { unlink(directory.path.appending(name).string) }
    for name in directories { rmdir(directory.path.appending(name).string) }
  }

  private static func move(
    _ directory: SessionDirectory, _ snapshot: SessionSnapshot, _ registry: LinkDirectory
  ) throws(SessionDirectory.DirectoryError) -> Outcome {
    guard let id = snapshot.info?.id, let real = realpath(directory.path.string, nil) else { return .none }
    defer { free(real) }
    guard let path = SystemText.exact(real) else { return .none }
    let from = FilePath(path)
    let to = FilePath("\(path).\(id)")
    // Never over something: an empty directory would give way to a rename.
    guard access(to.string, F_OK) != 0, rename(from.string, to.string) == 0 else {
      throw SessionDirectory.DirectoryError(
        description: "\(directory.path) holds session \(id), of which nothing has run yet, and cannot be moved away: "
          + "take it up with 'run --resume \(id)', or name another directory with --session-dir")
    }
    try? registry.add(id, directory: to.string)
    return .moved(id: id, tasks: snapshot.tasks.count, to: to)
  }
}
