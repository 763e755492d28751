import Glibc
import Platform

/// What is done to sessions of a program that this one started.
public enum RadicalProgram {
  /// Ends the pilots of a session, which fails its tasks. Blocks for some seconds when the session does not answer.
  ///
  /// - Returns: why that was not asked for, in words.
  public static func killPilots(of site: RadicalSite, _ sighting: RadicalSighting?) -> String? {
    let reader = RadicalReader(site, sighting)
    reader.readAll(describes: false)
    let picture = reader.picture
    let pilots = picture.livePilots
    guard !pilots.isEmpty else { return nil }
    guard let bridges = RadicalBridges(of: site) else { return "the session does not answer" }
    for (manager, uids) in Dictionary(grouping: pilots, by: { picture.manager(of: $0) ?? "pmgr.0000" }) {
      if let problem = bridges.send(.killPilots(uids, manager: manager)) { return problem }
    }
    return nil
  }
}
