import Glibc
import Platform
import SessionModel
import SystemPackage
import Words

/// The directory that this process runs in.
///
/// - Throws: `UsageError` when it was removed.
func currentDirectory() throws(UsageError) -> FilePath {
  // glibc says so also of one that cannot be reached from the root.
  guard let path = getcwd(nil, 0) else {
    throw UsageError(
      description: errno == ENOENT
        ? "the directory you are in does not exist any more: change to another one ('cd') and try again"
        : "the directory you are in cannot be found out: \(String(cString: strerror(errno)))")
  }
  defer { free(path) }
  return FilePath(platformString: path)
}

/// The directory that the user stands in, for what is to run there.
///
/// - Throws: `UsageError` when it is gone, or its name is no text.
func workingDirectory() throws(UsageError) -> String {
  let path = try currentDirectory()
  guard let text = String(validating: path) else {
    throw UsageError(
      description: "the name of the directory you are in, \(path), is no text (UTF-8): commands cannot run there")
  }
  return text
}

/// A path from the root on that leads where the kernel goes with the given one. What stands before a `..` is resolved: the
/// parent of a directory that was reached through a link is not where the link is.
///
/// - Throws: `UsageError` when it is relative, and the directory that this process runs in was removed.
func absolutePath(_ path: FilePath) throws(UsageError) -> FilePath {
  let whole = path.isAbsolute ? path : try currentDirectory().pushing(path)
  var result = FilePath(root: whole.root, [])
  for component in whole.components {
    switch component.kind {
    case .regular: result.append(component)
    case .currentDirectory: break
    case .parentDirectory:
      // Of what is not there, whoever uses it will say so.
      guard let resolved = realpath(result.string, nil) else {
        result.append(component)
        continue
      }
      defer { free(resolved) }
      if let fault = SystemText.fault(resolved) {
        throw UsageError(description: "'\(path)' leads where the path \(fault)")
      }
      result = FilePath(platformString: resolved).removingLastComponent()
    }
  }
  return result
}

func absolutePath(_ path: String) throws(UsageError) -> String { try absolutePath(FilePath(path)).string }

/// An id that sorts by time and is unique on this machine: `scalems.20261122.183000.4711`.
func newSessionID() -> String {
  let now = Timestamp.now.local()
  let (date, time) = (Format.date(now).filter(\.isNumber), Format.timeOfDay(now).filter(\.isNumber))
  return "scalems.\(date).\(time).\(getpid())"
}

func isFile(_ path: FilePath) -> Bool {
  var status = stat()
  return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
