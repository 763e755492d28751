import Platform
import SessionModel

/// The profiles of a session, read as they grow and as there come to be more of them.
final class RadicalFiles {
  private let site: RadicalSite
  /// A box for each: what cannot be copied is in no dictionary.
  private final class Entry {
    var file: ProfileFile
    init(_ path: String) throws(FileError) { file = try ProfileFile(path) }
  }
  private var files: [String: Entry] = [:]
  private(set) var pilots: [String] = []
  /// So many files are read; of every task there is one, and those say little more.
  private static let limit = 4_096

  init(_ site: RadicalSite) { self.site = site }

  /// Whether the owner's managers of pilots say here which there are.
  var hasManagers: Bool { files.keys.contains { $0.hasPrefix("\(site.directory)/pmgr.") } }

  /// Takes one of the session's pilots up.
  func note(pilot: String) {
    if !pilots.contains(pilot) { pilots.append(pilot) }
  }

  /// Takes those files up that were not there before.
  ///
  /// - Parameter names: all that a directory has.
  func add(_ names: [String], in directory: String) {
    for name in names where name.hasSuffix(".prof") {
      let path = "\(directory)/\(name)"
      guard files[path] == nil, files.count < Self.limit, let entry = try? Entry(path) else { continue }
      files[path] = entry
    }
  }

  /// When the newest of them was written to, by the clock of who has the files.
  var lastWritten: Timestamp? { files.values.compactMap { $0.file.lastWritten }.max() }

  /// Whether there was more than is read in one look: a gigabyte of lines is not held at once.
  private(set) var isBehind = false
  private static let portion = 64 << 20

  /// What came since the last look.
  func read() -> [ProfileLine] {
    var lines: [ProfileLine] = []
    var left = Self.portion
    for entry in files.values where left > 0 { left -= entry.file.read(limit: left) { lines.append($0) } }
    isBehind = left <= 0
    return lines
  }
}
