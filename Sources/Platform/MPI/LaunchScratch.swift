import Glibc

/// A directory in shared memory for what MPI keeps beside its processes: it goes when they are gone, however they went.
///
/// Open MPI has segments of shared memory and a directory for each launcher, and leaves them when it is killed; here
/// each task has its own, so that what is left of it can be removed without a guess. The owner holds a lock on its
/// directory: one without a lock is of a process that was killed, and whoever comes next removes it.
public final class LaunchScratch: Sendable {
  public let path: String
  private let lock: Descriptor

  private static let places = ["/dev/shm", "/tmp"]
  private static var prefix: String { "scalems-launch-\(geteuid())-" }

  /// - Returns: `nil` when there is no place for one.
  public init?() {
    Self.removeStale()
    for place in Self.places {
      // It gets its name when it is locked: before, it would be taken for one that was left.
      var template = Array("\(place)/.scalems-\(geteuid())-XXXXXX".utf8CString)
      guard let made = mkdtemp(&template) else { continue }
      let hidden = String(cString: made)
      let final = "\(place)/\(Self.prefix)\(getpid())-\(hidden.suffix(6))"
      guard let descriptor = try? Descriptor.open(hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
        flock(descriptor.number, LOCK_EX | LOCK_NB) == 0, rename(hidden, final) == 0
      else {
        rmdir(hidden)
        continue
      }
      path = final
      lock = descriptor
      return
    }
    return nil
  }

  deinit { Self.remove(path) }

  /// Parameters of Open MPI, of generation 4 and 5, that say where it keeps such things.
  public static let variables = [
    "OMPI_MCA_btl_vader_backing_directory", "OMPI_MCA_btl_sm_backing_directory", "OMPI_MCA_osc_rdma_backing_directory",
    "OMPI_MCA_osc_sm_backing_directory", "OMPI_MCA_orte_tmpdir_base", "PRTE_MCA_prte_tmpdir_base",
  ]

  /// A new directory for one run of a task.
  public func make(_ name: String) -> String? {
    let directory = "\(path)/\(name)"
    Self.remove(directory)
    return mkdir(directory, 0o700) == 0 ? directory : nil
  }

  public static func remove(_ directory: String) { removeTree(AT_FDCWD, directory, depth: 0) }

  /// Removes what killed processes of this user left.
  public static func removeStale() {
    for place in places {
      for name in directoryEntries(place) where name.hasPrefix(prefix) {
        let path = "\(place)/\(name)"
        guard let descriptor = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
          isOwn(descriptor.number), flock(descriptor.number, LOCK_EX | LOCK_NB) == 0
        else { continue }
        remove(path)
      }
    }
  }

  private static func isOwn(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_uid == geteuid()
  }

  private static let depthLimit = 32

  /// By descriptors, so that no link is followed; only what belongs to this user.
  private static func removeTree(_ parent: Int32, _ name: String, depth: Int) {
    let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      unlinkat(parent, name, 0)
      return
    }
    defer {
      close(descriptor)
      unlinkat(parent, name, AT_REMOVEDIR)
    }
    guard isOwn(descriptor), depth < depthLimit else { return }
    for entry in directoryEntries("/proc/self/fd/\(descriptor)") { removeTree(descriptor, entry, depth: depth + 1) }
  }
}
