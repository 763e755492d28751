import Glibc

/// One process and no other: its id, and when it started, because ids are given again.
public struct ProcessIdentity: Hashable, Sendable {
  public var pid: pid_t
  /// In ticks since the machine started, as `/proc/PID/stat` says.
  public var start: UInt64

  public init(pid: pid_t, start: UInt64) {
    self.pid = pid
    self.start = start
  }

  /// The process that has this id now; `nil` when there is none.
  public init?(of pid: pid_t) {
    guard let entry = ProcessTable.entry(of: pid) else { return nil }
    self.init(pid: pid, start: entry.start)
  }

  /// Whether it runs; a zombie does not.
  public var isAlive: Bool {
    guard let entry = ProcessTable.entry(of: pid) else { return false }
    return entry.start == start && !entry.isZombie
  }

  /// Whether it is there, and was stopped by a signal or a debugger.
  public var isStopped: Bool {
    guard let entry = ProcessTable.entry(of: pid) else { return false }
    return entry.start == start && entry.isStopped
  }
}
