import Work

/// Whether tasks may be started. When something of ours is lacking, all would fail that wait: so one at a time is tried, now
/// and then, until all that fits runs again.
struct DispatchPause {
  /// What is to be done with a task that could not be started.
  enum Verdict: Equatable {
    /// It is put back; the next try is due after some time.
    case paused(isNews: Bool, retryAfter: Duration)
    /// Others can be started, again and again: it is the task's own fault.
    case ownFault
    /// It has lasted too long.
    case giveUp
  }

  /// How long nothing may run and nothing can be started before that counts as the end.
  let patience: Duration
  /// What is lacking; `nil` when nothing is.
  private(set) var shortage: Shortage?
  private var delay = Self.firstDelay
  /// The next try is not due yet.
  private var isWaiting = false
  /// The task that is being tried.
  private var tried: TaskID?
  /// Since when nothing runs and nothing can be started.
  private var idleSince: ContinuousClock.Instant?
  /// Tasks that were started.
  private var starts = 0
  /// Of tasks whose own fault it may be: how often others were started between two tries, and how many at the last.
  private var doubts: [TaskID: (count: Int, starts: Int)] = [:]

  private static let firstDelay = Duration.milliseconds(250)
  private static let longestDelay = Duration.seconds(5)
  private static let doubtLimit = 3

  init(patience: Duration) { self.patience = patience }

  var isPaused: Bool { shortage != nil }
  /// Whether a task may be started now.
  var mayStart: Bool { shortage == nil || (!isWaiting && tried == nil) }

  /// A task is about to be started.
  mutating func tries(_ id: TaskID) { if isPaused { tried = id } }

  mutating func started(_ id: TaskID) {
    starts += 1
    guard isPaused || !doubts.isEmpty else { return }
    doubts[id] = nil
    if tried == id { tried = nil }
    idleSince = nil
    delay = Self.firstDelay
  }

  /// A task came to its end, whatever it was: what it held is free.
  mutating func ended(_ id: TaskID) {
    guard isPaused else { return }
    doubts[id] = nil
    if tried == id { tried = nil }
    isWaiting = false
  }

  mutating func retryIsDue() { isWaiting = false }

  /// A task could not be started.
  ///
  /// - Parameter isIdle: whether nothing else runs.
  mutating func lacks(
    _ shortage: Shortage, for id: TaskID, isIdle: Bool, now: ContinuousClock.Instant
  ) -> Verdict {
    if tried == id { tried = nil }
    if shortage.isDoubtful {
      var doubt = doubts[id] ?? (0, starts)
      if doubt.starts < starts { doubt = (doubt.count + 1, starts) }
      doubts[id] = doubt
      if doubt.count >= Self.doubtLimit {
        doubts[id] = nil
        return .ownFault
      }
    }
    let isNews = self.shortage == nil
    self.shortage = shortage
    isWaiting = true
    // As long as something runs, its end may help.
    idleSince = isIdle ? idleSince ?? now : nil
    if let idleSince, now - idleSince >= patience { return .giveUp }
    defer { delay = min(delay * 2, Self.longestDelay) }
    return .paused(isNews: isNews, retryAfter: delay)
  }

  /// All that fits was started.
  mutating func goesOn() {
    shortage = nil
    isWaiting = false
    tried = nil
    idleSince = nil
    delay = Self.firstDelay
  }
}
