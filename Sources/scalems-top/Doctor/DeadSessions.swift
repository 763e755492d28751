import Glibc
import Leftovers
import Platform
import SessionLink
import SystemPackage
import Work

/// What sessions of this machine left running whose host, guard and agent are gone.
struct DeadSessions: Sendable {
  private let search = SessionProcesses(
    SessionProcesses.Marks(session: TaskVariables.session, directory: TaskVariables.sessionDirectory))
  private let registry = SessionRegistry.sessions
  /// What processes get between SIGTERM and SIGKILL.
  private static let grace = Duration.seconds(5)

  /// What is known of the one who hosts a session.
  private enum Host { case gone, alive, unknown }

  /// Of sessions that are entered among this user's, or of one that is named.
  ///
  /// - Parameter session: only this one's.
  func find(session: String? = nil) -> [SessionProcesses.Found] {
    let limit = ContinuousClock.now + Self.patience
    while true {
      let found = search.find(session: session, sparing: liveHosts()).filter { isDead($0, isNamed: session != nil) }
      // An agent that lost its host ends its tasks, and itself: only one that doesn't is left.
      guard found.contains(where: \.hasAgent), .now < limit else { return found }
      usleep(100_000)
    }
  }

  /// What an agent without a host gets to end in, which its guard ends then.
  private static let patience = Duration.seconds(10)

  /// Ends what there is of a session that is dead.
  ///
  /// - Returns: what could not be ended, in words.
  func end(_ session: String) async -> [String] {
    await search.end(session: session, sparing: liveHosts(), grace: Self.grace)
  }

  /// Hosts on this machine; a session may run inside a task of another one.
  private func liveHosts() -> [pid_t] {
    registry.all().compactMap { entry in
      let directory = SessionDirectory(FilePath(entry.directory))
      guard let record = HostRecord(in: directory), record.isOnThisMachine, record.isRunning else { return nil }
      return record.pid
    }
  }

  /// Only what is known for sure: what belongs to a session that may live is nobody's orphan.
  private func isDead(_ found: SessionProcesses.Found, isNamed: Bool) -> Bool {
    let entry = registry.all().first { $0.id == found.session }
    guard isNamed || entry != nil else { return false }
    let paths = [found.directory, entry?.directory].compactMap { $0 }
    var hosts = paths.map { host(in: SessionDirectory(FilePath($0)), of: found.session) }
    // Where nothing can be learned from files, those of a session that lives descend from its agent.
    if hosts.allSatisfy({ $0 == .unknown }) { hosts = found.hasAgent ? [.alive] : [.gone] }
    return !hosts.contains(.alive) && hosts.contains(.gone)
  }

  private func host(in directory: SessionDirectory, of session: String) -> Host {
    // What RADICAL-Pilot left has a record of its own.
    if (try? RadicalRecord(reading: directory.path.string)) != nil { return .alive }
    if let record = HostRecord(in: directory), record.session == session {
      // Of another machine, which this one knows nothing of.
      guard record.isOnThisMachine else { return .alive }
      if record.isRunning { return .alive }
    }
    switch Journal.isHeld(directory.journal) {
    case true: return .alive
    case false: return .gone
    case nil: return .unknown
    }
  }
}
