/// Where a directive puts its file, as far as that is known before the task runs.
struct TargetPlace {
  /// One text for one place, with `{member}` still in it; `nil` when patterns decide.
  var key: String?
  /// Whether it is written as a directory, which joins what is there.
  var isDirectory: Bool
  /// In the task's own directory, where no other task writes.
  var isOwn: Bool

  /// - Parameter client: the workflow's directory, where it is known.
  init(_ directive: StagingDirective, _ direction: StagingDirective.Direction, client: String?) {
    let location = directive.target(direction)
    isOwn = location.base == .task
    isDirectory = directive.source.utf8.last == UInt8(ascii: "/")
    var parts = TargetPath(location.path).parts
    let name = Location.fileName(of: directive.source)
    let isPattern = name.map { FileNamePattern.isPattern($0) } ?? true
    if directive.target.utf8.last == UInt8(ascii: "/") {
      guard let name, !isPattern else { return }
      parts.append(name)
    } else if isPattern, parts.last == name {
      return
    }
    let path = parts.joined(separator: "/")
    switch location.base {
    case .machine: key = "/" + path
    case .client:
      key = client.map { "/" + (TargetPath($0).parts + parts).joined(separator: "/") } ?? "client:///" + path
    case .session: key = "session:///" + path
    case .task: key = "task:///" + path
    case .home: key = "~/" + path
    }
  }
}

/// A path without `.` and `..`.
struct TargetPath {
  var parts: [String] = []
  /// Whether it goes above where it begins.
  var leaves = false

  init(_ path: String) {
    for part in path.utf8.split(separator: UInt8(ascii: "/")) {
      if part.elementsEqual(".".utf8) { continue }
      if part.elementsEqual("..".utf8) {
        if parts.popLast() == nil { leaves = true }
      } else {
        parts.append(String(Substring(part)))
      }
    }
  }
}

extension Location {
  /// Files of a session that no task is to write.
  private static let ownedBySession: Set<String> = [
    "journal.jsonl", "checkpoint", "host.json", "host.log", "run.json", "inbox", "tasks", "agent.log", "raptor.log",
    "radical", "brought", "function_worker.py", "call.py",
  ]

  /// What is wrong with a text that is to name the target of a file, beside what `fault` says, as the end of a sentence
  /// about it.
  static func targetFault(in text: String, relativeTo side: Base) -> String? {
    let location = Location(text, relativeTo: side)
    let path = TargetPath(location.path)
    if path.leaves {
      guard location.base != .machine else { return isRoot(text) }
      return "must not leave its directory with '..', found '\(shortened(text))'"
    }
    guard let first = path.parts.first else { return isRoot(text) }
    if location.base == .session, ownedBySession.contains(first) {
      return "would replace '\(first)' of the session itself, found '\(shortened(text))'"
    }
    return nil
  }

  private static func isRoot(_ text: String) -> String {
    let start = text.hasSuffix("/") ? text : text == "." || text == ".." ? "" : text + "/"
    return "is a whole directory, '\(shortened(text))': name the file in it ('\(shortened(start))NAME')"
  }
}
