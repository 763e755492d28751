import SessionModel

/// Where a recording stands and how fast it goes: time alone, no files.
struct Playhead: Equatable, Sendable {
  private(set) var timeline: Timeline
  /// Whether the end of the time line is the end of the recording, not only as far as is known yet.
  private(set) var isEndKnown = false
  /// Whether someone asked for the end, wherever it turns out to be.
  private var wantsEnd = false

  static let speeds = 1.0 / 16...65536

  /// - Parameter speed: recorded seconds a second; 0 begins at a standstill.
  init(start: Timestamp, end: Timestamp, speed: Double) {
    let isPlaying = speed > 0
    timeline = Timeline(
      start: start, end: max(start, end), position: start, speed: isPlaying ? Self.bounded(speed) : 1,
      isPlaying: isPlaying)
  }

  /// Time went on by so many seconds of the person who looks.
  mutating func pass(_ seconds: Double) {
    guard timeline.isPlaying, seconds > 0 else { return }
    move(by: seconds * timeline.speed)
    if isEndKnown, timeline.position >= timeline.end { timeline.isPlaying = false }
  }

  /// - Parameter marks: times worth a look, in order.
  mutating func obey(_ order: PlayOrder, marks: [Timestamp]) {
    wantsEnd = order == .toEnd
    switch order {
    case .playOrPause:
      // At its end there is nothing to play but the whole again.
      if !timeline.isPlaying, isEndKnown, timeline.position >= timeline.end { timeline.position = timeline.start }
      timeline.isPlaying.toggle()
    case .skip(let seconds): move(by: seconds)
    case .toStart: timeline.position = timeline.start
    case .toEnd: timeline.position = timeline.end
    case .nextMark:
      let next = marks.partitioningIndex { $0 > timeline.position }
      timeline.position = next < marks.count ? min(marks[next], timeline.end) : timeline.end
    case .previousMark:
      // While it plays, the mark just passed is not the one before.
      let grace = timeline.isPlaying ? Int64(timeline.speed * 1e6) : 0
      let limit = Timestamp(microseconds: timeline.position.microseconds &- grace)
      let next = marks.partitioningIndex { $0 >= limit }
      timeline.position = next > 0 ? max(marks[next - 1], timeline.start) : timeline.start
    case .speed(let factor):
      guard factor > 0 else { return }
      timeline.speed = Self.bounded(timeline.speed * factor)
    }
  }

  /// The recording turned out to go on until then.
  mutating func extend(to end: Timestamp, isEnd: Bool) {
    timeline.end = max(timeline.end, end)
    isEndKnown = isEnd
    if wantsEnd, !timeline.isPlaying { timeline.position = timeline.end }
  }

  /// Stands still.
  mutating func stop() { timeline.isPlaying = false }

  private mutating func move(by seconds: Double) {
    // In doubles first: a file may hold any times.
    let wanted = Double(timeline.position.microseconds) + seconds * 1e6
    let bounds = (Double(timeline.start.microseconds), Double(timeline.end.microseconds))
    if wanted <= bounds.0 {
      timeline.position = timeline.start
    } else if wanted >= bounds.1 {
      timeline.position = timeline.end
    } else {
      timeline.position = Timestamp(microseconds: Int64(wanted))
    }
  }

  private static func bounded(_ speed: Double) -> Double { min(max(speed, speeds.lowerBound), speeds.upperBound) }
}

extension Array {
  /// The index of the first element for which the condition holds, of which it holds for all after it, too.
  fileprivate func partitioningIndex(where condition: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
