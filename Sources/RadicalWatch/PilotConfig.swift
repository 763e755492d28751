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
}
