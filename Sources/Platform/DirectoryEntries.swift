import Glibc

/// The names in a directory, without `.` and `..`, in no order; empty when it cannot be read.
///
/// Names that are no text are not among them: nothing of ours has such a name.
public func directoryEntries(_ path: String) -> [String] {
  guard let stream = opendir(path) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let item = readdir(stream) {
    let name = withUnsafePointer(to: &item.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { SystemText.exact($0) }
    }
    if let name, name != ".", name != ".." { names.append(name) }
  }
  return names
}
