import Glibc
import Leftovers
import Platform

/// A RADICAL-Pilot session that has processes of this user on this machine.
public struct RadicalSighting: Sendable {
  public var session: String
  /// The directory that its owner made; `nil` when no process shows it.
  public var directory: String?
  /// The program that opened it: the only one that holds its record open, or writes the session's own profile. `nil` when
  /// that has ended.
  public var owner: ProcessIdentity?
  /// Whether another process than RADICAL-Pilot's own writes to its files: a program that opens or closes it just now.
  public var isHeld = false
  /// Working directories of its agents' parts.
  public var pilots: [String] = []

  /// - Parameter directory: one that a pilot's job works in; `nil` when it is none.
  public init?(pilot directory: String) {
    guard let pilot = RadicalPath.pilot(above: directory) else { return nil }
    self.init(session: pilot.session)
    pilots = [pilot.directory]
  }

  private init(session: String, directory: String? = nil, owner: ProcessIdentity? = nil) {
    (self.session, self.directory, self.owner) = (session, directory, owner)
  }

  /// What the owner was started as, for people.
  public var program: String? { owner.map { ProcessTable.commandLine(of: $0.pid) } }

  /// The same without its arguments: `my_script.py`.
  public var programName: String? {
    let words = (program ?? "").split(separator: " ").dropFirst().filter { !$0.hasPrefix("-") }
    return words.first.flatMap { $0.split(separator: "/").last.map(String.init) }
  }

  /// What gives out the nodes of its pilots, by RADICAL-Pilot's name; `nil` when they do not say.
  public var manager: String? { facts.lazy.compactMap(\.manager).first }

  /// Whether its program has ended, and what is here was left behind by it.
  public var isDead: Bool {
    guard owner == nil, !isHeld else { return false }
    if let directory {
      // A session that is being opened has a directory and no record yet.
      guard !isThere(directory) || isThere(RadicalSite(session: session, directory: directory).record) else {
        return false
      }
    }
    // On a node that runs a pilot its program is elsewhere, and lives. Of what was removed nothing runs in order.
    return pilots.allSatisfy { pilot in
      !isThere(pilot) || PilotFacts(pilot: pilot)?.ownerAddress.map(isOfThisMachine) ?? false
    }
  }

  /// What its pilots run on, by RADICAL-Pilot's name; `nil` when they do not say.
  public var resource: String? { facts.lazy.compactMap(\.resource).first }

  private var facts: [PilotFacts] {
    // Those that have no processes any more have their files where RADICAL-Pilot puts them.
    let others = RadicalSite.pilots(below: "\(homeDirectory())/radical.pilot.sandbox/\(session)")
    return (pilots + others).compactMap { PilotFacts(pilot: $0) }
  }

  /// Where its files are; `nil` when that is not seen, or they were removed.
  public var site: RadicalSite? {
    directory.flatMap { isThere($0) ? RadicalSite(session: session, directory: $0, pilots: pilots) : nil }
  }

  private func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// All of them, in one pass over `/proc`. Processes vanish while one looks: each read may fail.
  public static func all() -> [RadicalSighting] {
    among(directoryEntries("/proc").lazy.compactMap { pid_t($0) })
  }

  /// Those that some processes have a part in: no others are looked at.
  public static func among(_ processes: some Sequence<pid_t>) -> [RadicalSighting] {
    let user = getuid()
    var found: [String: RadicalSighting] = [:]
    var owners: [String: [RadicalSighting]] = [:]
    for pid in processes {
      guard ProcessTrace.isOwned(pid, by: user) else { continue }
      for trace in ProcessTrace.all(of: pid) {
        found[trace.session, default: RadicalSighting(session: trace.session)].take(trace, of: pid)
        if case .owner(let place) = trace.part {
          let owner = RadicalSighting(session: trace.session, directory: place, owner: ProcessIdentity(of: pid))
          owners[trace.session, default: []].append(owner)
        }
      }
    }
    // Programs that give their sessions the same id share a sandbox: nobody can say whose a pilot in it is.
    return found.values.flatMap { one in
      let all = Dictionary(grouping: owners[one.session] ?? [], by: \.directory)
      let programs = all.values.compactMap(first)
      guard !programs.isEmpty else { return [one] }
      return programs.map { program in
        var program = program
        program.pilots = one.pilots
        return program
      }
    }
    .filter { $0.owner != nil || $0.directory != nil || !$0.pilots.isEmpty }
    .sorted { ($0.session, $0.directory ?? "") < ($1.session, $1.directory ?? "") }
  }

  /// The program itself: what it forks holds its files, too.
  private static func first(of holders: [RadicalSighting]) -> RadicalSighting? {
    let pids = Set(holders.compactMap(\.owner?.pid))
    func isForked(_ one: RadicalSighting) -> Bool {
      guard holders.count > 1, let pid = one.owner?.pid else { return false }
      return ProcessTable.entry(of: pid).map { pids.contains($0.parent) } ?? true
    }
    // Whose parent has ended, is known by its age.
    return holders.min {
      (isForked($0) ? 1 : 0, $0.owner?.start ?? 0) < (isForked($1) ? 1 : 0, $1.owner?.start ?? 0)
    }
  }

