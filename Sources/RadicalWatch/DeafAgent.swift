import Glibc

/// An agent that is up and will not become active: before it is it asks itself for an environment, over a bridge that it
/// joined a moment ago, and on a busy machine that is lost. RADICAL-Pilot says nothing of it, and waits for good.
enum DeafAgent {
  /// Seconds from its start; a file system that is slow makes an environment slowly.
  private static let patience = 30

  /// - Parameter pilot: its directory, which shows what the agent did first and what it has not done.
  static func isAt(_ pilot: String, now: Int = time(nil)) -> Bool {
    var profile = stat()
    guard stat(pilot + "/agent_0.prof", &profile) == 0, access(pilot + "/env/agent.env", F_OK) == 0,
      access(pilot + "/env/rp_named_env.rp.env", F_OK) != 0
    else { return false }
    // Anybody may have set it to anything.
    return profile.st_mtim.tv_sec <= now &- patience
  }
}
