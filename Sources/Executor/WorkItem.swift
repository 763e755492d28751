import SessionModel

extension TaskDescription {
  /// - Throws: `ValueError` that names the item and the value that no task can have.
  func check() throws(ValueError) {
    if function != nil {
      try checkFunction()
    } else if argv.isEmpty {
      throw ValueError("item '\(name)' has no command: its argv is empty")
    }
    guard resources.ranks >= 1, resources.coresPerRank >= 1 else {
      throw ValueError(
        "item '\(name)' has at least one rank and one core a rank, not \(resources.ranks) and \(resources.coresPerRank)"
      )
    }
    guard resources.gpusPerRank >= 0 else {
      throw ValueError("item '\(name)' has no gpu or more, not \(resources.gpusPerRank)")
    }
    if let timeout, !(timeout > 0) || !timeout.isFinite {
      throw ValueError("the timeout of item '\(name)' is more than 0 seconds, not \(timeout)")
    }
    guard retries >= 0, retries <= 250 else {
      throw ValueError("item '\(name)' is run again at most 250 times, not \(retries)")
    }
  }

  /// - Throws: `ValueError` for what only a program can have.
  private func checkFunction() throws(ValueError) {
    guard argv.isEmpty else { throw ValueError("item '\(name)' has both an argv and a function: give one of them") }
    guard raptor else { throw ValueError("item '\(name)' is a function, which goes through the raptor: set raptor") }
    guard stdin == nil else { throw ValueError("item '\(name)' is a function, which has no standard input") }
    guard preExec.isEmpty else {
      throw ValueError("item '\(name)' is a function, which no shell starts: it can have no pre_exec")
    }
    guard resources.ranks == 1 else {
      throw ValueError("item '\(name)' is a function, which runs in one process, not in \(resources.ranks) ranks")
    }
  }
}

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
