import Platform
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

/// The lock by which only one process writes a journal: of the open file, so it ends with the process at the latest.
enum JournalLock {
  enum Outcome: Equatable {
    case taken
    /// Somebody else has it.
    case held
    /// The file system knows no locks.
    case unknown
  }

  // Not in every version of Glibc's module.
  private static let getCommand: Int32 = 36
  private static let setCommand: Int32 = 37

  static func take(_ descriptor: Int32) -> Outcome {
    var lock = whole(F_WRLCK)
    guard fcntl(descriptor, setCommand, &lock) != 0 else { return .taken }
    return errno == EAGAIN || errno == EACCES ? .held : .unknown
  }

  /// Closing would do, but for a process that is just being forked and has the file open, too.
  static func release(_ descriptor: Int32) {
    var lock = whole(F_UNLCK)
    _ = fcntl(descriptor, setCommand, &lock)
  }

  /// Whether another open file has the lock; to read the file is enough for that. `nil` when it cannot be told.
  static func isHeld(_ path: FilePath) -> Bool? {
    guard let file = try? Descriptor.open(.file, path.string) else { return nil }
    var lock = whole(F_WRLCK)
    guard fcntl(file.number, getCommand, &lock) == 0 else { return nil }
    return lock.l_type != Int16(F_UNLCK)
  }

  private static func whole(_ type: Int32) -> flock {
    var lock = flock()
    lock.l_type = Int16(type)
    lock.l_whence = Int16(SEEK_SET)
    return lock
  }
}
