import Platform
import RadicalWatch
import SystemPackage

/// Where sessions of RADICAL-Pilot were that this user saw alive: RADICAL-Pilot itself keeps no record of them.
enum SeenSessions {
  private static let links = LinkDirectory(named: "seen")

  /// Remembers a session; nothing depends on it but finding it by its id when it has ended.
  static func note(_ site: RadicalSite) {
    guard linkTarget("\(links.directory)/\(site.session)") != site.directory else { return }
    try? links.add(site.session, directory: site.directory)
  }

  static func prune() { links.prune() }

  /// The directories that may be those of sessions: where they were seen, and those in the current directory.
  static func directories() -> [String] {
    var found = links.all().map(\.directory)
    if let here = try? currentDirectory().string {
      let known = Set(found)
      found += directoryEntries(here).lazy.filter { !$0.hasPrefix(".") }.map { "\(here)/\($0)" }
        .filter { RadicalSite.isThere($0) && !known.contains($0) }
    }
    return found
  }
}
