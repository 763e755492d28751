import SessionModel
import Words
import Work

/// The items an executor is given, with their dependencies, and how far each task has come.
///
/// Ports `scalems.workflow` (`WorkflowManager`): items with stable unique ids, and `add`. It is a value:
/// what a stopped session leaves can be handed to a later one as it is.
public struct Workflow: Sendable {
  /// What was added, in order of ids.
  public private(set) var batches: [TaskBatch] = []

  /// A batch and what its members wait for.
  struct Group {
    /// Members that are not DONE yet.
    var remaining: Int
    /// Items that must be DONE before any member may start.
    var closedGates = 0
    /// Dependencies on single members that are not DONE yet, by member; empty when there are none.
    var memberGates: [UInt16] = []
    var dependents: [Dependent] = []
    var isReleased = false
    /// An item it waits for failed: all its members are canceled.
    var isLost = false
    /// The first member that ended other than DONE, and how.
    var failure: String?
  }

  enum Dependent {
    /// The group waits for this whole group.
    case group(Int)
    /// Member k of the group waits for member k of this one.
    case sameMember(Int)
    /// The group waits for one member of this one.
    case onMember(Int, member: Int)
  }

  var groups: [Group] = []
  var groupByName: [String: Int] = [:]
  private(set) var states: [TaskState] = []
  var attempts: [UInt8] = []
  /// Tasks that may start, in order; ranges, so that a million of them cost nothing.
  private var ready: [Range<UInt32>] = []
  private var readyHead = 0
  private var finalCount = 0
  var commandCount = 0
  var canceledOnArrival: [(TaskID, reason: String)] = []
  /// Tasks that are CANCELED because of others, and not because somebody wanted that.
  var lost = IDSet()
  var targets = SessionTargets()
  /// What relative paths of the workflow refer to, where it is known.
  var clientDirectory: String? {
    didSet {
      targets = SessionTargets()
      for (index, batch) in batches.enumerated() { targets.insert(batch, as: index, client: clientDirectory) }
    }
  }

  public init() {}

  public var count: Int { states.count }
  public var isFinished: Bool { finalCount == states.count }
  /// Tasks that have not come to a final state.
  public var unfinished: Int { states.count - finalCount }
  /// That they are kept, in words.
  var unfinishedWords: String {
    "\(Format.plural(unfinished, "task")) \(unfinished == 1 ? "stays" : "stay") in the workflow"
  }
  /// The names of the items, unordered.
  public var names: some Sequence<String> { groupByName.keys }

  func hasItem(_ name: String) -> Bool { groupByName[name] != nil }
  public func contains(_ id: TaskID) -> Bool { id.index < states.count }
  public func state(of id: TaskID) -> TaskState { states[id.index] }
  public func attempt(of id: TaskID) -> Int { Int(attempts[id.index]) }

  // MARK: Adding

  /// Adds items that may refer to each other and to those already there; all of them or none.
  ///
  /// - Parameter pilot: what the tasks must fit on, as far as it is known.
  /// - Throws: the first thing that `TaskRules` says: `DuplicateKeyError`, `MissingImplementationError` for a shape
  ///   that is not one-dimensional, `ValueError` for everything else, each naming the item.
  public mutating func add(_ items: [WorkItem], on pilot: PilotSize? = nil) throws -> [TaskBatch] {
    try check(items, on: pilot)
    var added: [TaskBatch] = []
    for item in items {
      let members: TaskBatch.Members =
        item.shape.isEmpty ? .single : .ensemble(first: 0, count: item.shape[0])
      let batch = TaskBatch(first: TaskID(states.count), description: item.description, members: members)
      groupByName[item.description.name] = append(batch)
      added.append(batch)
    }
    // Only now: an item may wait for one that stands after it.
    for (offset, item) in items.enumerated() {
      connect(groups.count - items.count + offset, after: item.description.after)
    }
    for index in (groups.count - items.count)..<groups.count { release(index) }
    for (offset, item) in items.enumerated() {
      cancelHopeless(groups.count - items.count + offset, after: item.description.after)
    }
    return added
  }

  /// Cancels the members of a new group that wait for what has failed already.
  private mutating func cancelHopeless(_ index: Int, after texts: [String]) {
    for text in texts {
      guard let dependency = Dependency(text, isItem: { groupByName[$0] != nil }),
        let other = groupByName[dependency.itemName], let failure = groups[other].failure
      else { continue }
      for number in batches[index].ids where !states[Int(number)].isFinal {
        let reason: String
        switch dependency {
        case .item: reason = failure
        case .member(_, let member):
          guard let text = self.failure(of: batches[other].first.index + member) else { continue }
          reason = text
        case .sameMember:
          let member = Int(number - batches[index].first.number)
          guard let text = self.failure(of: batches[other].first.index + member) else { continue }
          reason = text
        }
        canceledOnArrival.append((TaskID(number), reason))
        canceledOnArrival += finish(TaskID(number), .canceled)
        lost.insert(TaskID(number))
      }
    }
  }

