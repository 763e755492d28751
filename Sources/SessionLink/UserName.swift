import Glibc

/// The name of a user, or the number when the system knows none. Safe on any thread, unlike `getpwuid`.
func userName(of uid: uid_t) -> String {
  var entry = passwd()
  var found: UnsafeMutablePointer<passwd>?
  var space = [CChar](repeating: 0, count: 4096)
  while case let code = getpwuid_r(uid, &entry, &space, space.count, &found), code == ERANGE || code == EINTR {
    guard code == EINTR || space.count < 1 << 20 else { break }
    if code == ERANGE { space = [CChar](repeating: 0, count: space.count * 2) }
  }
  // The name lies in `space`.
  return withExtendedLifetime(space) { found.map { String(cString: $0.pointee.pw_name) } ?? String(uid) }
}
