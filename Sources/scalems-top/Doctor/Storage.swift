import Glibc
import Platform
import Words

/// What is wrong with writing to a directory, or to where it is to be made; `nil` when nothing is.
func writable(_ directory: String) -> Finding? {
  let place = existing(directory)
  var status = stat()
  guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
    return .fail("\(place) is no directory", "Move it away: \(directory) is to be a directory.")
  }
  guard access(place, W_OK | X_OK) == 0 else {
    return .fail("\(place) cannot be written: \(errorText())", "Make it writable, or work from another directory.")
  }
  return nil
}

/// Whether the file system of a directory has room.
func space(_ directory: String, needed: Int) -> Finding {
  var status = statvfs()
  guard statvfs(existing(directory), &status) == 0 else { return .ok(directory) }
  let free = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
  let bytes = free.overflow ? Int.max : free.partialValue
  let words = "\(directory), \(Format.room(bytes)) free"
  guard bytes < needed else { return .ok(words) }
  let advice = "Remove what is not needed any more: \(Format.room(needed)) should be free."
  return bytes < needed / 10 ? .fail(words, advice) : .warn(words, advice)
}

/// The directory, or the nearest one above it that is there.
private func existing(_ directory: String) -> String {
  var path = directory[...]
  while !path.isEmpty, access(String(path), F_OK) != 0 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
  return path.isEmpty ? "/" : String(path)
}