  /// How a task ended that will never be DONE, for people.
  func failure(of number: Int) -> String? {
    let state = states[number]
    guard state.isFinal, state != .done else { return nil }
    let id = TaskID(number)
    return TaskTable.lossReason(batch(of: id).label(of: id), state)
  }

  /// The tasks that were canceled when they were added, since the last call, each with the reason.
  mutating func takeCanceledOnArrival() -> [(TaskID, reason: String)] {
    defer { canceledOnArrival = [] }
    return canceledOnArrival
  }

  /// Adds one task a shell command, without dependencies. Their names are `command.0`, `command.1`, …
  ///
  /// - Throws: `ValueError` for the first command that cannot be run.
  public mutating func add(commands: CommandList, like description: TaskDescription) throws(ValueError) -> TaskBatch {
    if let fault = TaskRules.fault(in: commands, directory: description.directory, held: states.count) {
      throw ValueError(fault)
    }
    let batch = TaskBatch(
      first: TaskID(states.count), description: description, members: .commands(first: commandCount, commands))
    commandCount += commands.count
    release(append(batch))
    return batch
  }

  mutating func append(_ batch: TaskBatch) -> Int {
    targets.insert(batch, as: batches.count, client: clientDirectory)
    batches.append(batch)
    groups.append(Group(remaining: batch.count))
    states.makeRoom(for: batch.count)
    attempts.makeRoom(for: batch.count)
    states.append(contentsOf: repeatElement(.new, count: batch.count))
    attempts.append(contentsOf: repeatElement(1, count: batch.count))
    return groups.count - 1
  }

  private func check(_ items: [WorkItem], on pilot: PilotSize?) throws {
    var pilot = pilot
    if pilot?.workerCores ?? 0 > 0, batches.contains(where: { $0.description.function != nil }) {
      pilot?.hasFunctions = true
    }
    let violations = TaskRules.violations(
      in: items, held: states.count, pilot: pilot, limit: 1, known: size, names: { Array(groupByName.keys) },
      client: clientDirectory, writer: writer)
    if let first = violations.first { throw first.error }
  }

  /// The item that writes a place, unless all its tasks are over.
  private func writer(of place: WantedPlace) -> String? {
    targets.owner(of: place, unless: isOver).map { batches[$0].description.name }
  }

  /// Whether all tasks of a batch are over.
  func isOver(_ index: Int) -> Bool { !batches[index].ids.contains { !states[Int($0)].isFinal } }

  private func size(of name: String) -> ItemSize? {
    groupByName[name].map { index in
      if case .single = batches[index].members { return ItemSize(count: 1, isEnsemble: false) }
      return ItemSize(count: batches[index].count, isEnsemble: true)
    }
  }

  mutating func connect(_ index: Int, after texts: [String]) {
    for text in texts {
      guard let dependency = Dependency(text, isItem: { groupByName[$0] != nil }),
        let other = groupByName[dependency.itemName]
      else { continue }
      switch dependency {
      case .item:
        if groups[other].remaining > 0 { groups[index].closedGates += 1 }
        groups[other].dependents.append(.group(index))
      case .member(_, let member):
        if states[batches[other].first.index + member] != .done { groups[index].closedGates += 1 }
        groups[other].dependents.append(.onMember(index, member: member))
      case .sameMember:
        let first = batches[other].first.index
        if groups[index].memberGates.isEmpty {
          groups[index].memberGates = Array(repeating: 0, count: batches[index].count)
        }
        for member in 0..<batches[index].count where states[first + member] != .done {
          groups[index].memberGates[member] += 1
        }
        groups[other].dependents.append(.sameMember(index))
      }
    }
  }

  /// Makes the members of a group ready that wait for nothing any more.
  mutating func release(_ index: Int) {
    guard groups[index].closedGates == 0, !groups[index].isReleased else { return }
    groups[index].isReleased = true
    let ids = batches[index].ids
    guard !groups[index].memberGates.isEmpty else { return ready.append(ids) }
    for (offset, gates) in groups[index].memberGates.enumerated() where gates == 0 {
      ready.append((ids.lowerBound + UInt32(offset))..<(ids.lowerBound + UInt32(offset) + 1))
    }
  }

  // MARK: Running

  public func batch(of id: TaskID) -> TaskBatch { batches[group(of: id)] }

