extension WorkCheck {
  /// Members that are looked at one by one, where two different names with `{member}` might meet.
  private static let sampleLimit = 2_000

  /// One directive that writes outside of its task's directory, at a place that is known.
  private struct Writing {
    var place: Int
    var path: [WorkViolation.Step]
    var target: String
    var key: String
    var isDirectory: Bool
    var hasMember: Bool { key.contains("{member}") }
  }

  /// Two tasks, or two members, that would write the same place; one after the other, they may.
  mutating func checkTargets(
    _ limit: Int, client: String?, writer: (_ place: String, _ joins: Bool) -> String?
  ) {
    let all = writings(client)
    guard !all.isEmpty else { return }
    var table = TargetTable()
    var faults: [WorkViolation] = []
    var samples = 0
    // Names with {member} first: with them in the table, a single name is found in no time, whatever their members.
    for writing in all.filter(\.hasMember) + all.filter({ !$0.hasMember }) {
      let count = items[writing.place].count
      if let sentence = fault(of: writing, in: table, writer) ?? meeting(writing, in: table, &samples, writer) {
        faults.append(WorkViolation(item: writing.place, path: writing.path, sentence))
        if found.count + faults.count >= limit { break }
      }
      table.insert(
        writing.key,
        .init(owner: writing.place, count: writing.hasMember ? count : 1, isDirectory: writing.isDirectory))
    }
    found += faults.sorted { $0.item < $1.item }
  }

  private func writings(_ client: String?) -> [Writing] {
    var all: [Writing] = []
    for (place, item) in items.enumerated() {
      for direction in [StagingDirective.Direction.input, .output] {
        let directives = direction == .input ? item.description.inputs : item.description.outputs
        for (index, directive) in directives.prefix(TaskRules.entryLimit).enumerated() {
          let target = TargetPlace(directive, direction, client: client)
          guard !target.isOwn, let key = target.key else { continue }
          all.append(
            Writing(
              place: place, path: [.key(direction.key), .index(index), .key("target")], target: directive.target,
              key: key, isDirectory: target.isDirectory))
        }
      }
    }
    return all
  }

  private func fault(
    of writing: Writing, in table: TargetTable, _ writer: (_ place: String, _ joins: Bool) -> String?
  ) -> String? {
    let count = items[writing.place].count
    if count > 1, !writing.hasMember, !writing.isDirectory {
      return "each of the \(count) members of \(owner(writing.place)) would write '\(shortened(writing.target))': "
        + "put {member} into the target"
    }
    if let earlier = table.entry(at: writing.key), earlier.owner != writing.place,
      !(earlier.isDirectory && writing.isDirectory), !isOrdered(writing.place, earlier.owner)
    {
      return both(writing, earlier.owner)
    }
    guard let name = writer(writing.key, writing.isDirectory), !isAfter(writing.place, name) else { return nil }
    return sentence(writing, "task '\(shortened(name))', which is not over,")
  }

  private func both(_ writing: Writing, _ other: Int) -> String {
    sentence(writing, owner(other))
  }

  private func sentence(_ writing: Writing, _ other: String) -> String {
    "\(owner(writing.place)) and \(other) have the same target '\(shortened(writing.target))': "
      + "one would replace what the other wrote"
  }

  /// Of a name with {member}: whether one of the first members writes where another task does, too.
  private func meeting(
    _ writing: Writing, in table: TargetTable, _ samples: inout Int,
    _ writer: (_ place: String, _ joins: Bool) -> String?
  ) -> String? {
    guard writing.hasMember else { return nil }
    for member in 0..<max(0, min(items[writing.place].count, Self.sampleLimit - samples)) {
      samples += 1
      let key = writing.key.replacing(literal: "{member}", with: String(member))
      if let entry = table.entry(at: key), entry.owner != writing.place,
        !(entry.isDirectory && writing.isDirectory), !isOrdered(writing.place, entry.owner)
      {
        return both(writing, entry.owner)
      }
      if let name = writer(key, writing.isDirectory), !isAfter(writing.place, name) {
        return sentence(writing, "task '\(shortened(name))', which is not over,")
      }
    }
    return nil
  }

  // MARK: Order

  private func isOrdered(_ one: Int, _ other: Int) -> Bool {
    isAfter(one, items[other].description.name) || isAfter(other, items[one].description.name)
  }

  /// Whether an item begins only when another, of that name, is done.
  private func isAfter(_ place: Int, _ name: String) -> Bool {
    var seen: Set<Int> = [place]
    var rest = [place]
    while let next = rest.popLast(), seen.count < 10_000 {
      for text in items[next].description.after.prefix(TaskRules.dependencyLimit) {
        let before = itemName(of: text)
        if before == name { return true }
        if let index = index(of: before), seen.insert(index).inserted { rest.append(index) }
      }
    }
    return false
  }

  private func itemName(of text: String) -> String {
    if index(of: text) != nil { return text }
    guard let dot = text.lastIndex(of: ".") else { return text }
    let member = text[text.index(after: dot)...]
    return member == "{member}" || Int(member) != nil ? String(text[..<dot]) : text
  }
}

extension StagingDirective.Direction {
  /// The key of a task that lists its directives.
  var key: String { self == .input ? "inputs" : "outputs" }
}
