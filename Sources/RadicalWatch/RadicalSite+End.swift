import Glibc
import Platform
import SessionModel

extension RadicalSite {
  /// Whether its program has closed it in order: RADICAL-Pilot writes this file last of all. A program that gives an id twice
  /// in one directory opens another one where the first has ended.
  public var isClosed: Bool {
    access("\(directory)/\(session).reg.json", F_OK) == 0 && !Openings(of: self).isOpen
  }

  /// When an earlier session of the same id was closed in the same directory, whose files this one goes on with.
  var earlierEnd: Timestamp? { Openings(of: self).earlierEnd }

  /// What the session's own profile says of openings and ends.
  private struct Openings {
    private(set) var earlierEnd: Timestamp?
    private var lastEnd: Timestamp?
    /// Whether it was opened again after an end.
    var isOpen: Bool { lastEnd == nil && earlierEnd != nil }
    private static let longest = 1 << 20

    init(of site: RadicalSite) {
      for line in endOfFile("\(site.directory)/\(site.session).prof", Self.longest).split(separator: 0x0a) {
        let fields = line.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { continue }
        if fields[1].elementsEqual("session_stop".utf8) {
          lastEnd = fields[0].withUnsafeBytes { ProfileLine.time($0[...]) }
        } else if fields[1].elementsEqual("session_start".utf8), let end = lastEnd {
          (earlierEnd, lastEnd) = (end, nil)
        }
      }
    }
  }
}
