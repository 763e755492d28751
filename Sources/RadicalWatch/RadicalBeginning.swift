import Glibc
import Platform
import SessionModel

/// Which part of what lies in a session's directory is its own: a program that gives its sessions an id of its own gives it
/// twice, and RADICAL-Pilot goes on with the files of the one before, whether that was closed or killed.
enum RadicalBeginning: Equatable {
  /// There was none before.
  case only
  /// What is older is another one's.
  case after(Timestamp)
  /// Its program is about to open it; nothing that is there is its own.
  case notYet

  /// - Parameter owner: the program that has it open; `nil` when that has ended.
  init(of site: RadicalSite, owner: ProcessIdentity?) {
    let bridges = Self.bridges(of: site)
    if let owner, let last = bridges.last, let start = OwnProfile(of: site, owner).opening, start > last {
      self = .notYet
      return
    }
    // Each session starts its bridges before it has anything to tell.
    let times = [bridges.count > 1 ? bridges.last : nil, site.earlierEnd].compactMap { $0 }
    self = times.max().map { .after($0) } ?? .only
  }

  /// Whether a line of that time may be its own.
  func includes(_ time: Timestamp) -> Bool {
    switch self {
    case .only: true
    case .after(let beginning): time > beginning
    case .notYet: false
    }
  }

  private static let longest = 1 << 16

  /// When sessions in this directory started the bridge that carries all news of states.
  private static func bridges(of site: RadicalSite) -> [Timestamp] {
    endOfFile("\(site.directory)/state_pubsub.prof", longest).split(separator: 0x0a).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3, fields[1].elementsEqual("sync_abs".utf8) else { return nil }
      return fields[0].withUnsafeBytes { ProfileLine.time($0[...]) }
    }
  }
}

/// What the program that has a session open wrote last itself into the session's profile, to which its parts write, too.
private struct OwnProfile {
  /// When it began to open the session, as long as it has done nothing else.
  private(set) var opening: Timestamp?

  init(of site: RadicalSite, _ owner: ProcessIdentity) {
    let name = "/\(site.session)/\(site.session).prof"
    let folder = "/proc/\(owner.pid)"
    for number in directoryEntries("\(folder)/fd") {
      guard let path = linkTarget("\(folder)/fd/\(number)"), path.hasSuffix(name),
        let end = Self.position("\(folder)/fdinfo/\(number)"),
        let file = try? Descriptor.open(.file, path),
        let bytes = try? file.bytes(at: max(0, end - 4096), count: min(end, 4096)),
        let line = bytes.split(separator: 0x0a).last
      else { continue }
      let fields = line.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3, fields[1].elementsEqual("session_start".utf8) else { continue }
      opening = fields[0].withUnsafeBytes { ProfileLine.time($0[...]) }
    }
  }

  /// Where a descriptor stands: of one that appends, behind what was written through it last.
  private static func position(_ path: String) -> Int? {
    guard let bytes = try? readFile(path) else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("pos:") }
    return line.flatMap { Int($0.dropFirst(4).filter { !$0.isWhitespace }) }.flatMap { $0 >= 0 ? $0 : nil }
  }
}
