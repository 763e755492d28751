import Glibc
import Platform
import SystemPackage

/// The files that the engine itself makes in a task's directory.
///
/// What staging or an earlier program has put under such a name is replaced, never written to: it may be a link to a file
/// of the user.
enum OwnFile {
  /// - Parameter flags: beside those that make it new.
  /// - Returns: a descriptor to write to.
  /// - Throws: `FileError` when it cannot be made.
  static func make(_ path: String, _ flags: Int32 = 0, mode: mode_t = 0o600) throws(FileError) -> Int32 {
    for isFirst in [true, false] {
      do throws(Errno) {
        return try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | flags, mode: mode).release()
      } catch {
        guard error == .fileExists, isFirst else { throw FileError("\(path) could not be made", error) }
        guard unlink(path) == 0 else { throw FileError("\(path) is in the way and could not be replaced", Errno.last) }
      }
    }
    throw FileError(description: "\(path) could not be made")
  }

  /// - Throws: `FileError` when it cannot be written.
  static func write(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws(FileError) {
    let file = Descriptor(owning: try make(path, mode: mode))
    do throws(Errno) {
      try file.writeAll(bytes)
      try file.close()
    } catch { throw FileError("\(path) could not be written", error) }
  }
}
