#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Directories and files of a process, as `/proc` tells them: paths may be any bytes, and what was removed is named by where
/// it was.
public enum ProcessFiles {
  /// Where it works; `nil` when that cannot be seen.
  public static func directory(of pid: pid_t) -> [UInt8]? { place("/proc/\(pid)/cwd") }

  /// The files that it has open to write to them. Whoever only reads one looks at it, and has no part in it.
  public static func written(by pid: pid_t) -> [[UInt8]] {
    directoryEntries("/proc/\(pid)/fd").compactMap { number in
      // Most are sockets and pipes.
      guard let path = place("/proc/\(pid)/fd/\(number)"), path.first == UInt8(ascii: "/"),
        isWritten("/proc/\(pid)/fdinfo/\(number)")
      else { return nil }
      return path
    }
  }

  private static func place(_ link: String) -> [UInt8]? {
    let suffix = Array(" (deleted)".utf8)
    return linkBytes(link).map { $0.suffix(suffix.count) == suffix[...] ? $0.dropLast(suffix.count) : $0 }
  }

  private static func isWritten(_ info: String) -> Bool {
    guard let info = try? readFile(info),
      let line = String(decoding: info, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("flags:") }),
      let flags = Int32(line.split(whereSeparator: \.isWhitespace).last ?? "", radix: 8)
    else { return false }
    return flags & O_ACCMODE != O_RDONLY
  }
}
