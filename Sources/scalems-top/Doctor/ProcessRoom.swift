import Glibc
import Platform

/// How many more processes and threads this user may start.
struct ProcessRoom {
  var free: Int
  /// What sets the limit.
  var limit: String

  /// The narrowest limit there is; `nil` without one.
  static func find() -> ProcessRoom? {
    [ofUser(), ofGroup()].compactMap { $0 }.min { $0.free < $1.free }
  }

  private static func ofUser() -> ProcessRoom? {
    var limits = rlimit()
    // The kernel does not hold root to it.
    guard getuid() != 0, getrlimit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), &limits) == 0,
      limits.rlim_cur != rlim_t.max
    else { return nil }
    let limit = Int(clamping: limits.rlim_cur)
    let user = getuid()
    var used = 0
    for pid in ProcessTable().entries.keys {
      var status = stat()
      guard stat("/proc/\(pid)/task", &status) == 0, status.st_uid == user else { continue }
      // A directory's links are itself, its name above, and one a thread.
      used += max(1, Int(status.st_nlink) - 2)
    }
    return ProcessRoom(free: max(0, limit - used), limit: "ulimit -u is \(limit)")
  }

  private static func ofGroup() -> ProcessRoom? {
    guard let bytes = try? readFile("/proc/self/cgroup") else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let path = lines.first(where: { $0.hasPrefix("0::/") })?.dropFirst(3) else { return nil }
    func number(_ name: String) -> Int? {
      guard let bytes = try? readFile("/sys/fs/cgroup\(path)/\(name)") else { return nil }
      return Int(String(decoding: bytes.filter { $0 != 0x0a }, as: UTF8.self))
    }
    guard let limit = number("pids.max"), let used = number("pids.current") else { return nil }
    return ProcessRoom(free: max(0, limit - used), limit: "pids.max of this control group is \(limit)")
  }
}
