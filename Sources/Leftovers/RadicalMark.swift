import Platform

/// What shows that something belongs to a session of RADICAL-Pilot.
struct RadicalMark: Sendable {
  /// RADICAL-Pilot's id of the session.
  let id: String
  /// The directory that its program made, if that is known; others may have the same id elsewhere.
  var directory: String?
  /// Whether no live session of the same id uses the sandbox of that id, too.
  var hasSandbox = true
  /// Whether the id is RADICAL-Pilot's own, or ours, and given to nothing else in the world: then it is a mark wherever it
  /// stands. One that a program made up may be any word.
  let isUnique: Bool

  /// Ids shorter than this, which only a broken record holds, would be found in what belongs to others.
  static let shortestID = 12
  private static let prefix = "rp.session."

  /// Of a session that this program opened.
  init(ours id: String) {
    self.id = id
    isUnique = true
  }

  /// Of a session that another program opened.
  init(_ id: String, directory: String?, hasSandbox: Bool) {
    self.id = id
    isUnique = id.hasPrefix(Self.prefix)
    (self.directory, self.hasSandbox) = (directory, hasSandbox)
  }

  private var isUsable: Bool { !id.isEmpty && !id.contains("/") && (!isUnique || id.utf8.count >= Self.shortestID) }

  /// Whether a directory, or a command line, is one of the session.
  func isIn(_ text: [UInt8]) -> Bool {
    guard isUsable else { return false }
    if isUnique { return holds(text, Array(id.utf8)) }
    // To the end of the name: `run` is not `run.2`.
    return hasSandbox && holds(text, Array("/radical.pilot.sandbox/\(id)/".utf8), isWord: false)
  }

  /// Whether a directory is the one of its program, where RADICAL-Pilot's own processes work.
  func isDirectory(_ path: [UInt8]) -> Bool {
    guard isUsable else { return false }
    if isUnique { return holds(path, Array(id.utf8)) }
    return directory.map { Array($0.utf8) == path } ?? path.ends(with: Array("/\(id)".utf8))
  }

  /// Every proxy holds its log alone.
  static let proxySuffix = Array(".proxy.log".utf8)

  /// Whether a file is the log of its proxy.
  func isProxyLog(_ path: [UInt8]) -> Bool { isFile(path, ["\(id).proxy.log"]) }

  /// Whether a file is one that only its program, or its proxy, holds.
  func isHeldFile(_ path: [UInt8]) -> Bool { isFile(path, ["\(id).reg.init.json", "\(id).proxy.log"]) }

  private func isFile(_ path: [UInt8], _ names: [String]) -> Bool {
    guard isUsable else { return false }
    guard isUnique else {
      return names.contains { path.ends(with: Array("\(directory ?? "/\(id)")/\($0)".utf8)) }
    }
    return names.contains { holds(path, Array($0.utf8)) }
  }

  /// Whether a file is one that only its program, and what that forks, writes to: RADICAL-Pilot 1.92 closes the record.
  func isWrittenFile(_ path: [UInt8]) -> Bool {
    guard isUsable else { return false }
    return path.ends(with: Array("\(isUnique ? "/\(id)" : directory ?? "/\(id)")/\(id).prof".utf8))
  }

  /// Whether an environment is that of one of its tasks.
  func isTask(_ environment: [UInt8]) -> Bool {
    guard isUsable, hasSandbox else { return false }
    let variable = Array("RP_SESSION_ID=\(id)".utf8)
    return isUnique ? holds(environment, variable) : holds(environment + [0], variable + [0], isWord: false)
  }
}

extension [UInt8] {
  fileprivate func ends(with other: [UInt8]) -> Bool {
    count >= other.count && self[(count - other.count)...] == other[...]
  }
}
