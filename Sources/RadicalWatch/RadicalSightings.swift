import Glibc
import Platform

/// A RADICAL-Pilot session that has processes of this user on this machine.
public struct RadicalSighting: Sendable {
  public var session: String
  /// The directory that its owner made; `nil` when no process shows it.
  public var directory: String?
  /// The program that opened it: the only one that holds its record open. `nil` when that has ended.
  public var owner: ProcessIdentity?
  /// Whether another process than RADICAL-Pilot's own writes to its files: a program that opens or closes it just now.
  public var isHeld = false
  /// Working directories of its agents' parts.
  public var pilots: [String] = []
  /// All that belong to it, its owner among them; what its tasks run shows elsewhere.
  public var processes: [ProcessIdentity] = []

  /// What the owner was started as, for people.
  public var program: String? { owner.map { ProcessTable.commandLine(of: $0.pid) } }

  /// Whether its program has ended, and what is here was left behind by it.
  public var isDead: Bool {
    guard owner == nil, !isHeld else { return false }
    // A session that is being opened has no record yet, and no pilot.
    return site.map { isThere($0.record) } ?? !pilots.isEmpty
  }

  /// What its pilots run on, by RADICAL-Pilot's name; `nil` when they do not say.
  public var resource: String? { pilots.lazy.compactMap { PilotFacts(pilot: $0)?.resource }.first }

  private func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  public var site: RadicalSite? { directory.map { RadicalSite(session: session, directory: $0, pilots: pilots) } }
}

extension RadicalSighting {
  private static let recordSuffix = ".reg.init.json"
  private static let proxySuffix = ".proxy.log"

  /// All of them, in one pass over `/proc`. Processes vanish while one looks: each read may fail.
  public static func all() -> [RadicalSighting] {
    let user = getuid()
    var found: [String: RadicalSighting] = [:]
    for name in directoryEntries("/proc") {
      guard let pid = pid_t(name), isOwned(pid, by: user) else { continue }
      let directory = workingDirectory(of: pid)
      let files = openFiles(of: pid)
      var sessions: Set<String> = []
      var record: String?
      for file in files where file.hasSuffix(recordSuffix) {
        let place = file.split(separator: "/").dropLast().last.map(String.init) ?? ""
        if file.hasSuffix("/\(place)/\(place)\(recordSuffix)") {
          record = file
          sessions.insert(place)
        }
      }
      let isPart = isPart(pid)
      if isPart, let directory { sessions.formUnion(ids(in: directory)) }
      // The proxy has the owner's command line, and shows itself only by the file it logs to.
      let proxyLog = files.first { $0.hasSuffix(proxySuffix) }
      if let proxyLog { sessions.formUnion(ids(in: proxyLog)) }
      var held: Set<String> = []
      if !isPart, proxyLog == nil, record == nil {
        // What tasks write to is below the pilots' directories, and shows no owner.
        for file in files { held.formUnion(ids(in: file).filter { parent(of: file).hasSuffix("/\($0)") }) }
        held = held.filter { id in writes(pid, toSession: id) }
        for id in held { found[id, default: RadicalSighting(session: id)].isHeld = true }
      }
      guard !sessions.isEmpty, let identity = ProcessIdentity(of: pid) else { continue }
      for session in sessions {
        var sighting = found[session] ?? RadicalSighting(session: session)
        sighting.processes.append(identity)
        if let record {
          sighting.owner = identity
          sighting.directory = parent(of: record)
        } else if let proxyLog, proxyLog.hasSuffix("/\(session)/\(session)\(proxySuffix)") {
          sighting.directory = sighting.directory ?? parent(of: proxyLog)
        } else if isPart, let directory {
          if directory.hasSuffix("/\(session)") {
            sighting.directory = sighting.directory ?? directory
          } else if !sighting.pilots.contains(directory), isPilot(directory) {
            sighting.pilots.append(directory)
          }
        }
        found[session] = sighting
      }
    }
    return found.values.filter { !$0.processes.isEmpty }.map { sighting in
      var sighting = sighting
      sighting.pilots.sort()
      return sighting
    }.sorted { $0.session < $1.session }
  }

  private static func isOwned(_ pid: pid_t, by user: uid_t) -> Bool {
    var status = stat()
    return stat("/proc/\(pid)", &status) == 0 && status.st_uid == user
  }

  /// Whether a process has a file of a session open to write to; who reads one only looks.
  private static func writes(_ pid: pid_t, toSession id: String) -> Bool {
    directoryEntries("/proc/\(pid)/fd").contains { name in
      guard let file = linkTarget("/proc/\(pid)/fd/\(name)"), parent(of: file).hasSuffix("/\(id)"),
        let info = try? readFile("/proc/\(pid)/fdinfo/\(name)")
      else { return false }
      let text = String(decoding: info, as: UTF8.self)
      guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags:") }),
        let flags = Int32(line.split(whereSeparator: \.isWhitespace).last ?? "", radix: 8)
      else { return true }
      return flags & O_ACCMODE != O_RDONLY
    }
  }

  /// - Returns: `nil` also for one that was removed: there is nothing to be read in it.
  private static func workingDirectory(of pid: pid_t) -> String? {
    linkTarget("/proc/\(pid)/cwd").flatMap { $0.hasSuffix(" (deleted)") ? nil : $0 }
  }

  private static func openFiles(of pid: pid_t) -> [String] {
    directoryEntries("/proc/\(pid)/fd").compactMap { linkTarget("/proc/\(pid)/fd/\($0)") }
      .filter { !$0.hasSuffix(" (deleted)") }
  }

  /// RADICAL-Pilot's own processes rewrite their titles.
  private static func isPart(_ pid: pid_t) -> Bool {
    (try? readFile("/proc/\(pid)/comm"))?.starts(with: "rp.".utf8) ?? false
  }

  private static func isPilot(_ directory: String) -> Bool {
    directory.split(separator: "/").last?.hasPrefix("pilot.") ?? false
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
  }

  /// The ids that parts of a path are, or that a file of it begins with.
  static func ids(in path: String) -> Set<String> {
    var result: Set<String> = []
    for part in path.split(separator: "/") where part.hasPrefix("rp.session.") {
      // A file is called by the id and a word more.
      let id =
        [proxySuffix, ".prof", ".log", recordSuffix, ".reg.json", ".reg.agent_0.json"]
        .first { part.hasSuffix($0) }.map { part.dropLast($0.count) } ?? part
      result.insert(String(id))
    }
    return result
  }
}
