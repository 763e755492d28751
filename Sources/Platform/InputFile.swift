import Glibc
import SystemPackage

/// A file that a task is given to read.
public enum InputFile {
  /// Opens a regular file; of anything else an end might never come, or not even the opening.
  ///
  /// - Throws: `FileError` that says why not.
  public static func open(_ path: String) throws(FileError) -> Descriptor {
    do throws(Errno) {
      let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      guard FileKind(try file.status().st_mode) == .file else { throw Errno.notSupported }
      _ = fcntl(file.number, F_SETFL, fcntl(file.number, F_GETFL) & ~O_NONBLOCK)
      return file
    } catch {
      guard error != .notSupported else {
        throw FileError(description: "\(path) could not be opened: it is no regular file")
      }
      throw FileError("\(path) could not be opened", error)
    }
  }
}
