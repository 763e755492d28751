import Glibc
import SystemPackage

/// The lock on a journal that its host holds as long as it lives: no two write one session.
///
/// It is on the open file, not the process, so that nothing else this process does with the file lets it go.
enum JournalLock {
  // Glibc's headers offer these to GNU programs only.
  private static let query: Int32 = 36
  private static let set: Int32 = 37

  enum Outcome { case held, taken, impossible }

  /// Takes the lock; `impossible` where the file system has none.
  static func take(_ descriptor: Int32) -> Outcome {
    var lock = wholeFile
    guard fcntl(descriptor, set, &lock) != 0 else { return .held }
    return errno == EAGAIN || errno == EACCES ? .taken : .impossible
  }

  private static var wholeFile: flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    return lock
  }
}
