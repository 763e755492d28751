import Glibc
import SystemPackage

func currentDirectory() -> String {
  guard let path = getcwd(nil, 0) else { return "/" }
  defer { free(path) }
  return String(cString: path)
}

/// An id that sorts by time and is unique on this machine: `scalems.20261122.183000.4711`.
func newSessionID() -> String {
  var now = time(nil)
  var parts = tm()
  localtime_r(&now, &parts)
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let date = "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
  return "scalems.\(date).\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec)).\(getpid())"
}

func isFile(_ path: FilePath) -> Bool {
  var status = stat()
  return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
