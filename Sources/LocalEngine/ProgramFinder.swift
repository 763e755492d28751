import Glibc
import Platform
import SystemPackage

/// Finds programs as a shell does, and remembers where they were.
struct ProgramFinder {
  private var found: [String: String] = [:]

  /// The path to execute for `name`; a name with a slash stands for itself. `nil` when no directory of `path` has it.
  ///
  /// - Parameter directory: where the program will run, to which relative entries of `path` belong.
  mutating func find(_ name: String, path: String, from directory: String) -> String? {
    if name.utf8.contains(UInt8(ascii: "/")) { return name }
    let key = "\(name)\0\(path)"
    if let known = found[key] { return known }
    guard let program = programPath(name, in: path, from: directory) else { return nil }
    // What was found from here is not found from everywhere.
    if path.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      .allSatisfy({ $0.first == UInt8(ascii: "/") })
    {
      found[key] = program
    }
    return program
  }
}

/// Whether a file that the system cannot execute is for a shell to run, as a script without `#!` is: a shell looks for a
/// NUL in its first line, which says that it is for another machine.
///
/// - Parameter directory: what a relative path belongs to.
func isScript(_ path: String, from directory: String) -> Bool {
  let full = path.utf8.first == UInt8(ascii: "/") ? path : "\(directory)/\(path)"
  guard let descriptor = try? Descriptor.open(full, O_RDONLY | O_NONBLOCK) else { return false }
  var status = stat()
  guard fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
  var buffer = [UInt8](repeating: 0, count: 256)
  let count = pread(descriptor.number, &buffer, buffer.count, 0)
  return count >= 0 && !buffer[..<count].prefix { $0 != 0x0a }.contains(0)
}
