extension TaskCheck {
  /// Checks what holds of every text of a task.
  ///
  /// - Parameters:
  ///   - path: where it is; the first step is the key that it belongs to.
  ///   - what: what messages call it.
  /// - Returns: false when something is wrong with it.
  @discardableResult
  func text(
    _ text: String, at path: @autoclosure () -> [WorkViolation.Step], _ what: @autoclosure () -> String,
    isEmptyAllowed: Bool = true, limit: Int = TaskRules.argumentBytes
  ) -> Bool {
    var (count, hasNUL, hasBrace) = (0, false, false)
    for byte in text.utf8 {
      count += 1
      if byte == 0 { hasNUL = true }
      if byte == UInt8(ascii: "{") { hasBrace = true }
    }
    bytes += count
    let before = found.count
    if count == 0, !isEmptyAllowed { report(path(), "\(what()) is empty") }
    if hasNUL { report(path(), "\(what()) \(TaskRules.holdsNUL)") }
    if count > limit { report(path(), "\(what()) \(TaskRules.isTooLong(limit))") }
    if hasBrace, !item.isEnsemble, text.contains("{member}") {
      let path = path()
      guard case .key(let key)? = path.first else { return false }
      report(path, "\(self.what(key)) has {member}, but the task is no ensemble (ensemble: N)")
    }
    return found.count == before
  }

  /// False when a list or mapping has too many entries.
  func entries(
    _ count: Int, at path: @autoclosure () -> [WorkViolation.Step], _ what: @autoclosure () -> String,
    limit: Int = TaskRules.entryLimit
  ) -> Bool {
    guard count > limit else { return true }
    report(path(), "\(what()) has \(count) entries, at most \(limit) are possible")
    return false
  }

  func checkProgram() {
    let argv = description.argv
    // In one way, however it is empty.
    guard let program = argv.first, !program.isEmpty else {
      return report(
        argv.isEmpty ? [.key("argv")] : [.key("argv"), .index(0)], "\(what("argv")) \(TaskRules.emptyProgram)")
    }
    if case .shell(let line) = TaskCommand(argv: argv) {
      // A shell would do nothing, and call it done.
      if !line.isEmpty, line.utf8.allSatisfy({ $0 == 0x20 || (0x09...0x0d).contains($0) }) {
        return report("command", "\(what("command")) is empty")
      }
      text(line, at: [.key("command")], what("command"), isEmptyAllowed: false)
      return
    }
    guard entries(argv.count, at: [.key("argv")], what("argv")) else { return }
    for (index, argument) in argv.enumerated() {
      text(
        argument, at: [.key("argv"), .index(index)],
        index == 0 ? "the program of \(what("argv"))" : "an entry of \(what("argv"))")
    }
  }

  func checkTexts() {
    switch description.stdin {
    case nil: break
    case .text(let content): text(content, at: [.key("stdin")], what("stdin"), limit: TaskRules.textBytes)
    case .file(let path): location(path, .client, at: [.key("stdin"), .key("file")], "'file' of \(what("stdin"))")
    }
    if !description.environment.isEmpty { checkEnvironment() }
    if entries(description.preExec.count, at: [.key("pre_exec")], what("pre_exec")) {
      for (index, line) in description.preExec.enumerated() {
        text(line, at: [.key("pre_exec"), .index(index)], "an entry of \(what("pre_exec"))", isEmptyAllowed: false)
      }
    }
    guard entries(description.after.count, at: [.key("after")], what("after"), limit: TaskRules.dependencyLimit) else {
      return
    }
    for (index, name) in description.after.enumerated() {
      text(name, at: [.key("after"), .index(index)], "an entry of \(what("after"))", isEmptyAllowed: false)
    }
  }

  private func checkEnvironment() {
    let environment = description.environment
    guard entries(environment.count, at: [.key("environment")], what("environment")) else { return }
    for (name, value) in environment.count == 1 ? Array(environment) : environment.sorted(by: { $0.key < $1.key }) {
      if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) || name.utf8.contains(0) {
        report(
          [.key("environment"), .entryName(name)],
          "'\(shortened(name))' cannot be the name of an environment variable")
        continue
      }
      bytes += name.utf8.count
      text(
        value, at: [.key("environment"), .key(name)], "'\(shortened(name))' of \(what("environment"))",
        limit: max(0, TaskRules.argumentBytes - name.utf8.count - 1))
    }
  }

  func checkOutputNames() {
    checkOutputName(description.stdout, "stdout")
    checkOutputName(description.stderr, "stderr")
  }

  private func checkOutputName(_ name: String, _ key: String) {
    if name == key { return }
    guard text(name, at: [.key(key)], what(key), isEmptyAllowed: false, limit: OutputNames.limit) else { return }
    if name.utf8.contains(UInt8(ascii: "/")) || name == ".." || name == "." {
      report(
        key, "\(what(key)) must be a file name inside the task's directory, without '/', found '\(shortened(name))'")
    } else if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      report(key, "\(what(key)) must be a file name without line feeds and other control characters")
    } else if OutputNames.reserved.contains(name) {
      report(key, "\(what(key)) cannot be '\(name)': a file of that name is written beside it")
    }
  }

  // MARK: Staging

  func checkStaging(
    _ directives: [StagingDirective], _ direction: StagingDirective.Direction, key: String
  ) {
    guard !directives.isEmpty, entries(directives.count, at: [.key(key)], what(key)) else { return }
    for (index, directive) in directives.enumerated() {
      func place(_ end: String) -> [WorkViolation.Step] { [.key(key), .index(index), .key(end)] }
      let isRight = location(
        directive.source, direction.sourceSide, at: place("source"), "an entry of \(what(key))")
      // A file that keeps its name has the same fault on both sides.
      guard isRight || directive.target != Location.fileName(of: directive.source) else { continue }
      guard
        location(directive.target, direction.targetSide, at: place("target"), "'target' in \(what(key))")
      else { continue }
      if let fault = Location.targetFault(in: directive.target, relativeTo: direction.targetSide) {
        report(place("target"), "'target' in \(what(key)) \(fault)")
      } else if Location.fileName(of: directive.target) == nil {
        report(place("target"), "'target' in \(what(key)) \(TaskRules.namesNoFile(directive.target))")
      }
    }
    checkTargets(directives, direction)
  }

  @discardableResult
  private func location(
    _ text: String, _ side: Location.Base, at path: @autoclosure () -> [WorkViolation.Step],
    _ what: @autoclosure () -> String
  ) -> Bool {
    guard self.text(text, at: path(), what(), isEmptyAllowed: false) else { return false }
    guard let fault = Location.fault(in: text, relativeTo: side) else { return true }
    report(path(), "\(what()) \(fault)")
    return false
  }
}