  func group(of id: TaskID) -> Int {
    var low = 0
    var high = batches.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if batches[middle].first <= id { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Takes up to `limit` tasks that may start now, and marks them as dispatched.
  mutating func takeReady(limit: Int) -> [EngineTask] {
    var taken: [EngineTask] = []
    while taken.count < limit, readyHead < ready.count {
      var range = ready[readyHead]
      while taken.count < limit, let number = range.first {
        range = (number + 1)..<range.upperBound
        // A task may have been canceled while it was ready.
        guard states[Int(number)] == .new else { continue }
        states[Int(number)] = .tmgrScheduling
        let id = TaskID(number)
        taken.append(EngineTask(id: id, attempt: Int(attempts[Int(number)]), batch: batch(of: id)))
      }
      if range.isEmpty { readyHead += 1 } else { ready[readyHead] = range }
    }
    if readyHead > 1000, readyHead * 2 > ready.count {
      ready.removeFirst(readyHead)
      readyHead = 0
    }
    return taken
  }

  /// Whether `takeReady` would find a task; canceled ones may be counted in.
  var hasReady: Bool { readyHead < ready.count }

  /// Takes dispatched tasks back that never started: they are NEW, and the next to be dispatched.
  mutating func putBack(_ ids: [TaskID]) {
    for id in ids { states[id.index] = .new }
    ready.replaceSubrange(..<readyHead, with: ids.map { $0.number..<($0.number + 1) })
    readyHead = 0
  }

  /// Makes a task that failed ready for another run.
  mutating func retry(_ id: TaskID) {
    states[id.index] = .new
    attempts[id.index] += 1
    ready.append(id.number..<(id.number + 1))
  }

  mutating func note(_ id: TaskID, _ state: TaskState) {
    if !states[id.index].isFinal, !state.isFinal { states[id.index] = state }
  }

  /// Brings a task to its final state.
  ///
  /// - Returns: the tasks that can never run now, which this canceled, each with the reason.
  mutating func finish(_ id: TaskID, _ state: TaskState) -> [(TaskID, reason: String)] {
    var canceled: [(TaskID, reason: String)] = []
    var work: [(TaskID, TaskState)] = [(id, state)]
    while let (id, state) = work.popLast() {
      guard !states[id.index].isFinal else { continue }
      states[id.index] = state
      finalCount += 1
      let index = group(of: id)
      let member = Int(id.number - batches[index].first.number)
      if state == .done {
        groups[index].remaining -= 1
        open(index, member: member)
        continue
      }
      let reason = TaskTable.lossReason(batches[index].label(of: id), state)
      if groups[index].failure == nil { groups[index].failure = reason }
      for dependent in groups[index].dependents {
        let lost: Range<UInt32>
        switch dependent {
        case .group(let other), .onMember(let other, member):
          guard !groups[other].isLost else { continue }
          groups[other].isLost = true
          lost = batches[other].ids
        case .onMember: continue
        case .sameMember(let other):
          guard member < batches[other].count else { continue }
          let number = batches[other].first.number + UInt32(member)
          lost = number..<(number + 1)
        }
        for number in lost where !states[Int(number)].isFinal {
          canceled.append((TaskID(number), reason))
          work.append((TaskID(number), .canceled))
        }
      }
    }
    // A task may have been found over several ways.
    var seen: Set<TaskID> = []
    let result = canceled.filter { seen.insert($0.0).inserted }
    for (id, _) in result { lost.insert(id) }
    return result
  }

  /// A task that has ended waits again; one that may have run, for another attempt.
  mutating func readmit(_ id: TaskID) {
    finalCount -= 1
    states[id.index] = .new
    if !lost.contains(id), attempts[id.index] < .max { attempts[id.index] += 1 }
    lost.remove(id)
  }

  /// Makes a task ready that waits, if it waits for nothing else.
  mutating func makeReady(_ id: TaskID) {
    let index = group(of: id)
    let gates = groups[index].memberGates
    guard groups[index].isReleased, gates.isEmpty || gates[id.index - batches[index].first.index] == 0 else { return }
    ready.append(id.number..<(id.number + 1))
  }

  /// A member of the group is DONE: opens what waited for it.
  private mutating func open(_ index: Int, member: Int) {
    for dependent in groups[index].dependents {
      switch dependent {
      case .group(let other):
        guard groups[index].remaining == 0 else { continue }
        groups[other].closedGates -= 1
        release(other)
      case .onMember(let other, member):
        groups[other].closedGates -= 1
        release(other)
      case .onMember: continue
      case .sameMember(let other):
        guard member < batches[other].count else { continue }
        groups[other].memberGates[member] -= 1
        if groups[other].isReleased, groups[other].memberGates[member] == 0 {
          let number = batches[other].first.number + UInt32(member)
          ready.append(number..<(number + 1))
        }
      }
    }
  }
}
