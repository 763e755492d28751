import Glibc

/// Files in `/dev/shm` by which the ranks of an MPI program exchange messages. Who is killed leaves them.
public enum SharedSegments {
  private static let prefixes = [
    "vader_segment.", "sm_segment.", "osc_rdma.", "shmem_", "mpich_shar_tmp", "Intel_MPI_",
  ]
  private static let directory = "/dev/shm/"

  /// The paths of those that a process of this user has in its memory.
  public static func mapped(by pid: pid_t) -> Set<String> {
    // Lines as "7f…-7f… rw-s 00000000 00:19 42  /dev/shm/vader_segment.node.0.1".
    guard let bytes = try? readFile("/proc/\(pid)/maps", limit: 16 << 20) else { return [] }
    var found: Set<String> = []
    for line in bytes.split(separator: 0x0a) {
      guard let slash = line.firstIndex(of: UInt8(ascii: "/")), line[slash...].starts(with: directory.utf8) else {
        continue
      }
      let path = String(decoding: line[slash...], as: UTF8.self)
      let name = path.dropFirst(directory.utf8.count)
      if !name.contains("/"), prefixes.contains(where: name.hasPrefix) { found.insert(path) }
    }
    return found
  }

  /// Removes them, once those who used them are gone.
  public static func remove(_ paths: Set<String>) {
    for path in paths { unlink(path) }
  }
}
