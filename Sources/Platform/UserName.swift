import Glibc

/// The name of a user, or the number when the system knows none; of the one this process runs as unless another is named.
public func userName(of uid: uid_t = getuid()) -> String {
  userEntry(of: uid) { String(cString: $0.pw_name) } ?? String(uid)
}

/// What the system knows of a user. Safe on any thread, unlike `getpwuid`.
func userEntry<R>(of uid: uid_t, _ body: (passwd) -> R) -> R? {
  var entry = passwd()
  var found: UnsafeMutablePointer<passwd>?
  var space = [CChar](repeating: 0, count: 4096)
  while case let code = getpwuid_r(uid, &entry, &space, space.count, &found), code == ERANGE || code == EINTR {
    guard code == EINTR || space.count < 1 << 20 else { break }
    if code == ERANGE { space = [CChar](repeating: 0, count: space.count * 2) }
  }
  // Its texts lie in `space`.
  return withExtendedLifetime(space) { found.map { body($0.pointee) } }
}
