import Work

/// All tasks of a session as columns: a row number is a task's number, an array an attribute.
///
/// 35 bytes a task; counts and the display order are kept incrementally, so that drawing costs what is on the screen.
public struct TaskTable: Sendable {
  /// What was added, in order of ids.
  public private(set) var batches: [TaskBatch] = []
  /// Cores of the pilot that running tasks hold.
  public private(set) var coresInUse = 0
  public private(set) var gpusInUse = 0
  /// Functions that run, and the cores among those in use that they would hold by themselves.
  public private(set) var callsRunning = 0
  public private(set) var callCoresInUse = 0
  /// Running tasks that go through the raptor, and those that ended in it.
  public private(set) var raptorRunning = 0
  /// Tasks that the engine has for the raptor, and that do not run yet.
  public private(set) var raptorQueued = 0
  public var raptorFinished: Int { columns.raptorFinished }

  /// What is known of each task; everything else here follows from it and the batches.
  package private(set) var columns = TaskColumns()
  private var reasonByText: [String: Int32] = [:]
  private var phases: [IDSet] = Array(repeating: IDSet(), count: TaskPhase.allCases.count)
  private var stateCounts = [Int](repeating: 0, count: TaskState.allCases.count)
  /// What moving a task must know of its batch, beside `batches`: to look a whole one up costs as much as the rest.
  private var needs: [Needs] = []
  /// What became of the tasks of each batch.
  public private(set) var tallies: [BatchTally] = []
  /// The first tasks of all batches, by what a batch is doing: a bit a task and phase.
  private(set) var items = [IDSet](repeating: IDSet(), count: TaskPhase.allCases.count)
  /// How often a task was described that had been added without.
  public private(set) var descriptionChanges = 0

  private struct Needs {
    var first: TaskID
    var cores: Int
    var gpus: Int
    var raptor: Bool
    var isCall: Bool

    init(_ batch: TaskBatch) {
      first = batch.first
      isCall = batch.description.function != nil
      (cores, gpus) = (batch.description.resources.cores, batch.description.resources.gpus)
      raptor = batch.description.raptor
      // What goes through the raptor of another program runs on cores that a worker holds, which is a task itself.
      if raptor, batch.uid != nil { (cores, gpus) = (0, 0) }
    }
  }

  private static let never = TaskColumns.never
  private static let noExitCode = TaskColumns.noExitCode

  public init() {}

  /// The table whose batches and columns these were, its counts and sets computed again; `nil` when they contradict
  /// each other.
  package init?(batches: [TaskBatch], columns: TaskColumns) {
    guard columns.isConsistent else { return nil }
    var rows = 0
    for batch in batches {
      // A batch has at most 2^32 members: no sum of what passed before overflows.
      guard batch.first.index == rows, batch.count > 0 else { return nil }
      rows += batch.count
      guard rows <= columns.count else { return nil }
    }
    guard rows == columns.count else { return nil }
    self.batches = batches
    self.columns = columns
    needs = batches.map { Needs($0) }
    for (number, text) in columns.reasons.enumerated() { reasonByText[text] = Int32(truncatingIfNeeded: number) }
    recount()
  }

  /// Computes what `move` keeps incrementally, from the states.
  private mutating func recount() {
    let phaseOf = TaskState.allCases.map { Int($0.phase.rawValue) }
    let words = (count + 63) / 64
    var bits = [UInt64](repeating: 0, count: words * TaskPhase.allCases.count)
    for (row, state) in columns.states.enumerated() {
      stateCounts[Int(state.rawValue)] += 1
      bits[phaseOf[Int(state.rawValue)] * words + row >> 6] |= 1 << UInt64(row & 63)
    }
    for phase in TaskPhase.allCases {
      let start = Int(phase.rawValue) * words
      phases[Int(phase.rawValue)] = IDSet(words: Array(bits[start..<(start + words)]))
    }
    tallies = batches.map { _ in BatchTally() }
    for (index, batch) in batches.enumerated() {
      let range = batch.first.index..<(batch.first.index + batch.count)
      for row in range { tallies[index].add(columns.states[row].phase, seconds: seconds(ofRow: row)) }
      items[Int(tallies[index].phase.rawValue)].insert(batch.first)
      let running = columns.states[range].count { $0.phase == .running }
      coresInUse += running * batch.description.resources.cores
      gpusInUse += running * batch.description.resources.gpus
      if batch.description.function != nil {
        callsRunning += running
        callCoresInUse += running * batch.description.resources.cores
      }
      guard batch.description.raptor else { continue }
      raptorRunning += running
      raptorQueued += columns.states[range].count { $0.phase == .queued }
    }
  }

