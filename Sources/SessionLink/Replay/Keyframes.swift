import SessionModel

/// The session as it was at a place of its journal.
struct Keyframe: Sendable {
  /// Bytes of the journal that the snapshot covers.
  var offset: Int
  /// The latest time among them.
  var time: Timestamp
  var snapshot: SessionSnapshot
}

/// Snapshots along a recording, so that going back costs the way from the one before, not from the start.
///
/// There are at most ``limit`` of them, and fewer of a session with very many tasks: a snapshot costs some 35 bytes a
/// task. When there are too many, every second one goes, and the next ones come at twice the distance.
struct Keyframes: Sendable {
  static let limit = 32
  /// Tasks in all of them together.
  static let taskLimit = 8_000_000

  private(set) var frames: [Keyframe] = []
  private var step: Int

  /// - Parameter step: bytes of the journal between two of them, to begin with.
  init(step: Int) { self.step = step }

  /// Whether one is wanted at this place; asked first, since making one copies the snapshot at its next change.
  func wants(_ offset: Int) -> Bool { frames.last.map { offset >= $0.offset + step } ?? true }

  mutating func add(_ frame: Keyframe) {
    guard wants(frame.offset) else { return }
    frames.append(frame)
    while isTooMuch, frames.count > 2 {
      frames = frames.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
      step *= 2
    }
  }

  private var isTooMuch: Bool {
    frames.count > Self.limit || frames.reduce(0) { $0 + $1.snapshot.tasks.count } > Self.taskLimit
  }

  /// The last one that holds nothing after this time.
  func before(_ time: Timestamp) -> Keyframe? { frames.last { $0.time <= time } }
}
