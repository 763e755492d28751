import Words
import Work

/// What a session did over its time: cores that were busy, tasks that started and ended, tasks that waited.
///
/// So many spans of one length as there is room for, whatever the age of the session: when they do not suffice, two become
/// one. It follows from the events, so whoever replays or attaches late has it at once.
public struct SessionHistory: Equatable, Sendable {
  /// What was in one span of time. Levels are sums over its seconds.
  public struct Span: Equatable, Sendable {
    /// Core-seconds of tasks that ran.
    public var busy = 0.0
    /// Task-seconds of tasks that the engine had and that did not run.
    public var queued = 0.0
    /// Task-seconds of tasks that waited for others, or for their turn.
    public var waiting = 0.0
    public var started = 0
    public var finished = 0

    static func + (a: Span, b: Span) -> Span {
      Span(
        busy: a.busy + b.busy, queued: a.queued + b.queued, waiting: a.waiting + b.waiting,
        started: a.started &+ b.started, finished: a.finished &+ b.finished)
    }

    /// Whether it can be of a session.
    fileprivate var isSound: Bool {
      [busy, queued, waiting].allSatisfy { $0.isFinite && $0 >= 0 } && started >= 0 && finished >= 0
    }

    package init(busy: Double = 0, queued: Double = 0, waiting: Double = 0, started: Int = 0, finished: Int = 0) {
      (self.busy, self.queued, self.waiting) = (busy, queued, waiting)
      (self.started, self.finished) = (started, finished)
    }
  }

  /// How many there are now, of each.
  package struct Levels: Equatable, Sendable {
    package var busy = 0
    package var queued = 0
    package var waiting = 0

    package init(busy: Int = 0, queued: Int = 0, waiting: Int = 0) {
      (self.busy, self.queued, self.waiting) = (busy, queued, waiting)
    }
  }

  /// Spans at most.
  public static let limit = 256
  private static let shortest: Int64 = 250_000

  /// When the first span began; `nil` before the first event.
  public private(set) var start: Timestamp?
  /// Until when it is known.
  public private(set) var end: Timestamp?
  /// Microseconds of a span.
  package private(set) var step = shortest
  public private(set) var spans: [Span] = []
  package private(set) var levels = Levels()

  public init() {}

  /// The history that these were parts of; `nil` when they contradict each other.
  package init?(start: Timestamp, end: Timestamp, step: Int64, spans: [Span], levels: Levels) {
    // Twice the longest time is no number any more.
    guard start <= end, step >= Self.shortest, step <= Self.longest, spans.count <= Self.limit,
      spans.allSatisfy(\.isSound)
    else { return nil }
    (self.start, self.end, self.step, self.spans, self.levels) = (start, end, step, spans, levels)
  }

  /// Seconds of a span.
  public var spanSeconds: Double { Double(step) / 1e6 }

  /// What is now goes on until `time`; from then on the levels are others.
  mutating func advance(to time: Timestamp, levels next: Levels) {
    defer { levels = next }
    guard let end else {
      (start, end) = (time, time)
      return
    }
    // A clock that was set back says nothing.
    guard time > end else { return }
    add(levels, from: end, to: time)
    self.end = time
  }

  /// From the last event on nothing is known: whoever ran the session had died.
  mutating func pause() { levels = Levels() }

  /// Tasks started, or ended.
  mutating func note(started: Int = 0, finished: Int = 0, at time: Timestamp) {
    guard let start, time >= start else { return }
    let index = index(of: time)
    spans[index].started &+= started
    spans[index].finished &+= finished
  }

  /// The span that a time is in which is not before the start; it is made when it is not there yet.
  private mutating func index(of time: Timestamp) -> Int {
    let passed = microseconds(to: time)
    while passed / step >= Int64(Self.limit) { widen() }
    let index = Int(passed / step)
    if index >= spans.count { spans += repeatElement(Span(), count: index + 1 - spans.count) }
    return index
  }

  private func microseconds(to time: Timestamp) -> Int64 {
    guard let start else { return 0 }
    let (distance, overflows) = time.microseconds.subtractingReportingOverflow(start.microseconds)
    // Not the largest number: a step that doubles comes to more than the time before it does.
    return overflows ? Self.longest : min(max(0, distance), Self.longest)
  }

  private static let longest: Int64 = 1 << 61

  private mutating func widen() {
    step *= 2
    spans = stride(from: 0, to: spans.count, by: 2).map { index in
      index + 1 < spans.count ? spans[index] + spans[index + 1] : spans[index]
    }
  }

  private mutating func add(_ levels: Levels, from: Timestamp, to: Timestamp) {
    // The last one first: it may make others of all spans.
    let last = index(of: to)
    var at = microseconds(to: from)
    let end = microseconds(to: to)
    for index in index(of: from)...last {
      let until = min(end, Int64(index + 1) * step)
      let seconds = Double(until - at) / 1e6
      spans[index].busy += seconds * Double(levels.busy)
      spans[index].queued += seconds * Double(levels.queued)
      spans[index].waiting += seconds * Double(levels.waiting)
      at = until
    }
  }

  /// The same until `now`, when nothing has happened since.
  public func until(_ now: Timestamp) -> SessionHistory {
    var history = self
    history.advance(to: now, levels: levels)
    return history
  }

  /// Its spans put together to at most so many parts of one length, with the seconds that each has; the last has what has
  /// passed of it.
  public func parts(_ count: Int) -> [(span: Span, seconds: Double)] {
    guard count > 0, let start, let end else { return [] }
    let size = spansOfPart(count)
    return stride(from: 0, to: spans.count, by: size).map { first in
      let last = min(first + size, spans.count)
      let passed = end.seconds(since: start) - Double(first) * spanSeconds
      // Of a part that has just begun a single task would be very many a second.
      let seconds = max(min(Double(last - first) * spanSeconds, passed), spanSeconds)
      return (spans[first..<last].reduce(Span(), +), seconds)
    }
  }

  /// Seconds of one of so many parts.
  public func partSeconds(_ count: Int) -> Double { Double(spansOfPart(count)) * spanSeconds }

  private func spansOfPart(_ count: Int) -> Int { max(1, (spans.count + count - 1) / max(1, count)) }

  /// What was in about the last so many seconds; `nil` before they have passed.
  public func recent(seconds: Double) -> (span: Span, seconds: Double)? {
    guard let start, let end else { return nil }
    let count = max(1, Int(saturating: (seconds / spanSeconds).rounded(.up)))
    let first = max(0, spans.count - 1 - count)
    let passed = end.seconds(since: start) - Double(first) * spanSeconds
    guard passed >= min(seconds, 1) else { return nil }
    return (spans[first...].reduce(Span(), +), passed)
  }
}
