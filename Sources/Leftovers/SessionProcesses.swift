import Glibc
import Platform

/// Processes of this user that carry the id of a session in their environment, as all that its tasks start do.
///
/// A task ends with its agent, but what it had put into a session of its own (`setsid`, a daemon) lives on when host, guard
/// and agent were killed in one instant.
public struct SessionProcesses: Sendable {
  /// The names of the variables.
  public struct Marks: Sendable {
    public var session: String
    public var directory: String

    public init(session: String, directory: String) {
      self.session = session
      self.directory = directory
    }
  }

  /// What a session has on this machine.
  public struct Found: Sendable {
    public var session: String
    /// The directory of the session, as its processes were told.
    public var directory: String?
    public var processes: [ProcessTable.Entry]
    /// Whether one of them descends from a process of this program: as those of a session that lives do.
    public var hasAgent: Bool

    public var words: [String] {
      processes.map { "process \($0.pid) (\(ProcessTable.commandLine(of: $0.pid)))" }
    }
  }

  private let marks: Marks

  public init(_ marks: Marks) { self.marks = marks }

  /// All of them, by session; never this process or one it descends from, nor what has a terminal: that is someone's shell.
  ///
  /// - Parameters:
  ///   - session: only this one's.
  ///   - hosts: processes that host sessions that live: what they descend from, and what descends from them, is left out.
  public func find(session: String? = nil, sparing hosts: [pid_t]) -> [Found] {
    let table = ProcessTable()
    let user = getuid()
    var spared = Self.ancestors(of: getpid(), in: table)
    for host in hosts {
      spared.formUnion(Self.ancestors(of: host, in: table))
      spared.formUnion(table.descendants(of: host).map(\.pid))
    }
    var found: [String: Found] = [:]
    for entry in table.entries.values.sorted(by: { $0.pid < $1.pid }) {
      guard !entry.isZombie, entry.pid > 1, entry.terminal == 0, !spared.contains(entry.pid),
        Self.owner(of: entry.pid) == user, let (id, directory) = self.session(of: entry.pid),
        session == nil || session == id
      else { continue }
      var group = found[id] ?? Found(session: id, directory: nil, processes: [], hasAgent: false)
      group.directory = group.directory ?? directory
      group.processes.append(entry)
      group.hasAgent = group.hasAgent || Self.ancestors(of: entry.pid, in: table).contains { Self.isOurs($0) }
      found[id] = group
    }
    return found.values.sorted { $0.session < $1.session }
  }

  /// Ends what there is of a session: SIGTERM, after the grace SIGKILL.
  ///
  /// - Returns: what could not be ended, in words.
  public func end(session: String, sparing hosts: [pid_t], grace: Duration) async -> [String] {
    let killTime = ContinuousClock.now + grace
    var killed: ContinuousClock.Instant?
    var asked: Set<ProcessIdentity> = []
    var empty = 0
    // What is being ended may start others: they are gone when two looks in a row find none.
    while true {
      let found = find(session: session, sparing: hosts).first
      empty = found == nil ? empty + 1 : 0
      guard let found else {
        if empty == 2 { return [] }
        continue
      }
      let now = ContinuousClock.now
      if let killed, now > killed + Self.killLimit { return found.words }
      if now >= killTime { killed = killed ?? now }
      for process in found.processes {
        let identity = ProcessIdentity(pid: process.pid, start: process.start)
        guard identity.isAlive else { continue }
        if now >= killTime {
          kill(process.pid, SIGKILL)
        } else if asked.insert(identity).inserted {
          kill(process.pid, SIGTERM)
          // A stopped process would not act on it.
          kill(process.pid, SIGCONT)
        }
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  /// What SIGKILL may take to have an effect.
  private static let killLimit = Duration.seconds(5)

  /// The session that a process was started for.
  private func session(of pid: pid_t) -> (id: String, directory: String?)? {
    guard let environment = EnvironmentBlock(of: pid), let id = environment.value(of: marks.session), !id.isEmpty else {
      return nil
    }
    return (id, environment.value(of: marks.directory))
  }

  private static func ancestors(of pid: pid_t, in table: ProcessTable) -> Set<pid_t> {
    var result: Set<pid_t> = []
    var pid = pid
    while pid > 0, result.insert(pid).inserted { pid = table.entries[pid]?.parent ?? 0 }
    return result
  }

  private static func owner(of pid: pid_t) -> uid_t? {
    var status = stat()
    return stat("/proc/\(pid)", &status) == 0 ? status.st_uid : nil
  }

  /// Whether it is a process of this program: a host, an agent, a guard or a raptor.
  private static func isOurs(_ pid: pid_t) -> Bool {
    guard let name = try? readFile("/proc/\(pid)/comm") else { return false }
    return name.starts(with: "scalems-".utf8)
  }
}
