extension WorkCheck {
  /// One directive that writes outside of its task's directory, at a place that is known.
  private struct Writing {
    var place: Int
    var path: [WorkViolation.Step]
    var target: String
    var key: String
    var isDirectory: Bool
    /// How many members `{member}` in it stands for; 1 without.
    var count: Int
    var hasMember: Bool { count > 1 || key.contains("{member}") }
    var wanted: WantedPlace { WantedPlace(key: key, count: count, isDirectory: isDirectory) }
  }

  /// Two tasks, or two members, that would write the same place; one after the other, they may.
  mutating func checkTargets(
    _ limit: Int, client: String?, writer: (WantedPlace) -> String?
  ) {
    let all = writings(client)
    guard !all.isEmpty else { return }
    var table = TargetTable()
    var faults: [WorkViolation] = []
    var comparisons = 0
    // Names with {member} first: with them in the table, a single name is found in no time, whatever their members.
    for writing in all.filter(\.hasMember) + all.filter({ !$0.hasMember }) {
      if let sentence = fault(of: writing, in: table, writer) ?? meeting(writing, in: table, &comparisons) {
        faults.append(WorkViolation(item: writing.place, path: writing.path, sentence))
        if found.count + faults.count >= limit { break }
      }
      table.insert(
        writing.key,
        .init(owner: writing.place, count: writing.count, isDirectory: writing.isDirectory))
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
              key: key, isDirectory: target.isDirectory, count: key.contains("{member}") ? item.count : 1))
        }
      }
    }
    return all
  }

  private func fault(
    of writing: Writing, in table: TargetTable, _ writer: (WantedPlace) -> String?
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
    guard let name = writer(writing.wanted), !isAfter(writing.place, name) else { return nil }
    return sentence(writing, "task '\(shortened(name))', which is not over,")
  }

  private func both(_ writing: Writing, _ other: Int) -> String {
    sentence(writing, owner(other))
  }

  private func sentence(_ writing: Writing, _ other: String) -> String {
    "\(owner(writing.place)) and \(other) have the same target '\(shortened(writing.target))': "
      + "one would replace what the other wrote"
  }

  /// Of a name with {member}: whether one of the members writes where another does, too, of this task or another.
  private func meeting(_ writing: Writing, in table: TargetTable, _ comparisons: inout Int) -> String? {
    guard writing.hasMember else { return nil }
    let found = table.meeting(writing.key, writing.count, &comparisons) { entry in
      entry.isDirectory && writing.isDirectory
        || entry.owner != writing.place && isOrdered(writing.place, entry.owner)
    }
    guard let (entry, members) = found else { return nil }
    guard entry.owner == writing.place else { return both(writing, entry.owner) }
    let place = shortened(writing.target.replacing(literal: "{member}", with: String(members.one)))
    return members.one == members.other
      ? "two files of member \(members.one) of \(owner(writing.place)) have the same target '\(place)'"
      : "members \(members.one) and \(members.other) of \(owner(writing.place)) have the same target '\(place)': "
        + "one would replace what the other wrote"
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
