import JSON
import Platform
import SessionModel
import Synchronization
import SystemPackage
import Wire

#if canImport(Glibc)
  import Glibc
#endif

/// The append-only record of a session: JSON lines, after a header that names version and session.
///
/// Events are written before anyone is told of them, and beside whoever records them. When the disk takes no more, they
/// are kept and tried again with the next ones and by `maintain()`. What happens to the journal itself is an event like
/// others. One process at a time writes a journal.
public final class Journal: EventRecorder {
  /// The version of the format, in the header.
  public static let version = 1

  /// Told of events, in order, once they are written, and up to which byte the file can be read: a line ends there.
  /// While the disk is full, events are told of that are not in the file yet. It must not record events itself.
  public typealias Observer = @Sendable (_ events: [SessionEvent], _ end: Int) -> Void

  /// The id of the session.
  public let session: String
  private let writer: JournalWriter
  /// What is left to be written at the end gets so long.
  private static let lastChance = Duration.seconds(10)
  /// A file system that hung when it was waited for is not waited for again.
  private let isGivenUp = Mutex(false)

  /// Makes the journal of a new session in its directory.
  ///
  /// - Parameter observer: told of events once they are in the journal, in order.
  /// - Throws: when there is one already or it cannot be written.
  public convenience init(
    creating path: FilePath, session: String, observer: @escaping Observer
  ) throws(SessionDirectory.DirectoryError) {
    let (directory, name) = try Self.place(of: path)
    try self.init(creatingIn: directory, name: name, session: session, observer: observer)
  }

  /// Makes the journal of a new session.
  ///
  /// - Parameters:
  ///   - directory: of the session.
  ///   - observer: told of events once they are in the journal, in order.
  /// - Throws: when there is one already or it cannot be written.
  public init(
    creatingIn directory: HeldDirectory, name: String = SessionDirectory.journalName, session: String,
    observer: @escaping Observer
  ) throws(SessionDirectory.DirectoryError) {
    let path = FilePath(directory.path).appending(name)
    let descriptor: Int32
    do throws(Errno) {
      descriptor = try directory.open(name, O_RDWR | O_CREAT | O_EXCL | O_APPEND).release()
    } catch { throw SessionDirectory.DirectoryError(description: "the journal \(path) cannot be made: \(error)") }
    guard JournalLock.take(descriptor) != .held else {
      close(descriptor)
      throw SessionDirectory.DirectoryError(description: "another scalems-top makes a session there: \(path)")
    }
    var output = JournalOutput(descriptor: descriptor, written: 0)
    output.append(JournalHeader.line(session: session))
    guard output.backlogSize == 0 else {
      // An empty journal would make the directory look used.
      directory.remove(name)
      throw SessionDirectory.DirectoryError(
        description: "the journal \(path) cannot be written: \(text(output.failure))")
    }
    self.session = session
    writer = JournalWriter(directory: directory, name: name, output: output, observer: observer)
  }

  private static func place(
    of path: FilePath
  ) throws(SessionDirectory.DirectoryError) -> (directory: HeldDirectory, name: String) {
    let parent = path.removingLastComponent()
    do throws(FileError) {
      return (try HeldDirectory(parent.isEmpty ? "." : parent.string), path.lastComponent?.string ?? "")
    } catch {
      let why =
        error.code.map { "the journal \(path) cannot be made: \($0)" } ?? "the directory of the journal: \(error)"
      throw SessionDirectory.DirectoryError(description: why)
    }
  }

  /// A journal on any descriptor.
  init(writer: JournalWriter, session: String) {
    self.session = session
    self.writer = writer
  }

  /// Opens the journal of an earlier session to write on. A line that its last writer did not finish is cut off.
  ///
  /// - Parameter observer: told of events once they are in the journal, in order; not of those that are there.
  /// - Throws: when it cannot be read or written, is none of a version known here, or another process writes it.
  public convenience init(
    resuming path: FilePath, observer: @escaping Observer
  ) throws(SessionDirectory.DirectoryError) {
    let (directory, name) = try Self.place(of: path)
    try self.init(resumingIn: directory, name: name, observer: observer)
  }

