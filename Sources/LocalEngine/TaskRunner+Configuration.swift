import Platform
import SessionModel
import Wire
import Work

extension TaskRunner {
  /// What all tasks of a session have in common.
  struct Configuration {
    var session: String
    var sessionDirectory: String
    /// The same, held open.
    var directory: HeldDirectory
    var clientDirectory: String
    /// The virtual environment of functions.
    var venv: String?
    var killGrace: Double
    /// Calls of an interpreter, before another takes its place.
    var callLimit: Int
    var placement: TaskPlacement
    var source: SessionEvent.Source

    /// - Throws: `HelperLinkError` when the session's directory cannot be held, or is not the one that the host means.
    init(_ agent: AgentConfiguration, source: SessionEvent.Source) throws(HelperLinkError) {
      session = agent.session
      sessionDirectory = agent.sessionDirectory
      clientDirectory = agent.clientDirectory
      venv = agent.venv
      killGrace = agent.killGrace
      callLimit = agent.callLimit
      placement = agent.placement
      self.source = source
      do throws(FileError) { directory = try HeldDirectory(agent.sessionDirectory) } catch {
        throw HelperLinkError(description: "the directory of the session: \(error)")
      }
      if let identity = agent.directoryIdentity, identity != directory.identity.description {
        throw HelperLinkError(description: TasksDirectory.Exchanged(directory).description)
      }
    }
  }
}
