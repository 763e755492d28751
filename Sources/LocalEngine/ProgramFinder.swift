import Glibc

/// Finds programs as a shell does, and remembers where they were.
struct ProgramFinder {
  private var found: [String: String] = [:]

  /// The path to execute for `name`; a name with a slash stands for itself. `nil` when no directory of `path` has it.
  mutating func find(_ name: String, path: String) -> String? {
    if name.contains("/") { return name }
    let key = "\(name)\0\(path)"
    if let known = found[key] { return known }
    for directory in path.split(separator: ":", omittingEmptySubsequences: false) {
      let candidate = (directory.isEmpty ? "." : String(directory)) + "/" + name
      var status = stat()
      guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(candidate, X_OK) == 0 else {
        continue
      }
      found[key] = candidate
      return candidate
    }
    return nil
  }
}
