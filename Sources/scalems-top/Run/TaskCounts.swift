import SessionModel

/// Tasks by group, in words. What has not come to its end when its session has is `not run`, wherever it stood.
struct TaskCounts {
  private let counts: [TaskPhase: Int]
  private let isClosed: Bool

  init(_ counts: [TaskPhase: Int], isClosed: Bool) { (self.counts, self.isClosed) = (counts, isClosed) }

  /// `3 running, 20 queued, 100 done`; `nil` when there are none.
  var words: String? {
    var parts: [(word: String, count: Int)] = []
    for phase in TaskPhase.allCases {
      guard let count = counts[phase], count > 0 else { continue }
      let word = phase.word(isClosed: isClosed)
      if parts.last?.word == word { parts[parts.count - 1].count += count } else { parts.append((word, count)) }
    }
    return parts.isEmpty ? nil : parts.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
  }
}

extension SessionSummary {
  /// Tasks that came to no end.
  var notRun: Int { tasks.reduce(0) { TaskState(name: $1.key)?.isFinal ?? true ? $0 : $0 + $1.value } }
}
