import SessionModel
import Words
import Work

// Running again what has ended other than DONE.

extension Workflow {
  /// What is still to be done of a session whose host ended, and what is to be done again.
  ///
  /// - Parameter again: tasks that run again as by `rerun`; those that cannot stay as they are.
  init(resuming table: TaskTable, rerunning again: TaskIDs?) {
    guard let again, !again.isEmpty else {
      self.init(resuming: table, again: again == nil ? [] : table.failedAndLost)
      return
    }
    self.init(resuming: table)
    _ = try? rerun(again)
  }

  /// Why none of the tasks can run again.
  struct RerunRefusal: Error { var failure: CommandFailure }

  /// Makes tasks wait again that are FAILED or CANCELED, and with them those that were canceled because of them.
  ///
  /// What still waits for a task that will never be DONE stays as it is.
  ///
  /// - Parameter wanted: the tasks; all that are FAILED when there are none.
  /// - Returns: the tasks that wait again, in order.
  /// - Throws: `RerunRefusal` when one has not ended, or none of them can run again.
  mutating func rerun(_ wanted: TaskIDs) throws(RerunRefusal) -> [TaskID] {
    let chosen = try chosen(by: wanted)
    var again = chosen
    var work = Array(chosen)
    while let id = work.popLast() {
      for next in lostDirectly(with: id) where !again.contains(next) {
        again.insert(next)
        work.append(next)
      }
    }
    dropHopeless(from: &again)
    guard !again.isEmpty else {
      throw RerunRefusal(failure: CommandFailure(.taskEnded, "what they wait for is FAILED or CANCELED: rerun that"))
    }
    let ids = again.sorted()
    // All of them or none.
    var next = self
    for id in ids { next.readmit(id) }
    for index in Set(ids.map { group(of: $0) }).sorted() {
      next.noteReadmission(in: index)
      try next.takeTargets(of: index)
    }
    for id in ids { next.makeReady(id) }
    self = next
    return ids
  }

  /// Others may write meanwhile where a group wrote: two at a time must not.
  private mutating func takeTargets(of index: Int) throws(RerunRefusal) {
    for place in SessionTargets.places(of: batches[index], client: clientDirectory) {
      let owner = targets.owner(of: place) { $0 == index || isOver($0) || isAfter($0, index) || isAfter(index, $0) }
      guard let owner else { continue }
      let (one, other) = (batches[index].description.name, batches[owner].description.name)
      throw RerunRefusal(
        failure: CommandFailure(
          .invalidWork, "'\(one)' and '\(other)' have the same target: rerun '\(one)' when '\(other)' is over"))
    }
    targets.insert(batches[index], as: index, client: clientDirectory)
  }

  /// Whether a group begins only when another is done.
  private func isAfter(_ one: Int, _ other: Int) -> Bool {
    var seen: Set<Int> = [other]
    var rest = [other]
    while let next = rest.popLast() {
      for dependent in groups[next].dependents {
        let group =
          switch dependent {
          case .group(let group), .sameMember(let group), .onMember(let group, _): group
          }
        if group == one { return true }
        if seen.insert(group).inserted { rest.append(group) }
      }
    }
    return false
  }

  private func chosen(by wanted: TaskIDs) throws(RerunRefusal) -> Set<TaskID> {
    func refusal(_ code: CommandFailure.Code, _ text: String) -> RerunRefusal {
      RerunRefusal(failure: CommandFailure(code, text))
    }
    if wanted.isEmpty {
      let failed = Set(states.indices.lazy.filter { states[$0] == .failed }.map { TaskID($0) })
      guard !failed.isEmpty else { throw refusal(.taskEnded, "no task is FAILED") }
      return failed
    }
    let unknown = wanted.from(count)
    guard unknown.isEmpty else {
      throw refusal(.unknownTask, "unknown: \(unknown.prefix(5).map(\.uid).joined(separator: ", "))")
    }
    var ended: Set<TaskID> = []
    for id in wanted {
      guard states[id.index].isFinal else {
        throw refusal(.taskActive, "\(id.uid) (\(batch(of: id).label(of: id))) has not ended: it cannot run again")
      }
      if states[id.index] != .done { ended.insert(id) }
    }
    guard !ended.isEmpty else {
      throw refusal(.taskEnded, wanted.count == 1 ? "it is DONE" : "all of them are DONE")
    }
    return ended
  }

  /// Tasks that were canceled because of this one.
  private func lostDirectly(with id: TaskID) -> [TaskID] {
    let index = group(of: id)
    let member = Int(id.number - batches[index].first.number)
    return groups[index].dependents.flatMap { dependent -> [TaskID] in
      let numbers: Range<UInt32>
      switch dependent {
      case .group(let other), .onMember(let other, member): numbers = batches[other].ids
      case .onMember: return []
      case .sameMember(let other):
        guard member < batches[other].count else { return [] }
        let number = batches[other].first.number + UInt32(member)
        numbers = number..<(number + 1)
      }
      return numbers.lazy.map { TaskID($0) }.filter { states[$0.index] == .canceled && lost.contains($0) }
    }
  }

  /// Leaves those out that wait for something that has ended other than DONE, and does not run again either.
  private func dropHopeless(from again: inout Set<TaskID>) {
    func isHopeless(_ number: Int) -> Bool {
      states[number].isFinal && states[number] != .done && !again.contains(TaskID(number))
    }
    while true {
      var dropped: [TaskID] = []
      for (index, ids) in Dictionary(grouping: again, by: { group(of: $0) }) {
        let needs = batches[index].description.after.compactMap { text in
          Dependency(text, isItem: { groupByName[$0] != nil })
        }
        let isLost = needs.contains { need in
          guard let other = groupByName[need.itemName] else { return false }
          return switch need {
          case .item: batches[other].ids.contains { isHopeless(Int($0)) }
          case .member(_, let member): member < batches[other].count && isHopeless(batches[other].first.index + member)
          case .sameMember: false
          }
        }
        let others = needs.compactMap { need -> Int? in
          guard case .sameMember(let name) = need else { return nil }
          return groupByName[name]
        }
        dropped += ids.filter { id in
          let member = id.index - batches[index].first.index
          return isLost
            || others.contains { member < batches[$0].count && isHopeless(batches[$0].first.index + member) }
        }
      }
      guard !dropped.isEmpty else { return }
      again.subtract(dropped)
    }
  }

  /// What a group is, some of whose members wait again.
  private mutating func noteReadmission(in index: Int) {
    groups[index].isLost = false
    let failed = batches[index].ids.first { states[Int($0)].isFinal && states[Int($0)] != .done }
    groups[index].failure = failed.flatMap { failure(of: Int($0)) }
  }
}
