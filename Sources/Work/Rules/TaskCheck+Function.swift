import JSON

extension TaskCheck {
  /// A function goes through the raptor, and has nothing that only a program has.
  func checkFunction() {
    guard let function = description.function else { return }
    func cannotHave(_ what: String, _ why: String) -> String {
      "\(owner) is a function and cannot have \(what): \(why)"
    }
    if !description.argv.isEmpty { report("argv", "\(owner) has both 'argv' and 'function'; give one of them") }
    if !description.raptor {
      report("raptor", cannotHave("'raptor: false'", "a function runs in a worker of the raptor"))
    }
    if description.stdin != nil {
      report("stdin", cannotHave("'stdin'", "what it works on goes under 'args' or 'kwargs'"))
    }
    if !description.preExec.isEmpty {
      report(
        "pre_exec",
        cannotHave("'pre_exec'", "that is run by a shell, a function by the interpreter of a worker"))
    }
    let ranks = description.resources.ranks
    if ranks > 1 { report("ranks", cannotHave("'ranks: \(ranks)'", "it runs in one process")) }
    if description.launcher != .auto, description.launcher != .none {
      report("launcher", cannotHave("'launcher'", "no program is started for it"))
    }
    identifier(function.module, "module")
    identifier(function.name, "name")
    var count = 0
    for (index, value) in function.args.enumerated() {
      self.value(value, at: [.key("function"), .key("args"), .index(index)], "args", depth: 1, count: &count)
    }
    for (name, value) in function.kwargs.sorted(by: { $0.key < $1.key }) {
      if !PythonName.isIdentifier(name) {
        report(
          [.key("function"), .key("kwargs"), .entryName(name)],
          "'\(shortened(name))' of 'kwargs' of \(what("function")) is no name of a Python argument")
      }
      self.value(value, at: [.key("function"), .key("kwargs"), .key(name)], "kwargs", depth: 1, count: &count)
    }
  }

  private func identifier(_ text: String, _ key: String) {
    let what = "'\(key)' of \(self.what("function"))"
    guard self.text(text, at: [.key("function"), .key(key)], what, isEmptyAllowed: false) else { return }
    guard !PythonName.isDotted(text) else { return }
    let hint = key == "module" && text.hasSuffix(".py") ? ": leave out '.py'" : ""
    report(
      [.key("function"), .key(key)],
      "\(what) must be a Python name such as a.b, found '\(shortened(text))'\(hint)")
  }

  private func value(
    _ value: JSONValue, at path: [WorkViolation.Step], _ key: String, depth: Int, count: inout Int
  ) {
    func what() -> String { "'\(key)' of \(self.what("function"))" }
    count += 1
    guard count <= TaskRules.valueLimit else {
      if count == TaskRules.valueLimit + 1 { report(path, "\(what()) \(TaskRules.tooManyValues)") }
      return
    }
    guard depth <= JSONValue.depthLimit else {
      return report(path, "\(what()) \(PythonName.tooDeep)")
    }
    switch value {
    case .null, .bool, .int: break
    case .double(let number):
      if !number.isFinite {
        report(path, TaskRules.noNumber("\(number)", in: what(), "has no place in JSON"))
      }
    case .string(let text): self.text(text, at: path, what(), limit: TaskRules.textBytes)
    case .array(let elements):
      for (index, element) in elements.enumerated() where count <= TaskRules.valueLimit {
        self.value(element, at: path + [.index(index)], key, depth: depth + 1, count: &count)
      }
    case .object(let members):
      for (name, member) in members where count <= TaskRules.valueLimit {
        bytes += name.utf8.count
        self.value(member, at: path + [.key(name)], key, depth: depth + 1, count: &count)
      }
    }
  }
}

/// Names of Python.
package enum PythonName {
  package static var tooDeep: String { "are nested deeper than \(JSONValue.depthLimit) levels" }

  /// A name, or several with dots between.
  static func isDotted(_ text: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isIdentifier)
  }

  static func isIdentifier(_ text: some StringProtocol) -> Bool {
    guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
    return text.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
  }
}
