import Glibc
import Platform

/// Where a RADICAL-Pilot session has its files: those of its owner, and those of its pilots.
public struct RadicalSite: Equatable, Sendable {
  /// RADICAL-Pilot's id of the session.
  public var session: String
  /// The directory that the owner made, `<working directory>/<id>`.
  public var directory: String
  /// Directories of its pilots on this machine, or on file systems that it shares.
  public var pilots: [String]

  public init(session: String, directory: String, pilots: [String] = []) {
    self.session = session
    self.directory = directory
    self.pilots = pilots
  }

  /// The session whose directory this is, whether it lives or not.
  ///
  /// - Parameter home: the user's.
  /// - Returns: `nil` when it is none.
  public init?(directory: String, home: String?) {
    let path = directory.hasSuffix("/") && directory.count > 1 ? String(directory.dropLast()) : directory
    guard let id = path.split(separator: "/").last.map(String.init), !id.isEmpty else { return nil }
    let names = directoryEntries(path)
    guard names.contains("\(id).reg.init.json") || names.contains("\(id).prof") else { return nil }
    self.init(session: id, directory: path)
    // RADICAL-Pilot's default; where it is another one, the dumps of a session that has ended say it.
    let dumps = names.filter { $0.hasPrefix("pmgr.") && $0.hasSuffix(".json") }
    var places = dumps.flatMap { RadicalDump.pilotDirectories("\(path)/\($0)") }
    if let home { places += Self.pilots(below: "\(home)/radical.pilot.sandbox/\(id)") }
    for place in places where !pilots.contains(place) { pilots.append(place) }
  }

  /// Whether a directory has the record of a session: one look, whatever else is in it.
  public static func isThere(_ directory: String) -> Bool {
    guard let id = directory.split(separator: "/").last else { return false }
    return access("\(directory)/\(id).reg.init.json", F_OK) == 0
  }

  static func pilots(below directory: String) -> [String] {
    directoryEntries(directory).filter { $0.hasPrefix("pilot.") }.sorted().map { "\(directory)/\($0)" }
  }

  /// The file that says how the session's parts are reached.
  var record: String { "\(directory)/\(session).reg.init.json" }
}
