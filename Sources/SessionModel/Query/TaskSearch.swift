import Work

/// Looks for the tasks of a query, in steps: a million texts take a second or two, and what was found so far can be shown
/// meanwhile.
public struct TaskSearch: Sendable {
  public let query: TaskQuery
  /// Tasks of which what never changes is as it is asked for.
  private var found = IDSet()
  /// How many tasks were looked at, from the first; all of them, when there is nothing to look for in texts.
  public private(set) var scanned = 0
  /// Ended tasks whose end was looked at, and those of them that ended as is asked for.
  private var looked = IDSet()
  private var matching = IDSet()
  private var hasAllEnds = true
  private var scratch = SafePattern.Scratch()

  public init(_ query: TaskQuery) { self.query = query }

  /// All tasks of a query; takes as long as that takes.
  public static func all(_ query: TaskQuery, in table: TaskTable) -> IDSet {
    var search = TaskSearch(query)
    repeat { search.scan(table, limit: 100_000) } while !search.isComplete(for: table)
    return search.sets(table).reduce(IDSet()) { $0.union($1) }
  }

  public func isComplete(for table: TaskTable) -> Bool {
    (query.fixed.isEmpty || scanned >= table.count) && (query.ends.isEmpty || hasAllEnds)
  }

  /// Looks at the next `limit` tasks.
  public mutating func scan(_ table: TaskTable, limit: Int) {
    if !query.fixed.isEmpty { scanTexts(table, limit) }
    if !query.ends.isEmpty { scanEnds(table, limit) }
  }

  /// The tasks found so far, phase by phase in the order of the list.
  public func sets(_ table: TaskTable) -> [IDSet] {
    TaskPhase.allCases.map { phase in
      let states = TaskState.allCases.filter { $0.phase == phase }
      let wanted = states.filter(query.states.contains)
      guard !wanted.isEmpty else { return IDSet() }
      var set = table.ids(in: phase)
      if !query.fixed.isEmpty { set = set.intersection(found) }
      if !query.ends.isEmpty { set = set.intersection(matching) }
      // Only some of a phase's states: few tasks are on their way through them, and nothing is kept of each.
      return wanted.count == states.count ? set : set.filter { wanted.contains(table.state(of: $0)) }
    }
  }

  // MARK: What never changes

  private mutating func scanTexts(_ table: TaskTable, _ limit: Int) {
    let end = min(table.count, scanned + limit)
    while scanned < end, let batch = table.batch(of: TaskID(scanned)) {
      let batchEnd = min(end, Int(batch.ids.upperBound))
      switch shared(batch) {
      case .none: break
      case .all: found.insert(UInt32(scanned)..<UInt32(batchEnd))
      case .some(let rest):
        var text = SearchText(batch)
        for number in scanned..<batchEnd {
          text.write(TaskID(number))
          if rest.allSatisfy({ holds($0, text) }) { found.insert(TaskID(number)) }
        }
      }
      scanned = batchEnd
    }
  }

  private enum Shared {
    case none, all
    /// The words that are to be looked for in the texts of each member.
    case some([TaskQuery.Fixed])
  }

  /// What all members share is looked at once.
  private mutating func shared(_ batch: TaskBatch) -> Shared {
    let name = SearchText.lower(batch.description.name)
    var rest: [TaskQuery.Fixed] = []
    for word in query.fixed {
      if word.field == .after {
        let isHeld = batch.description.after.contains { holds(word.text, SearchText.lower($0)) }
        if isHeld == word.isNot { return .none }
        continue
      }
      if case .word(let text) = word.text, word.field == nil || word.field == .name, SearchText.contains(text, in: name)
      {
        if word.isNot { return .none }
        continue
      }
      rest.append(word)
    }
    return rest.isEmpty ? .all : .some(rest)
  }

  private mutating func holds(_ word: TaskQuery.Fixed, _ text: SearchText) -> Bool {
    let range = text.range(of: word.field)
    let isHeld =
      switch word.text {
      case .word(let needle): SearchText.contains(needle, in: text.buffer, range)
      case .pattern(let pattern): pattern.occurs(in: text.buffer, range, &scratch)
      }
    return isHeld != word.isNot
  }

  private mutating func holds(_ text: TaskQuery.Text, _ lower: [UInt8]) -> Bool {
    switch text {
    case .word(let needle): SearchText.contains(needle, in: lower)
    case .pattern(let pattern): pattern.occurs(in: lower, 0..<lower.count, &scratch)
    }
  }

  // MARK: How they ended

  private mutating func scanEnds(_ table: TaskTable, _ limit: Int) {
    let ended = table.ids(in: .failed).union(table.ids(in: .canceled)).union(table.ids(in: .done))
    // What is taken up again will end anew.
    looked = looked.intersection(ended)
    matching = matching.intersection(ended)
    let new = ended.subtracting(looked)
    for id in new.ids.prefix(limit) {
      looked.insert(id)
      guard let task = table.details(of: id) else { continue }
      if query.ends.allSatisfy({ holds($0, task) }) { matching.insert(id) }
    }
    hasAllEnds = new.count <= limit
  }

  private mutating func holds(_ word: TaskQuery.End, _ task: TaskDetails) -> Bool {
    let isHeld =
      switch word.what {
      case .exit(let codes, let signals):
        task.signal.map(signals.contains) ?? false
          || task.exitCode.map { task.signal == nil && codes.contains($0) } ?? false
      case .reason(let text): task.reason.map { holds(text, SearchText.lower($0)) } ?? false
      }
    return isHeld != word.isNot
  }
}
