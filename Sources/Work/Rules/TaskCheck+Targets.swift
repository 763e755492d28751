extension TaskCheck {
  /// Directives of one task that would put their files at the same place, or where the engine puts one of its own.
  func checkTargets(_ directives: [StagingDirective], _ direction: StagingDirective.Direction) {
    var sources: [String: (source: String, isDirectory: Bool)] = [:]
    for (index, directive) in directives.enumerated() {
      let target = TargetPlace(directive, direction, client: nil)
      guard let key = target.key else { continue }
      let path: [WorkViolation.Step] = [.key(direction.key), .index(index), .key("target")]
      if direction == .input, target.isOwn, let why = reason(against: key) {
        report(path, "'target' in \(what(direction.key)) cannot be '\(shortened(directive.target))': \(why)")
      }
      if let other = sources[key], !(other.isDirectory && target.isDirectory) {
        report(
          path,
          "'\(shortened(other.source))' and '\(shortened(directive.source))' of \(what(direction.key)) have the same target "
            + "'\(shortened(directive.target))' (directories that are to be joined are written with '/' at their ends)")
      } else {
        sources[key] = (directive.source, target.isDirectory)
      }
    }
  }

  private func reason(against key: String) -> String? {
    let written = "a file of that name is written there"
    switch key {
    case "task:///stdin":
      if case .text? = description.stdin { return written }
      return nil
    case "task:///task.sh": return description.preExec.isEmpty ? nil : written
    case "task:///scalems.stdout", "task:///scalems.stderr": return written
    default: return nil
    }
  }
}
