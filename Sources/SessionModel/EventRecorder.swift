/// Where events go: written to the journal first, shown after.
public protocol EventRecorder: Sendable {
  /// Hands events over, in order, and returns at once: a slow file system holds up nobody.
  func record(_ events: [SessionEvent])

  /// Returns when all that was recorded before is written, or kept because there is no room for it.
  func flush() async

  /// Returns when all that was recorded before is written, whenever that is, or the recorder is closed; work that is
  /// acknowledged waits for this.
  func written() async

  /// What keeps events from being written now: as long as there is anything, no task is started, so that none comes to an
  /// end that nobody could read of later.
  var trouble: RecorderTrouble? { get }

  /// Has `body` called, from any thread, whenever `trouble` changed.
  func onTrouble(_ body: @escaping @Sendable () -> Void)

  /// So many tasks may be under way: there should be room for what will be said of them.
  func expect(tasks: Int)
}

// For a recorder that always has room, as one of memory.
extension EventRecorder {
  public func written() async { await flush() }
  public var trouble: RecorderTrouble? { nil }
  public func onTrouble(_ body: @escaping @Sendable () -> Void) {}
  public func expect(tasks: Int) {}
}

/// Why the record of a session is behind what happens.
public enum RecorderTrouble: Equatable, Sendable {
  /// It is being written, and that takes a moment.
  case busy
  /// The file system does not answer; why, in a sentence.
  case hangs(String)
  /// There is no room for it, or no way to write it; why, in a sentence.
  case full(String)
}