  private mutating func take(_ trace: ProcessTrace, of pid: pid_t) {
    switch trace.part {
    case .owner(let place):
      owner = ProcessIdentity(of: pid)
      directory = place
    case .component(let place): directory = directory ?? place
    case .pilot(let place): if !pilots.contains(place) { pilots = (pilots + [place]).sorted() }
    case .writer: isHeld = true
    }
  }
}

/// What one process shows of a session.
private struct ProcessTrace {
  enum Part {
    /// It holds the record in the session's directory, or writes the profile that is called as the session.
    case owner(String)
    /// One of RADICAL-Pilot's own, or the proxy, in the session's directory.
    case component(String)
    /// One of RADICAL-Pilot's own, in a pilot's directory.
    case pilot(String)
    /// Another one that writes to a file in the session's directory.
    case writer
  }

  var session: String
  var part: Part

  private static let recordSuffix = ".reg.init.json"
  private static let proxySuffix = ".proxy.log"
  private static let profileSuffix = ".prof"

  static func all(of pid: pid_t) -> [ProcessTrace] {
    // First of all: one that ends meanwhile shows its files and no directory any more, and is no program that goes on.
    let isComponent = RadicalPart.isComponent(pid)
    let files = ProcessFiles.written(by: pid).map { String(decoding: $0, as: UTF8.self) }
    // It has the owner's command line and its files, but for the record.
    let proxies = files.compactMap { file in
      session(ofFile: file, proxySuffix).map { Self(session: $0, part: .component(parent(of: file))) }
    }
    if !proxies.isEmpty { return proxies }
    // A program may open one after the other, and keeps their records open.
    let own = isComponent ? [] : Set(files.compactMap(ownDirectory))
    if !own.isEmpty {
      return own.map { Self(session: name(of: $0) ?? "", part: .owner($0)) }
    }
    if isComponent {
      guard let directory = ProcessFiles.directory(of: pid).map({ String(decoding: $0, as: UTF8.self) }) else {
        return []
      }
      // Of raptors the pilot is further up.
      if let pilot = RadicalPath.pilot(above: directory) {
        return [Self(session: pilot.session, part: .pilot(pilot.directory))]
      }
      guard let id = name(of: directory), isSession(directory, id, files) else { return [] }
      return [Self(session: id, part: .component(directory))]
    }
    if let pilot = pilot(of: pid, files) { return [Self(session: pilot.session, part: .pilot(pilot.directory))] }
    // What tasks write to is below the pilots' directories, and shows no owner.
    let held = files.compactMap { RadicalPath.session(ofFile: $0) }
    return Set(held).map { Self(session: $0, part: .writer) }
  }

  /// The pilot that a process without a title of RADICAL-Pilot's was started for; with a terminal it is somebody's shell.
  private static func pilot(of pid: pid_t, _ files: [String]) -> (session: String, directory: String)? {
    guard ProcessTable.entry(of: pid)?.terminal == 0 else { return nil }
    let outputs = files.lazy.filter { RadicalPart.isOutput(Array($0.utf8)) }
    if let pilot = outputs.compactMap({ RadicalPath.pilot(above: $0) }).first { return pilot }
    if let place = RadicalPart.pilot(inEnvironmentOf: pid), let pilot = RadicalPath.pilot(above: place) { return pilot }
    guard let place = ProcessFiles.directory(of: pid).map({ String(decoding: $0, as: UTF8.self) }),
      let pilot = RadicalPath.pilot(above: place), RadicalPart.isStarted(pid)
    else { return nil }
    return pilot
  }

  /// Whether one of RADICAL-Pilot's own processes in a directory works in that of a session: the record is there, or, of one
  /// that was removed, the id is RADICAL-Pilot's own or the process writes its profile there.
  private static func isSession(_ directory: String, _ id: String, _ files: [String]) -> Bool {
    RadicalPath.isGenerated(id) || access("\(directory)/\(id)\(recordSuffix)", F_OK) == 0
      || files.contains { $0.hasSuffix(".prof") && parent(of: $0) == directory }
  }

  /// The directory of the session that whoever writes a file has opened; `nil` when the file shows none.
  private static func ownDirectory(_ file: String) -> String? {
    let place = parent(of: file)
    if session(ofFile: file, recordSuffix) != nil { return place }
    // RADICAL-Pilot 1.92 closes the record.
    return session(ofFile: file, profileSuffix).flatMap { id in
      access("\(place)/\(id)\(recordSuffix)", F_OK) == 0 ? place : nil
    }
  }

  /// The session whose own file of that kind it is: `…/ID/ID.reg.init.json`.
  private static func session(ofFile path: String, _ suffix: String) -> String? {
    guard path.hasSuffix(suffix) else { return nil }
    let parts = path.split(separator: "/").suffix(2).map(String.init)
    guard parts.count == 2, parts[1] == parts[0] + suffix else { return nil }
    return parts[0]
  }

  private static func name(of path: String) -> String? { path.split(separator: "/").last.map(String.init) }

  static func isOwned(_ pid: pid_t, by user: uid_t) -> Bool {
    var status = stat()
    return stat("/proc/\(pid)", &status) == 0 && status.st_uid == user
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
  }
}
