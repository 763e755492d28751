import JSON
import SessionModel
import Work

/// What a host tells its agent, and an agent its raptor: one JSON object a line.
///
/// `hello`, `add_item` and `stop` are CPI's words; a raptor answers `hello` with its name and version.
package enum AgentRequest: Equatable, Sendable {
  /// The version of the protocol, which `start` names.
  package static let version = 1

  /// The first request, to both: who speaks another version answers with what is wrong, and ends.
  case start(AgentConfiguration)
  case hello
  /// A description that many items share; its id is the number of the first task.
  case batch(UInt32, TaskDescription)
  /// Of an agent, with what it has given to the task.
  case addItem(ResolvedTask, TaskSlots = TaskSlots())
  case cancel([TaskID], grace: Double)
  /// Hand back what has not started; the number returns in the answer.
  case withdraw(Int)
  /// The session's directory was made again: the one at its path is this now.
  case directory(String)
  case startRaptor
  case stopRaptor
  case cancelRaptor
  /// To a raptor: finish what runs, take nothing new, end. To an agent: end now.
  case stop
}
