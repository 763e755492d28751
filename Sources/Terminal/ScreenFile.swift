import Platform
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Keeps what a screen shows as a text file.
public enum ScreenFile {
  /// Writes a new file in the working directory; blocks for as long as that takes.
  ///
  /// - Parameter name: without its end; a number follows where the name is taken.
  /// - Returns: the name of the file.
  /// - Throws: `FileError` when it cannot be written; nothing is left of it then.
  public static func write(_ text: String, named name: String) throws(FileError) -> String {
    for number in 1...99 {
      let path = number == 1 ? "\(name).txt" : "\(name)-\(number).txt"
      let file: Descriptor
      do throws(FileError) {
        file = try Descriptor.open(
          .file, path, flags: O_WRONLY | O_CREAT | O_EXCL, followsLinks: false, mode: 0o644)
      } catch {
        // Whatever has that name, link or file, is none of ours.
        var status = stat()
        if lstat(path, &status) == 0 { continue }
        throw error
      }
      do throws(Errno) {
        try file.writeAll(Array(text.utf8))
        // Some file systems say only now that there is no room.
        guard fsync(file.number) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
      } catch {
        unlink(path)
        throw FileError("\(path) cannot be written", error)
      }
      return path
    }
    throw FileError(description: "\(name).txt cannot be written: there are 99 of that name")
  }
}
