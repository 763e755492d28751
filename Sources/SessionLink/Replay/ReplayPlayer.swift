import SessionModel
import Work

/// Plays a recording: what it is told goes in, what a screen is to show comes out. Knows no threads and no timers.
actor ReplayPlayer {
  private let cursor: ReplayCursor
  private let index: ReplayIndex
  /// Seconds of a clock that only goes forward.
  private let now: @Sendable () -> Double
  private var head: Playhead
  private var snapshot = SessionSnapshot()
  private var last: Double
  /// More events than this are sooner shown as the snapshot they make.
  private static let longWay = 20_000

  /// - Throws: `SessionDirectory.DirectoryError` when it cannot be read, or holds no events.
  init(
    _ recording: Recording, speed: Double, index: ReplayIndex, now: @escaping @Sendable () -> Double
  ) throws(SessionDirectory.DirectoryError) {
    cursor = try ReplayCursor(recording)
    let first = try recording.firstEvent()
    let end = recording.lastEvent?.time ?? first.time
    head = Playhead(start: first.time, end: end, speed: speed)
    self.index = index
    self.now = now
    last = now()
  }

  var isPlaying: Bool { head.timeline.isPlaying }
  var timeline: Timeline { head.timeline }

  /// What the recording begins with.
  func begin() -> [SessionUpdate] {
    last = now()
    return show(isWhole: true)
  }

  /// Time passed.
  func tick() -> [SessionUpdate] {
    goOn()
    return show()
  }

  func obey(_ order: PlayOrder) -> [SessionUpdate] {
    goOn()
    head.obey(order, marks: index.marks)
    return show()
  }

  private func goOn() {
    let end = index.end
    head.extend(to: end.time ?? head.timeline.end, isEnd: end.isComplete)
    let time = now()
    head.pass(time - last)
    last = time
  }

  /// The task of an output by its names, and that of its file; `nil` when it is not there yet.
  func place(of output: OutputID) -> (uid: String, file: String)? {
    snapshot.tasks.batch(of: output.task).map {
      (snapshot.tasks.uid(of: output.task), output.name($0.description(of: output.task)))
    }
  }

  private func show(isWhole: Bool = false) -> [SessionUpdate] {
    let position = head.timeline.position
    var isWhole = isWhole
    let frame = index.keyframe(before: position)
    var fresh: [SessionEvent] = []
    do {
      if cursor.time > position || frame.map(cursor.isBefore) ?? false {
        snapshot = frame?.snapshot ?? SessionSnapshot()
        try cursor.go(to: frame)
        isWhole = true
      }
      while let events = try cursor.events(until: position) {
        snapshot.apply(events)
        if fresh.count + events.count > Self.longWay { isWhole = true }
        if !isWhole { fresh += events }
      }
    } catch {
      head.stop()
      return [.timeline(head.timeline), .refused("\(error)")]
    }
    if isWhole { return [.timeline(head.timeline), .snapshot(snapshot)] }
    return [.timeline(head.timeline)] + (fresh.isEmpty ? [] : [.events(fresh)])
  }
}
