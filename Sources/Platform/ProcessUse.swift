import Glibc

/// What processes and their descendants use of the machine.
public struct ProcessUse: Equatable, Sendable {
  /// Seconds of processor time so far, those of children that have ended included.
  public var processor = 0.0
  /// Bytes of memory that are resident; what processes share counts for each.
  public var memory = 0
  public var processes = 0

  /// Processes that are looked at for one task.
  private static let limit = 200

  /// Reads a process and its descendants; `nil` when it is not there. Costs some 30 µs for each.
  public init?(of root: pid_t) { self.init(of: [root]) }

  /// The same of several, none of which descends from another.
  init?(of roots: [pid_t]) {
    var work = roots
    while let pid = work.popLast(), processes < Self.limit {
      guard add(pid) else { continue }
      for thread in directoryEntries("/proc/\(pid)/task").prefix(Self.limit) {
        guard let text = try? readFile("/proc/\(pid)/task/\(thread)/children") else { continue }
        work += String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
      }
    }
    guard processes > 0 else { return nil }
  }

  private mutating func add(_ pid: pid_t) -> Bool {
    guard let bytes = try? readFile("/proc/\(pid)/stat"), let close = bytes.lastIndex(of: UInt8(ascii: ")")) else {
      return false
    }
    // After the name: state as the first, user and system time of the process and of its children as the 12th to 15th,
    // pages that are resident as the 22nd.
    let fields = bytes[(close + 1)...].split(separator: 0x20, maxSplits: 22)
    guard fields.count >= 22, fields[0].first != UInt8(ascii: "Z") else { return false }
    func number(_ index: Int) -> Double { Double(String(decoding: fields[index], as: UTF8.self)) ?? 0 }
    processor += (number(11) + number(12) + number(13) + number(14)) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    memory += Int(min(number(21), 1e12)) * sysconf(Int32(_SC_PAGESIZE))
    processes += 1
    return true
  }
}
