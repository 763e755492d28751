import Words
import Work

/// What a run of the workflow would do, for people: `scalems-top check FILE` prints it.
public func plan(of file: WorkflowFile) -> TerminalText {
  var lines: [TerminalText] = heading(file).map { "\($0)" }
  lines.append("")
  lines += table(file)
  lines.append("")
  lines += totals(file).map { "\($0)" }
  return lines.joined(separator: "\n")
}

private func heading(_ file: WorkflowFile) -> [String] {
  var engine = file.engine ?? "local"
  if let resource = file.resource { engine += " on \(resource)" }
  if let access = file.access { engine += " by \(access)" }
  if let venv = file.venv { engine += ", venv \(venv)" }
  if let venv = file.targetVenv { engine += ", tasks in \(venv)" }
  if file.needsRaptor { engine += ", with a raptor\(words(of: file.raptorShape))" }
  var pilot: [String] = []
  if let cores = file.pilot.cores { pilot.append(counted(cores, "core")) }
  if let gpus = file.pilot.gpus { pilot.append(counted(gpus, "gpu")) }
  if let runtime = file.pilot.runtime { pilot.append("for \(Format.planned(runtime))") }
  pilot += file.pilot.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
  var lines = [
    "engine    \(engine)", "pilot     \(pilot.isEmpty ? "as the engine offers" : pilot.joined(separator: ", "))",
  ]
  if let name = file.name { lines.insert("workflow  \(name)", at: 0) }
  return lines
}

private func words(of shape: RaptorShape) -> String {
  var words = shape.size.map { " of \(counted($0.workers, "worker")) with \(counted($0.cores, "core"))" } ?? ""
  if let name = shape.workerClass?.rawValue { words += ", \(name)" }
  return words
}

/// One line an item; columns that would be empty are left out.
private func table(_ file: WorkflowFile) -> [TerminalText] {
  let all: [(title: String, isNumber: Bool, cell: (WorkItem) -> String)] = [
    ("task", false, { $0.description.name }),
    ("members", true, { $0.shape.first.map { "× \($0)" } ?? "" }),
    ("cores", true, { cores($0.description.resources) }),
    ("gpus", true, { $0.description.resources.gpus > 0 ? String($0.description.resources.gpus) : "" }),
    ("timeout", true, { $0.description.timeout.map(Format.planned) ?? "" }),
    ("retries", true, { $0.description.retries > 0 ? String($0.description.retries) : "" }),
    ("raptor", false, { $0.description.raptor ? "raptor" : "" }),
    ("function", false, { $0.description.function.map { shortened($0.description) } ?? "" }),
    ("after", false, { $0.description.after.joined(separator: ", ") }),
  ]
  let columns = all.filter { column in !file.items.allSatisfy { column.cell($0).isEmpty } }
  let rows = [columns.map(\.title)] + file.items.map { item in columns.map { $0.cell(item) } }
  let right = Set(columns.indices.filter { columns[$0].isNumber })
  return TextTable(rows.map { $0.map { "\($0)" } }, right: right).lines
}

private func totals(_ file: WorkflowFile) -> [String] {
  let levels = levels(of: file.items)
  var lines = ["\(counted(file.taskCount, "task")) in \(counted(file.items.count, "item"))"]
  if let largest = file.items.max(by: { $0.description.resources.cores < $1.description.resources.cores }) {
    lines[0] += ", the largest needs \(counted(largest.description.resources.cores, "core"))"
    if largest.description.resources.cores > 1 { lines[0] += " (\(largest.description.name))" }
  }
  let path = levels.path
  lines.append(
    "longest chain: \(counted(path.count, "level")) (\(shortList(path, separator: " → ")))")
  let first = zip(file.items, levels.level).filter { $1 == 0 }.map(\.0)
  let count = first.taskCount
  lines.append(
    "can start at once: \(counted(count, "task")) (\(shortList(first.map(\.description.name), separator: ", ")))")
  return lines
}

/// How many items each item comes after, and the items of a longest chain.
private func levels(of items: [WorkItem]) -> (level: [Int], path: [String]) {
  let index = Dictionary(items.enumerated().map { ($1.description.name, $0) }, uniquingKeysWith: { first, _ in first })
  let before = items.map { item in
    item.description.after.compactMap { text in
      Dependency(text, isItem: { index[$0] != nil }).flatMap { index[$0.itemName] }
    }
  }
  var waiting = before.map { Set($0).count }
  var followers = [[Int]](repeating: [], count: items.count)
  for (item, sources) in before.enumerated() {
    for source in Set(sources) { followers[source].append(item) }
  }
  var level = [Int](repeating: 0, count: items.count)
  var previous = [Int?](repeating: nil, count: items.count)
  var ready = waiting.indices.filter { waiting[$0] == 0 }
  while let item = ready.popLast() {
    for follower in followers[item] {
      if level[item] + 1 > level[follower] {
        level[follower] = level[item] + 1
        previous[follower] = item
      }
      waiting[follower] -= 1
      if waiting[follower] == 0 { ready.append(follower) }
    }
  }
  var path: [String] = []
  var step = level.indices.max { level[$0] < level[$1] }
  while let item = step {
    path.append(items[item].description.name)
    step = previous[item]
  }
  return (level, path.reversed())
}

private func cores(_ resources: TaskResources) -> String {
  resources.ranks > 1 ? "\(resources.ranks) × \(resources.coresPerRank)" : String(resources.coresPerRank)
}

private func shortList(_ names: [String], separator: String) -> String {
  if names.count <= 8 { return names.joined(separator: separator) }
  return (names.prefix(4) + ["… \(names.count - 6) more …"] + names.suffix(2)).joined(separator: separator)
}
