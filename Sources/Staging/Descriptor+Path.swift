import Glibc
import Platform
import SystemPackage

extension Descriptor {
  /// Opens a file whose name need not be text.
  static func open(_ path: FilePath, _ flags: Int32, mode: mode_t = 0o600) throws(Errno) -> Descriptor {
    while true {
      let number = path.withPlatformString { Glibc.open($0, flags | O_CLOEXEC, mode) }
      if number >= 0 { return Descriptor(owning: number) }
      guard errno == EINTR else { throw Errno.last }
    }
  }
}
