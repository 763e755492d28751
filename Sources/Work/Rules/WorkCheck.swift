/// Looks for what is wrong between items, each of them being right.
struct WorkCheck {
  let items: [WorkItem]
  var found: [WorkViolation]
  /// The first item of each name.
  private var places: [String: Int]

  init(items: [WorkItem], found: [WorkViolation]) {
    self.items = items
    self.found = found
    places = Dictionary(
      items.enumerated().map { ($1.description.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The names that a suggestion is looked for among; more unknown names get none, the search is slow.
  private static let suggestionLimit = 100
  private static let cycleLimit = 20

  mutating func run(
    held: Int, limit: Int, known: (String) -> ItemSize?, names: () -> [String], client: String?,
    writer: (WantedPlace) -> String?
  ) {
    checkNames(known)
    checkCount(held)
    if found.count < limit { checkTargets(limit, client: client, writer: writer) }
    guard found.count < limit, items.contains(where: { !$0.description.after.isEmpty }) else { return }
    let edges = checkDependencies(limit, known, names)
    if found.count < limit { checkCycles(edges) }
  }

  func owner(_ place: Int) -> String { TaskCheck.owner(items[place], at: place) }

  /// The place of an item among these.
  func index(of name: String) -> Int? { places[name] }

  mutating func report(_ place: Int, _ path: [WorkViolation.Step], _ sentence: String) {
    found.append(WorkViolation(item: place, path: path, sentence))
  }

  private mutating func checkNames(_ known: (String) -> ItemSize?) {
    for (place, item) in items.enumerated() {
      let name = item.description.name
      let first = places[name].flatMap { $0 < place ? $0 : nil }
      guard !name.isEmpty, first != nil || known(name) != nil else { continue }
      found.append(
        WorkViolation(
          item: place, path: [.key("name")], kind: .duplicate(of: first),
          "there is already a task '\(shortened(name))'"))
    }
  }

  private mutating func checkCount(_ held: Int) {
    var total = held
    for (place, item) in items.enumerated() {
      if let sentence = TaskRules.tooMany(total, item.count) {
        // One that is too large by itself is told already.
        if TaskRules.tooMany(0, item.count) == nil { found.append(WorkViolation(item: place, sentence)) }
        return
      }
      total += item.count
    }
  }

  /// Which item waits for which, each with the entry of `after` that says so.
  private mutating func checkDependencies(
    _ limit: Int, _ known: (String) -> ItemSize?, _ names: () -> [String]
  ) -> [String: [(name: String, entry: Int)]] {
    var edges: [String: [(name: String, entry: Int)]] = [:]
    var candidates: [String]?
    var unknown = 0
    func size(_ name: String) -> ItemSize? { places[name].map { ItemSize(items[$0]) } ?? known(name) }
    for (place, item) in items.enumerated() where !item.description.name.isEmpty {
      for (entry, text) in item.description.after.prefix(TaskRules.dependencyLimit).enumerated() {
        guard let dependency = Dependency(text, isItem: { size($0) != nil }), let other = size(dependency.itemName)
        else {
          unknown += 1
          if candidates == nil { candidates = (places.keys + names()).sorted() }
          let near = unknown <= Self.suggestionLimit ? suggestion(for: text, among: candidates ?? []) : ""
          report(place, entry, "\(owner(place)) is after '\(shortened(text))', which is no task here\(near)")
          if found.count >= limit { return edges }
          continue
        }
        report(place, entry, fault(of: dependency, on: other, for: place))
        if places[dependency.itemName] != nil {
          edges[item.description.name, default: []].append((dependency.itemName, entry))
        }
      }
    }
    return edges
  }

  private mutating func report(_ place: Int, _ entry: Int, _ sentence: String?) {
    guard let sentence else { return }
    found.append(WorkViolation(item: place, path: [.key("after"), .index(entry)], sentence))
  }

  private func fault(of dependency: Dependency, on other: ItemSize, for place: Int) -> String? {
    let name = shortened(dependency.itemName)
    if case .item = dependency { return nil }
    guard other.isEnsemble else {
      return "\(owner(place)) is after a member of '\(name)', which is no ensemble: write '\(name)'"
    }
    switch dependency {
    case .member(_, let number) where number >= other.count:
      return "\(owner(place)) is after '\(name).\(number)', but '\(name)' has the members 0 to \(other.count - 1)"
    case .sameMember where items[place].isEnsemble && items[place].count > other.count:
      return "\(owner(place)) has \(items[place].count) members and each is after its own of '\(name)', "
        + "which has only \(other.count)"
    default: return nil
    }
  }

  /// Each cycle is reported once, at the place that closes it.
  private mutating func checkCycles(_ edges: [String: [(name: String, entry: Int)]]) {
    var names = edges.mapValues { $0.map(\.name) }
    let order = items.map(\.description.name)
    for _ in 0..<Self.cycleLimit {
      guard let cycle = Dependency.cycle(in: names, order: order), cycle.count > 1 else { return }
      let last = cycle[cycle.count - 2]
      // A long cycle is named by its ends.
      let shown = cycle.count > 12 ? cycle.prefix(6) + ["…"] + cycle.suffix(5) : cycle[...]
      if let place = places[last], let entry = edges[last]?.first(where: { $0.name == cycle[0] })?.entry {
        report(place, entry, "tasks wait for each other: \(shown.map(shortened).joined(separator: " → "))")
      }
      names[last]?.removeAll { $0 == cycle[0] }
    }
  }
}
