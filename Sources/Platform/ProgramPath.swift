import Glibc

/// The path to execute for `name`, found in the directories of `path` as a shell does.
///
/// A name with a slash stands for itself. `nil` when no directory has it.
public func programPath(_ name: String, in path: String) -> String? {
  if name.contains("/") { return name }
  for directory in path.split(separator: ":", omittingEmptySubsequences: false) {
    let candidate = (directory.isEmpty ? "." : String(directory)) + "/" + name
    var status = stat()
    guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(candidate, X_OK) == 0 else {
      continue
    }
    return candidate
  }
  return nil
}
