import Glibc
import SessionModel

/// The environment of task processes: that of the session, the task's own, and what SCALE-MS tells a task.
///
/// The strings of the session's environment are made once and shared by all tasks.
final class TaskEnvironment {
  private var base: [(name: String, entry: UnsafeMutablePointer<CChar>)] = []
  let path: String

  init() {
    var pointer = environ
    while let entry = pointer.pointee {
      let text = String(cString: entry)
      let name = String(text.prefix { $0 != "=" })
      // A session inside a task of another session has its own ids.
      if !name.hasPrefix("SCALEMS_") { base.append((name, strdup(entry))) }
      pointer += 1
    }
    path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
  }

  /// Calls `body` with a NULL-terminated environment in which `variables` stand over the session's.
  func with<R>(_ variables: [(String, String)], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
    let own = variables.map { strdup("\($0)=\($1)") }
    defer { own.forEach { free($0) } }
    // The session's environment holds no SCALEMS_ variable, so those need no comparison.
    let names = variables.lazy.map(\.0).filter { !$0.hasPrefix("SCALEMS_") }
    let overridden = Set(names)
    var entries: [UnsafeMutablePointer<CChar>?] = []
    entries.reserveCapacity(base.count + own.count + 1)
    for (name, entry) in base where overridden.isEmpty || !overridden.contains(name) { entries.append(entry) }
    entries.append(contentsOf: own)
    entries.append(nil)
    return entries.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return withUnsafePointer(to: nil) { body($0) } }
      return body(start)
    }
  }
}

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
