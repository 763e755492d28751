import Glibc

/// The environment that a process was started with, as `/proc` shows it.
public struct EnvironmentBlock: Sendable {
  private let bytes: [UInt8]

  /// `nil` when it cannot be seen: the process is gone, or another user's.
  public init?(of pid: pid_t) {
    guard let bytes = try? readFile("/proc/\(pid)/environ") else { return nil }
    self.bytes = bytes
  }

  /// Whether one of its entries is this, `NAME=value`.
  public func holds(_ entry: String) -> Bool { place(of: entry, isWhole: true) != nil }

  /// `nil` when it is not set.
  public func value(of name: String) -> String? {
    let start = "\(name)="
    return place(of: start, isWhole: false).map { place in
      String(decoding: bytes[(place + start.utf8.count)...].prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Where an entry is, or one that begins so. Nothing is taken apart: all processes of a user are looked at.
  private func place(of text: String, isWhole: Bool) -> Int? {
    var text = text
    return text.withUTF8 { text in
      bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress, let wanted = text.baseAddress else { return nil }
        var start = 0
        while start < bytes.count {
          let end = memchr(base + start, 0, bytes.count - start).map { UnsafeRawPointer($0) - base } ?? bytes.count
          if isWhole ? end - start == text.count : end - start >= text.count,
            memcmp(base + start, wanted, text.count) == 0
          {
            return start
          }
          start = end + 1
        }
        return nil
      }
    }
  }
}
