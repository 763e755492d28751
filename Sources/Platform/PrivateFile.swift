import Glibc

/// Why a file could not be written; one sentence for people.
public struct FileProblem: Error, CustomStringConvertible, Sendable {
  public var description: String
  public init(description: String) { self.description = description }
}

/// Writes a file for its owner only, in place of the one that is there: whoever reads meanwhile, also on another machine,
/// sees the one before or the new one, whole.
///
/// - Throws: `FileProblem` when it cannot be written; the one before is kept then.
public func replaceFile(_ path: String, with bytes: [UInt8]) throws(FileProblem) {
  let new = "\(path).\(getpid())"
  let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
  var code: Int32 = descriptor < 0 ? errno : 0
  var rest = bytes[...]
  while code == 0, !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      code = errno
    }
  }
  if descriptor >= 0, close(descriptor) != 0, code == 0 { code = errno }
  if code == 0, rename(new, path) != 0 { code = errno }
  guard code != 0 else { return }
  unlink(new)
  throw FileProblem(description: "\(path) cannot be written: \(String(cString: strerror(code)))")
}
