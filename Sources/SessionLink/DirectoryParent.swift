import Platform
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// The directory that a session's directory stands in: whoever may write to it can exchange the session's for another.
///
/// What is run and written goes by open directories, so that this gains nobody anything but the end of the session. It is
/// said or refused all the same where it is no habit of anybody's.
struct DirectoryParent {
  private let path: String

  init(of directory: FilePath) {
    let parent = directory.removingLastComponent()
    path = parent.isEmpty ? "." : parent.string
  }

  /// - Returns: what makes it less safe than others, in a sentence.
  /// - Throws: `DirectoryError` when it is another user's, and no directory of a project.
  func check() throws(SessionDirectory.DirectoryError) -> String? {
    var status = stat()
    // What is wrong with it, the making of a directory in it will say.
    guard stat(path, &status) == 0 else { return nil }
    if Self.isOfAnother(status.st_uid), !Self.isOfProject(status) {
      throw SessionDirectory.DirectoryError(
        description:
          "the directory \(path) belongs to \(userName(of: status.st_uid)), who could exchange a session in it "
          + "for another: name one below a directory of yours with --session-dir")
    }
    // Also further up: who renames a directory exchanges what is below it.
    var above = FilePath(path)
    while true {
      if stat(above.string, &status) == 0, status.st_mode & 0o002 != 0, status.st_mode & S_ISVTX == 0 {
        return
          "everybody may rename and remove what is in \(above), also a session: 'chmod o-w' or 'chmod +t' prevents it"
      }
      guard above.removeLastComponent() else { return nil }
    }
  }

  private static func isOfAnother(_ user: uid_t) -> Bool {
    user != geteuid() && user != 0 && !(user == unmapped && !seesAllUsers)
  }

  /// Whether it is shared by a group that this user belongs to, and nobody else.
  private static func isOfProject(_ status: stat) -> Bool {
    guard status.st_mode & 0o022 == 0o020 else { return false }
    if status.st_gid == getegid() { return true }
    var groups = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
    let count = Int(max(0, getgroups(Int32(groups.count), &groups)))
    return groups.prefix(count).contains(status.st_gid)
  }

  /// As which the kernel shows users that a container does not know, root of the machine among them.
  private static let unmapped: uid_t = {
    let text = (try? readFile("/proc/sys/kernel/overflowuid")).map { String(decoding: $0, as: UTF8.self) }
    return text.flatMap { uid_t($0.split(separator: "\n").first ?? "") } ?? 65534
  }()

  private static let seesAllUsers: Bool = {
    guard let map = try? readFile("/proc/self/uid_map") else { return true }
    return String(decoding: map, as: UTF8.self).split(whereSeparator: \.isWhitespace) == ["0", "0", "4294967295"]
  }()
}
