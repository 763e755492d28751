/// What a task waits for, as `after` names it.
public enum Dependency: Equatable, Sendable {
  /// All members of an item.
  case item(String)
  /// One member of an ensemble: `name.3`.
  case member(String, Int)
  /// Of each member the member with the same number: `name.{member}`.
  case sameMember(String)

  public var itemName: String {
    switch self {
    case .item(let name), .member(let name, _), .sameMember(let name): name
    }
  }

  /// Reads an entry of `after`; `nil` when it names no item of the workflow.
  public init?(_ text: String, isItem: (String) -> Bool) {
    if isItem(text) {
      self = .item(text)
      return
    }
    guard let dot = text.lastIndex(of: ".") else { return nil }
    let name = String(text[..<dot])
    guard isItem(name) else { return nil }
    let member = text[text.index(after: dot)...]
    if member == "{member}" {
      self = .sameMember(name)
    } else if let number = Int(member), number >= 0 {
      self = .member(name, number)
    } else {
      return nil
    }
  }

  /// The names on a cycle, the first repeated at the end (`a`, `b`, `a`), or `nil` when there is none.
  ///
  /// `edges` maps the name of an item to the names of the items it waits for; unknown names are ignored.
  public static func cycle(in edges: [String: [String]], order: [String]) -> [String]? {
    var finished: Set<String> = []
    for start in order where !finished.contains(start) {
      // Depth first with a path of our own: a chain may be longer than the stack is deep.
      var path: [(name: String, next: Int)] = [(start, 0)]
      var onPath: Set<String> = [start]
      while let (name, next) = path.last {
        let targets = edges[name] ?? []
        if next == targets.count {
          path.removeLast()
          onPath.remove(name)
          finished.insert(name)
          continue
        }
        path[path.count - 1].next += 1
        let target = targets[next]
        if onPath.contains(target) {
          let names = path.map(\.name)
          return Array(names[(names.firstIndex(of: target) ?? 0)...]) + [target]
        }
        if edges[target] != nil, !finished.contains(target) {
          path.append((target, 0))
          onPath.insert(target)
        }
      }
    }
    return nil
  }
}
