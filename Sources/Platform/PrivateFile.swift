import Glibc
import SystemPackage

/// Why a file could not be read or written; one sentence for people.
public struct FileError: Error, CustomStringConvertible, Sendable {
  public var description: String
  /// What the system said, if it was the system.
  public var code: Errno?

  public init(description: String) { self.description = description }

  /// - Parameter what: the sentence up to what the system said.
  public init(_ what: String, _ code: Errno) {
    description = "\(what): \(code)"
    self.code = code
  }

  /// Whether there is just no such file.
  public var isMissing: Bool { code == .noSuchFileOrDirectory }
}

/// Writes a file for its owner only, in place of the one that is there: whoever reads meanwhile, also on another machine,
/// sees the one before or the new one, whole.
///
/// - Throws: `FileError` when it cannot be written; the one before is kept then.
public func replaceFile(_ path: String, with bytes: [UInt8]) throws(FileError) {
  let new = "\(path).\(getpid())"
  do throws(FileError) { try write(bytes, to: new, followsLinks: false, mode: 0o600) } catch {
    unlink(new)
    throw error
  }
  guard rename(new, path) == 0 else {
    let why = Errno.last
    unlink(new)
    throw FileError("\(path) cannot be written", why)
  }
}

/// Writes a file for its owner only, over the one that is there: for files that nobody reads yet.
///
/// - Parameter mode: of a new file.
/// - Throws: `FileError` when it cannot be written.
public func writeFile(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws(FileError) {
  try write(bytes, to: path, followsLinks: true, mode: mode)
}

private func write(_ bytes: [UInt8], to path: String, followsLinks: Bool, mode: mode_t) throws(FileError) {
  let file = try Descriptor.open(
    .file, path, flags: O_WRONLY | O_CREAT | O_TRUNC, followsLinks: followsLinks, owner: .thisUser, mode: mode)
  do throws(Errno) {
    try file.writeAll(bytes)
    try file.close()
  } catch { throw FileError("\(path) cannot be written", error) }
}
