import JSON
import Platform

extension PilotFacts {
  /// What RADICAL-Pilot's agent was started with, `agent_0.cfg` in the pilot's directory; `nil` when there is none.
  init?(pilot directory: String) {
    guard let bytes = try? readFile("\(directory)/agent_0.cfg") else { return nil }
    let facts = bytes.withUnsafeBytes { bytes in (try? JSONObject(bytes)).map { PilotFacts(agent: $0) } }
    guard let facts else { return nil }
    self = facts
  }

  /// Of thousands of nodes each core is listed.
  private static let longest = 1 << 26

  /// What the pilot was given, as its agent wrote it into its registry when it began, `<session>.reg.agent_0.json`.
  ///
  /// - Returns: `nil` when there is none, or not yet.
  init?(grantedTo directory: String, session: String) {
    guard let uid = directory.split(separator: "/").last,
      let bytes = try? readFile("\(directory)/\(session).reg.agent_0.json", limit: Self.longest)
    else { return nil }
    self.init(uid: String(uid))
    bytes.withUnsafeBytes { bytes in
      // Under the name of whichever resource manager it is.
      for details in (try? JSONObject(bytes))?.object("rm")?.objects ?? [] where !isGranted { grant(details) }
    }
    guard isGranted else { return nil }
  }
}
