import Glibc
import Platform
import SystemPackage

/// A file without a name that says which entry of a task's `pre_exec` runs; see `PreExec`.
final class PreExecMarker {
  private let descriptor: Descriptor

  /// - Throws: `Errno` when there is no descriptor left.
  init() throws(Errno) {
    descriptor = try Descriptor.memoryFile("pre_exec")
  }

  /// Where processes of the same user find it while this process lives.
  var path: String { "/proc/\(getpid())/fd/\(descriptor.number)" }

  /// The first line of the entry that has begun; `nil` once the program is reached.
  var entry: String? {
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = pread(descriptor.number, &buffer, buffer.count, 0)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
