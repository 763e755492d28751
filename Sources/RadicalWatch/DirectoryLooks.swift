import Glibc
import Platform

/// Directories that are looked at again and again for new files: those that did not change are not read, and those with
/// thousands of entries, as that of a pilot with its tasks, less often.
final class DirectoryLooks {
  private struct Look {
    var changed = timespec()
    /// Whether it was read when that was so already: what comes within one tick of the clock shows no other time.
    var isSure = false
    var count = 0
    var next = ContinuousClock.now
  }

  private var looks: [String: Look] = [:]
  private static let many = 1_000
  private static let pause = Duration.seconds(5)

  /// All that is in a directory; `nil` when there is nothing new, or it is too early to look.
  func names(in directory: String) -> [String]? {
    var status = stat()
    guard stat(directory, &status) == 0 else { return nil }
    var look = looks[directory] ?? Look()
    let isSame = look.changed.tv_sec == status.st_mtim.tv_sec && look.changed.tv_nsec == status.st_mtim.tv_nsec
    guard !(isSame && look.isSure), .now >= look.next else { return nil }
    let names = directoryEntries(directory)
    look.isSure = isSame
    (look.changed, look.count) = (status.st_mtim, names.count)
    if names.count > Self.many { look.next = .now + Self.pause }
    looks[directory] = look
    return names
  }
}
