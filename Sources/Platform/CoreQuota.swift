import Glibc

/// How many processors the control groups of this process let it use at a time.
///
/// A container or a batch system often limits the processor *time* and leaves all processors visible. The limit of a
/// group holds for those inside it, so the smallest on the way up counts.
public enum CoreQuota {
  /// Whole processors, at least 1; `nil` when nothing limits them, or nobody says.
  public static func ofThisProcess() -> Int? {
    guard let groups = try? readFile("/proc/self/cgroup", limit: 1 << 16),
      let mounts = try? readFile("/proc/self/mountinfo", limit: 4 << 20)
    else { return nil }
    return cores(groups: text(groups), mounts: text(mounts)) { (try? readFile($0, limit: 4096)).map(text) }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// - Parameters:
  ///   - groups: the content of `/proc/self/cgroup`.
  ///   - mounts: the content of `/proc/self/mountinfo`.
  ///   - read: the content of a file, or `nil`.
  static func cores(groups: String, mounts: String, read: (String) -> String?) -> Int? {
    var least: Double?
    for hierarchy in hierarchies(groups: groups, mounts: mounts) {
      for directory in hierarchy.directories {
        if let cores = hierarchy.quota(in: directory, read) { least = min(least ?? cores, cores) }
      }
    }
    return least.map { max(1, Int($0)) }
  }

  /// One tree of control groups that may limit processors, and where this process is in it.
  private struct Hierarchy {
    var isVersion2: Bool
    var mountPoint: String
    /// Below the mount point.
    var path: [Substring]

    /// More levels than anyone nests.
    private static let depthLimit = 128

    /// From the group of this process up to the root.
    var directories: [String] {
      let path = path.prefix(Self.depthLimit)
      return (0...path.count).reversed().map { depth in ([mountPoint[...]] + path.prefix(depth)).joined(separator: "/")
      }
    }

    func quota(in directory: String, _ read: (String) -> String?) -> Double? {
      let words: [Substring]
      if isVersion2 {
        words = (read("\(directory)/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
      } else {
        let texts = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map { read("\(directory)/\($0)") ?? "" }
        words = texts.flatMap { $0.split(whereSeparator: \.isWhitespace) }
      }
      // Without a limit it says "max", or -1.
      guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0, period > 0,
        case let cores = quota / period, cores < 1e6
      else { return nil }
      return cores
    }
  }

  private static func hierarchies(groups: String, mounts: String) -> [Hierarchy] {
    // Lines as "4:cpu,cpuacct:/path"; version 2 is "0::/path".
    let own = groups.split(separator: "\n").compactMap { line -> (controllers: [Substring], path: Substring)? in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      return (parts[1].split(separator: ","), parts[2])
    }
    return mounts.split(separator: "\n").compactMap { line in
      // "36 35 0:31 /root /mount/point options … - type source options"
      let fields = line.split(separator: " ")
      guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count else { return nil }
      let isVersion2 = fields[dash + 1] == "cgroup2"
      guard isVersion2 || fields[dash + 1] == "cgroup" && fields[dash + 3].split(separator: ",").contains("cpu"),
        let group = own.first(where: { isVersion2 ? $0.controllers.isEmpty : $0.controllers.contains("cpu") })
      else { return nil }
      let root = unescaped(fields[3]).split(separator: "/")
      let path = group.path.split(separator: "/")
      // A group outside of what is mounted (a container sees only its own part) is as good as its root.
      let isInside = path.starts(with: root) && !path.contains("..")
      return Hierarchy(
        isVersion2: isVersion2, mountPoint: unescaped(fields[4]),
        path: isInside ? Array(path.dropFirst(root.count)) : [])
    }
  }

  /// Blanks of a path stand as `\040` in a list of mounts.
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = field.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3, let value = UInt8(String(rest.prefix(3)) ?? "", radix: 8) {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