  /// Opens the journal of an earlier session to write on. A line that its last writer did not finish is cut off.
  ///
  /// - Parameters:
  ///   - directory: of the session.
  ///   - observer: told of events once they are in the journal, in order; not of those that are there.
  /// - Throws: when it cannot be read or written, is none of a version known here, or another process writes it.
  public init(
    resumingIn directory: HeldDirectory, name: String = SessionDirectory.journalName, observer: @escaping Observer
  ) throws(SessionDirectory.DirectoryError) {
    let path = FilePath(directory.path).appending(name)
    let file: Descriptor
    do throws(FileError) { file = try directory.openOwn(name, O_RDWR | O_APPEND) } catch {
      throw SessionDirectory.DirectoryError(description: "the journal \(error)")
    }
    guard JournalLock.take(file.number) != .held else {
      throw SessionDirectory.DirectoryError(description: "another scalems-top is running this session: \(path)")
    }
    let lines: (session: String, end: Int)
    do throws(SessionDirectory.DirectoryError) {
      lines = try Self.cut(file.file, path)
    } catch {
      JournalLock.release(file.number)
      throw error
    }
    session = lines.session
    writer = JournalWriter(
      directory: directory, name: name, output: JournalOutput(descriptor: file.release(), written: lines.end),
      observer: observer)
  }

  private static func cut(
    _ file: FileDescriptor, _ path: FilePath
  ) throws(SessionDirectory.DirectoryError) -> (session: String, end: Int) {
    let session = try JournalLines.header(file, path).session
    let end = try JournalLines.lastLineEnd(file, path)
    guard ftruncate(file.rawValue, off_t(end)) == 0 else {
      throw SessionDirectory.DirectoryError(description: "the journal \(path) cannot be written: \(text(errno))")
    }
    return (session, end)
  }

  /// Whether a process that lives writes the journal at `path`; to be allowed to read it is enough.
  ///
  /// - Returns: `nil` when that cannot be told: there is no journal, or its file system knows no locks.
  public static func isHeld(_ path: FilePath) -> Bool? { JournalLock.isHeld(path) }

  deinit { _ = writer.close(within: isGivenUp.withLock { $0 } ? .zero : Self.lastChance) }

  /// Writes what waits, and leaves the file: what is recorded after that is lost.
  ///
  /// - Parameters:
  ///   - limit: for a file system that hangs.
  ///   - patience: for one that is full: what waits is tried again so long.
  /// - Returns: what is missing in the file, in a sentence; `nil` when it is whole.
  public func finish(within limit: Duration, patience: Duration) -> String? {
    let missing = writer.close(within: limit, patience: patience)
    isGivenUp.withLock { $0 = missing != nil }
    return missing
  }

  /// Keeps a checkpoint of the session beside the journal from here on, see `Checkpoint`.
  public func keepCheckpoints() { keepCheckpoints(growth: Checkpointer.growth) }

  func keepCheckpoints(growth: Int) {
    writer.state.withLock {
      $0.checkpointer = Checkpointer(
        directory: writer.directory, journal: writer.name, session: session, end: $0.output.end, growth: growth)
    }
  }

  public func record(_ events: [SessionEvent]) {
    if !events.isEmpty { writer.record(events) }
  }

  public func flush() async {
    await withCheckedContinuation { continuation in writer.whenWritten { continuation.resume() } }
  }

  public func written() async {
    await withCheckedContinuation { continuation in writer.whenInFile { continuation.resume() } }
  }

  public var trouble: RecorderTrouble? { writer.trouble }

  public func onTrouble(_ body: @escaping @Sendable () -> Void) { writer.setOnTrouble(body) }

  public func expect(tasks: Int) { writer.expect(tasks: tasks) }

  /// Calls `body` when all that was recorded before is in the file, whenever that is, or the file was left.
  public func whenInFile(_ body: @escaping @Sendable () -> Void) { writer.whenInFile(body) }

  /// Calls `body`, on the thread that writes, when all that was recorded before is written.
  public func whenWritten(_ body: @escaping @Sendable () -> Void) { writer.whenWritten(body) }

  /// Waits, as long as given, until all that was recorded before is written. Blocks.
  ///
  /// - Returns: whether it is.
  public func flush(within limit: Duration) -> Bool {
    let isWritten = writer.flush(within: limit)
    isGivenUp.withLock { $0 = !isWritten }
    return isWritten
  }

  /// Has the journal looked after; to be called about once a second, from any thread, and returns at once.
  ///
  /// What the disk did not take is tried again, a journal that was removed or replaced is made again, and it is noticed
  /// when the machine's clock was set or the file system hangs. What is found are events.
  public func maintain() { writer.maintain() }

  /// What is wrong with the journal now, in one sentence; `nil` when all is well.
  public var problem: String? { writer.problem }

  /// Bytes of the journal that can be read now; a line ends there.
  public var end: Int { writer.end }
}
