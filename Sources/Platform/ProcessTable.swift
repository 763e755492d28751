import Glibc

/// The processes of this machine as `/proc` shows them at one moment.
public struct ProcessTable {
  public struct Entry: Sendable {
    public var pid: pid_t
    public var parent: pid_t
    public var group: pid_t
    public var session: pid_t
    /// The device number of its terminal, 0 without one.
    public var terminal: Int32
    /// When it started, in ticks since the machine did: with the id, what no other process has.
    public var start: UInt64
    public var isZombie: Bool
    /// A signal or a debugger stopped it.
    public var isStopped = false
  }

  public private(set) var entries: [pid_t: Entry] = [:]

  public init() {
    for name in directoryEntries("/proc") {
      guard let pid = pid_t(name), let entry = Self.entry(of: pid) else { continue }
      entries[pid] = entry
    }
  }

  /// All descendants of a process.
  public func descendants(of root: pid_t) -> [Entry] {
    var children: [pid_t: [Entry]] = [:]
    for entry in entries.values { children[entry.parent, default: []].append(entry) }
    var result: [Entry] = []
    var work = [root]
    while let pid = work.popLast() {
      for child in children[pid] ?? [] {
        result.append(child)
        work.append(child.pid)
      }
    }
    return result
  }

  /// Processes that run and whose environment held `variable` (as `NAME=value`) when they started.
  public func carrying(_ variable: String) -> [Entry] {
    entries.values.filter { !$0.isZombie && Self.environment(of: $0.pid, holds: variable) }
  }

  /// Kills every descendant of this process until there is none: who left its session and its parent is one still,
  /// when this process is a subreaper. For a process that is about to end.
  public static func killDescendants() {
    var segments: Set<String> = []
    defer { SharedSegments.remove(segments) }
    for _ in 0..<200 {
      let alive = ProcessTable().descendants(of: getpid()).filter { !$0.isZombie }
      guard !alive.isEmpty else { return }
      for process in alive { segments.formUnion(SharedSegments.mapped(by: process.pid)) }
      for process in alive { kill(process.pid, SIGKILL) }
      var status: Int32 = 0
      while waitpid(-1, &status, WNOHANG) > 0 {}
      usleep(10_000)
    }
  }

  public static func environment(of pid: pid_t, holds variable: String) -> Bool {
    EnvironmentBlock(of: pid)?.holds(variable) ?? false
  }

  /// The command line of a process, for people.
  public static func commandLine(of pid: pid_t) -> String {
    guard let bytes = try? readFile("/proc/\(pid)/cmdline") else { return "?" }
    let text = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    return String(text.prefix(120))
  }

  /// One process, or `nil` when there is none of this id.
  public static func entry(of pid: pid_t) -> Entry? {
    guard let bytes = try? readFile("/proc/\(pid)/stat"), let close = bytes.lastIndex(of: UInt8(ascii: ")")) else {
      return nil
    }
    // After the name, which may hold anything: state, parent, group, session, terminal, …, start as the 20th.
    let fields = bytes[(close + 1)...].split(separator: 0x20, maxSplits: 20)
    guard fields.count >= 20 else { return nil }
    func number<N: FixedWidthInteger>(_ index: Int) -> N { N(String(decoding: fields[index], as: UTF8.self)) ?? 0 }
    let state = fields[0].first ?? 0
    return Entry(
      pid: pid, parent: number(1), group: number(2), session: number(3), terminal: number(4), start: number(19),
      isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"),
      isStopped: state == UInt8(ascii: "T") || state == UInt8(ascii: "t"))
  }
}
