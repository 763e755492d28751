import Platform

/// Finds programs as a shell does, and remembers where they were.
struct ProgramFinder {
  private var found: [String: String] = [:]

  /// The path to execute for `name`; a name with a slash stands for itself. `nil` when no directory of `path` has it.
  mutating func find(_ name: String, path: String) -> String? {
    if name.contains("/") { return name }
    let key = "\(name)\0\(path)"
    if let known = found[key] { return known }
    guard let program = programPath(name, in: path) else { return nil }
    found[key] = program
    return program
  }
}
