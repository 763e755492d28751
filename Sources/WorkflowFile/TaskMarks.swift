import Work
import Yams

/// Finds the place in the file of what `TaskRules` speak of; only when something is wrong, so nothing is kept for it.
struct TaskMarks {
  let node: Node
  private let reader: NodeReader
  private let fields: Fields?

  /// What stands for a key that is not there.
  private static let others = [
    "ranks": "cores_per_rank", "raptor": "function", "command": "argv", "target": "source",
  ]

  init(node: Node, hiddenKeys: Set<String>) {
    self.node = node
    // What it has to complain of was said when the task was read.
    reader = NodeReader(path: "")
    reader.hiddenKeys = hiddenKeys
    fields = reader.freeFields(node, owner: "")
  }

  /// The place of a value, or of the innermost thing around it that has one.
  func mark(at path: [WorkViolation.Step]) -> Mark? {
    guard case .key(let key)? = path.first, let start = find(key) else { return fields?.mark ?? node.mark }
    var place = start
    for step in path.dropFirst() {
      switch (step, place) {
      case (.index(let index), .sequence(let sequence)) where index < sequence.count: place = sequence[index]
      case (.key(let key), .mapping):
        guard let entries = reader.freeFields(place, owner: ""),
          let inner = entries[key] ?? Self.others[key].flatMap({ entries[$0] })
        else { return place.mark }
        place = inner
      case (.entryName(let name), .mapping): return reader.freeFields(place, owner: "")?.keyMark(name) ?? place.mark
      // One value may stand for a list, and a path for a mapping.
      default: continue
      }
    }
    return place.mark
  }

  private func find(_ key: String) -> Node? {
    if let node = fields?[key] { return node }
    if TaskReader.resourceKeys.contains(key),
      let inner = fields?["resources"].flatMap({ reader.freeFields($0, owner: "") }),
      let node = inner[key]
    {
      return node
    }
    return Self.others[key].flatMap(find)
  }
}
