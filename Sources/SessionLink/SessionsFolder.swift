import Platform
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// The directory that sessions stand in unless the user names another: `scalems-sessions` where he is, or one with his
/// name when that is somebody else's.
public enum SessionsFolder {
  public static let name = "scalems-sessions"

  /// The one of this user below a directory; it is made if need be.
  ///
  /// - Throws: `DirectoryError` when there is none that is his.
  public static func own(in directory: FilePath) throws(SessionDirectory.DirectoryError) -> FilePath {
    let names = [name, "\(name)-\(userPart)"]
    for name in names {
      let path = directory.appending(name)
      if mkdir(path.string, 0o700) != 0, errno != EEXIST {
        throw SessionDirectory.DirectoryError(
          description: "the session directory \(path) cannot be made: \(text(errno))")
      }
      var status = stat()
      guard stat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
        continue
      }
      return path
    }
    throw SessionDirectory.DirectoryError(
      description: "neither \(names[0]) nor \(names[1]) in \(directory) is a directory of yours: "
        + "name one with --session-dir")
  }

  /// All of them below a directory, whosever they are.
  public static func all(in directory: FilePath) -> [FilePath] {
    directoryEntries(directory.string).filter { $0 == name || $0.hasPrefix(name + "-") }.sorted()
      .map { directory.appending($0) }
  }

  /// The user's name as a part of a file's.
  private static var userPart: String { String(userName(of: geteuid()).map { $0 == "/" ? "_" : $0 }) }
}