  public var count: Int { columns.count }
  /// What another program calls its tasks, by number; empty where they are called by their numbers.
  private var foreignIDs: [String] = []

  /// What the task is called in RADICAL-Pilot's files, on the screen and in commands.
  public func uid(of id: TaskID) -> String { id.index < foreignIDs.count ? foreignIDs[id.index] : id.uid }

  /// The task that is called so in RADICAL-Pilot's files; `nil` when there is none.
  public func task(uid: String) -> TaskID? {
    if foreignIDs.isEmpty { return TaskID(uid: uid).flatMap { contains($0) ? $0 : nil } }
    return foreignIDs.firstIndex(of: uid).map { TaskID($0) }
  }

  /// Whether another program has a task of that name.
  func holds(uid: String) -> Bool { !foreignIDs.isEmpty && foreignIDs.contains(uid) }

  /// Texts that are held for the reasons of all tasks.
  var reasonCount: Int { columns.reasons.count }

  public func count(inState state: TaskState) -> Int { stateCounts[Int(state.rawValue)] }
  public func count(in phase: TaskPhase) -> Int { phases[Int(phase.rawValue)].count }
  /// How many are in each state, by RADICAL-Pilot's name of it; without those that none is in.
  public var countsByState: [String: Int] {
    let states = TaskState.allCases.filter { count(inState: $0) > 0 }
    return Dictionary(uniqueKeysWithValues: states.map { ($0.name, count(inState: $0)) })
  }

  public var finished: Int { count(in: .done) + count(in: .failed) + count(in: .canceled) }

  public func ids(in phase: TaskPhase) -> IDSet { phases[Int(phase.rawValue)] }

  public func contains(_ id: TaskID) -> Bool { id.index < columns.states.count }

  /// The batch that holds the task.
  public func batch(of id: TaskID) -> TaskBatch? {
    contains(id) ? batches[batchIndex(of: id)] : nil
  }

  /// The place of its batch among ``batches``.
  public func batchNumber(of id: TaskID) -> Int? { contains(id) ? batchIndex(of: id) : nil }

  /// The process id of its first rank, while it runs and that is known.
  public func pid(of id: TaskID) -> Int32? { columns.pids[id] }

  /// When it started to run; `nil` when it has not.
  public func started(_ id: TaskID) -> Timestamp? { contains(id) ? time(columns.started[id.index]) : nil }

