extension TaskDescription {
  /// Where the file of the standard input is: a relative path that one of the inputs brings is the task's own, any other
  /// the workflow's.
  public func inputLocation(of path: String) -> Location {
    let location = Location(path, relativeTo: .client)
    guard location.base == .client, !path.utf8.starts(with: "client:".utf8) else { return location }
    let wanted = Self.parts(path)
    return inputs.contains { $0.brings(wanted) } ? Location(.task, path) : location
  }

  fileprivate static func parts(_ path: String) -> [String] {
    path.split(separator: "/").map(String.init).filter { $0 != "." }
  }
}

extension StagingDirective {
  /// Whether it brings, as an input, what has this path in the task's directory, or a directory that this is in.
  fileprivate func brings(_ wanted: [String]) -> Bool {
    let place = target(.input)
    guard place.base == .task else { return false }
    var parts = TaskDescription.parts(place.path)
    if target.hasSuffix("/"), let name = Location.fileName(of: source) { parts.append(name) }
    guard !parts.isEmpty, parts.count <= wanted.count else { return false }
    if parts.elementsEqual(wanted.prefix(parts.count)) { return true }
    guard let last = parts.popLast(), last == Location.fileName(of: source), FileNamePattern.isPattern(last) else {
      return false
    }
    return parts.elementsEqual(wanted.prefix(parts.count))
      && FileNamePattern(Array(last.utf8)).matches(Array(wanted[parts.count].utf8))
  }
}
