import Glibc

/// The path to execute for `name`, found in the directories of `path` as a shell does.
///
/// A name with a slash stands for itself. `nil` when no directory has it.
///
/// - Parameter here: what relative directories belong to.
public func programPath(_ name: String, in path: String, from here: String = ".") -> String? {
  // By bytes, as a shell looks at them.
  if name.utf8.contains(UInt8(ascii: "/")) { return name }
  for bytes in path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
    let directory = String(Substring(bytes))
    let isAbsolute = bytes.first == UInt8(ascii: "/")
    let candidate =
      isAbsolute ? "\(directory)/\(name)" : directory.isEmpty ? "\(here)/\(name)" : "\(here)/\(directory)/\(name)"
    var status = stat()
    guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(candidate, X_OK) == 0 else {
      continue
    }
    return candidate
  }
  return nil
}