  /// Of a task that is in the table.
  func batchIndex(of id: TaskID) -> Int {
    var low = 0
    var high = needs.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if needs[middle].first <= id { low = middle } else { high = middle - 1 }
    }
    return low
  }

  public func state(of id: TaskID) -> TaskState { columns.states[id.index] }
  public func label(of id: TaskID) -> String { batch(of: id)?.label(of: id) ?? id.uid }

  /// The task of a label: `name`, or `name.member` of an ensemble.
  public func task(named text: String) -> TaskID? {
    if let batch = batches.first(where: { $0.description.name == text }), batch.members == .single {
      return batch.first
    }
    guard let dot = text.lastIndex(of: "."), let member = Int(text[text.index(after: dot)...]) else { return nil }
    let name = text[..<dot]
    for batch in batches where batch.description.name == name {
      guard let first = batch.member(of: batch.first), member >= first, member - first < batch.count else { continue }
      return TaskID(batch.first.index + member - first)
    }
    return nil
  }

  /// Why it is in its state, when that is more than the exit code says.
  func reason(of id: TaskID) -> String? { columns.reasonNumbers[id].map { columns.reasons[Int($0)] } }

  public func commandLine(of id: TaskID) -> String { batch(of: id)?.commandLine(of: id) ?? "" }
  /// Whether someone asked to cancel the task and the engine has not confirmed an end yet.
  public func isCancelRequested(_ id: TaskID) -> Bool {
    columns.cancelRequests.contains(id) && !columns.states[id.index].isFinal
  }

  /// Everything known of one task; made on request, for a detail view or one visible row.
  public func details(of id: TaskID) -> TaskDetails? {
    guard contains(id), let batch = batch(of: id) else { return nil }
    let row = id.index
    return TaskDetails(
      id: id, label: batch.label(of: id), state: columns.states[row], isCancelRequested: isCancelRequested(id),
      attempt: Int(columns.attempts[row]), added: time(columns.added[row]), queued: time(columns.queued[row]),
      started: time(columns.started[row]),
      ended: time(columns.ended[row]),
      exitCode: columns.exitCodes[row] == Self.noExitCode ? nil : Int32(columns.exitCodes[row]),
      signal: columns.signals[row] == 0 ? nil : Int32(columns.signals[row]),
      user: Double(columns.userTimes[row]) / 1000,
      system: Double(columns.systemTimes[row]) / 1000, peakMemory: Int(columns.peaks[row]),
      pid: columns.pids[id], reason: columns.reasonNumbers[id].map { columns.reasons[Int($0)] },
      value: columns.values[id]?.text)
  }

  /// Adds the members of a batch in state NEW. A batch that does not follow the last one is ignored (a duplicate).
  public mutating func add(_ batch: TaskBatch, at time: Timestamp) {
    guard batch.first.index == columns.states.count, batch.count > 0 else { return }
    if columns.epoch == nil { columns.epoch = time }
    let count = batch.count
    batches.append(batch)
    needs.append(Needs(batch))
    tallies.append(BatchTally(waiting: count))
    items[Int(TaskPhase.waiting.rawValue)].insert(batch.first)
    columns.append(count, at: offset(time))
    phases[Int(TaskPhase.waiting.rawValue)].insert(batch.ids)
    stateCounts[Int(TaskState.new.rawValue)] += count
    if let uid = batch.uid, foreignIDs.count == batch.first.index { foreignIDs.append(uid) }
  }

  /// Takes the description of a task of which nothing was known when it was added.
  package mutating func describe(_ id: TaskID, as description: TaskDescription) {
    guard contains(id), batches[batchIndex(of: id)].count == 1 else { return }
    let index = batchIndex(of: id)
    let batch = TaskBatch(first: id, description: description, members: .single, uid: batches[index].uid)
    let (old, new) = (needs[index], Needs(batch))
    let phase = columns.states[id.index].phase
    if phase == .running {
      coresInUse += new.cores - old.cores
      gpusInUse += new.gpus - old.gpus
      raptorRunning += (new.raptor ? 1 : 0) - (old.raptor ? 1 : 0)
    } else if phase == .queued {
      raptorQueued += (new.raptor ? 1 : 0) - (old.raptor ? 1 : 0)
    }
    batches[index] = batch
    needs[index] = new
    descriptionChanges += 1
  }

  /// From its start to its end; `nil` when it did not run, or has not ended.
  private func seconds(ofRow row: Int) -> Double? {
    guard columns.started[row] != Self.never, columns.ended[row] != Self.never else { return nil }
    return Double(columns.ended[row] - min(columns.started[row], columns.ended[row])) / 1000
  }

  /// Moves a task to a state the engine confirmed. The first final state wins, unless one that is FAILED or CANCELED is
  /// NEW again: it was taken up again. Unknown tasks are ignored.
  ///
  /// - Returns: whether the task is in that state now.
  @discardableResult
  public mutating func move(_ id: TaskID, to next: TaskState, at time: Timestamp, result: TaskResult?) -> Bool {
    guard contains(id) else { return false }
    let row = id.index
    let old = columns.states[row]
    let batch = batchIndex(of: id)
    let before = tallies[batch].phase
    if old.phase != next.phase || old.isFinal {
      guard !old.isFinal || next == .new && old != .done else { return false }
      tallies[batch].remove(old.phase, seconds: seconds(ofRow: row))
    }
    if old.isFinal { forgetEnd(of: id) }
    columns.states[row] = next
    stateCounts[Int(old.rawValue)] -= 1
    stateCounts[Int(next.rawValue)] += 1
    let (from, to) = (old.phase, next.phase)
    if from != to {
      phases[Int(from.rawValue)].remove(id)
      phases[Int(to.rawValue)].insert(id)
      let needs = needs[batch]
      let change = to == .running ? 1 : from == .running ? -1 : 0
      coresInUse += change * needs.cores
      gpusInUse += change * needs.gpus
      if needs.isCall {
        callsRunning += change
        callCoresInUse += change * needs.cores
      }
      if needs.raptor {
        raptorRunning += change
        raptorQueued += to == .queued ? 1 : from == .queued ? -1 : 0
        if from == .running { columns.raptorFinished += 1 }
      }
    }
    switch to {
    case .waiting: (columns.queued[row], columns.started[row]) = (Self.never, Self.never)
    case .queued: if columns.queued[row] == Self.never { columns.queued[row] = offset(time) }
    case .running:
      if columns.started[row] == Self.never { columns.started[row] = offset(time) }
      if next == .agentExecuting { columns.exitCodes[row] = Self.noExitCode }
    case .done, .failed, .canceled:
      // When the clock was set back in between, the task did not end before it started.
      let begin =
        columns.started[row] != Self.never
        ? columns.started[row] : columns.queued[row] != Self.never ? columns.queued[row] : columns.added[row]
      columns.ended[row] = max(offset(time), begin)
      if !columns.pids.isEmpty { columns.pids[id] = nil }
      columns.cancelRequests.remove(id)
    }
    if from != to { tallies[batch].add(to, seconds: to.isFinal ? seconds(ofRow: row) : nil) }
    let after = tallies[batch].phase
    if before != after {
      items[Int(before.rawValue)].remove(needs[batch].first)
      items[Int(after.rawValue)].insert(needs[batch].first)
    }
    if let result { note(result, for: id) }
    return true
  }

  /// What is known of the end of a task that is taken up again is out of date.
  private mutating func forgetEnd(of id: TaskID) {
    let row = id.index
    columns.ended[row] = Self.never
    columns.exitCodes[row] = Self.noExitCode
    columns.signals[row] = 0
    (columns.userTimes[row], columns.systemTimes[row], columns.peaks[row]) = (0, 0, 0)
    columns.reasonNumbers[id] = nil
    columns.values[id] = nil
  }

  /// Takes what was measured of a task, and is not known yet.
  package mutating func note(_ result: TaskResult, for id: TaskID) {
    let row = id.index
    columns.attempts[row] = UInt8(clamping: result.attempt)
    if let code = result.exitCode { columns.exitCodes[row] = Int16(clamping: code) }
    if let signal = result.signal { columns.signals[row] = UInt8(clamping: signal) }
    if let user = result.user { columns.userTimes[row] = Self.milliseconds(user) }
    if let system = result.system { columns.systemTimes[row] = Self.milliseconds(system) }
    if let peak = result.peakMemory { columns.peaks[row] = UInt32(clamping: peak) }
    if let pid = result.pid, !columns.states[row].isFinal { columns.pids[id] = pid }
    if let value = result.value { columns.values[id] = value }
    if let reason = result.reason {
      // Interned: a million tasks canceled for one reason hold one text.
      let number =
        reasonByText[reason]
        ?? {
          let number = Int32(columns.reasons.count)
          columns.reasons.append(reason)
          reasonByText[reason] = number
          return number
        }()
      columns.reasonNumbers[id] = number
    }
  }

  mutating func noteCancelRequest(_ tasks: TaskIDs) {
    for id in tasks.below(count) where !columns.states[id.index].isFinal { columns.cancelRequests.insert(id) }
  }

  mutating func clearCancelRequests() { columns.cancelRequests = IDSet() }

  mutating func clearCancelRequest(_ tasks: TaskIDs) {
    guard columns.cancelRequests.count > 0 else { return }
    for id in tasks.below(count) { columns.cancelRequests.remove(id) }
  }

  /// The task in row `row` of the list: running first, then queued, waiting, failed, canceled, done; by id in each.
  public func task(atRow row: Int) -> TaskID? {
    var row = row
    for phase in phases {
      if row < phase.count { return phase.select(row) }
      row -= phase.count
    }
    return nil
  }

  /// The row in which the task stands now, in a list of all.
  public func row(of id: TaskID) -> Int? {
    guard contains(id) else { return nil }
    let phase = Int(columns.states[id.index].phase.rawValue)
    return phases[..<phase].reduce(0) { $0 + $1.count } + phases[phase].rank(id)
  }

  /// What an engine measured may be anything; a conversion must not trap.
  private static func milliseconds(_ seconds: Double) -> UInt32 {
    seconds > 0 ? UInt32(min(seconds * 1000, Double(UInt32.max))) : 0
  }

  func offset(_ time: Timestamp) -> UInt32 {
    guard let epoch = columns.epoch else { return 0 }
    // Not `never`, which is no time; a damaged time stamp may be further away than a number can say.
    let (distance, overflows) = time.microseconds.subtractingReportingOverflow(epoch.microseconds)
    guard !overflows else { return time > epoch ? Self.never - 1 : 0 }
    return min(UInt32(clamping: distance / 1000), Self.never - 1)
  }

  func time(_ offset: UInt32) -> Timestamp? {
    guard let epoch = columns.epoch, offset != Self.never else { return nil }
    let (sum, overflows) = epoch.microseconds.addingReportingOverflow(Int64(offset) * 1000)
    return Timestamp(microseconds: overflows ? .max : sum)
  }
}

/// Everything known of one task. Times are to the millisecond.
public struct TaskDetails: Equatable, Sendable {
  public var id: TaskID
  public var label: String
  public var state: TaskState
  public var isCancelRequested: Bool
  public var attempt: Int
  public var added: Timestamp?
  public var queued: Timestamp?
  public var started: Timestamp?
  public var ended: Timestamp?
  public var exitCode: Int32?
  public var signal: Int32?
  /// Seconds.
  public var user: Double
  /// Seconds.
  public var system: Double
  /// KiB.
  public var peakMemory: Int
  public var pid: Int32?
  public var reason: String?
  /// What the function returned, as JSON.
  public var value: String?
}
