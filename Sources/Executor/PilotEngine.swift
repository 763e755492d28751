import SessionModel
import Work

/// Seam 1: what really holds resources and runs tasks.
///
/// An engine confirms what happened through `events`; only then does the executor show a state. The events are of the
/// kinds `pilot`, `raptor`, `task` and `log`. Every submitted task gets a final state or is handed back by `withdraw`.
/// Any `async` call may hang: the executor puts a deadline on each. The others only hand something over and return at
/// once. Releasing the session ends `events`; an engine whose events end before has lost its pilot.
public protocol PilotEngine: AnyObject, Sendable {
  /// What the engine confirms, in order; read once, by one reader.
  var events: AsyncStream<[SessionEvent]> { get }

  /// How many tasks the engine wants ahead of those that run.
  var dispatchAhead: Int { get }

  /// Acquires one resource of the runtime; the ones before it in `RuntimeResource.order` are there.
  ///
  /// - Returns: what was acquired, for people.
  /// - Throws: why it could not be; the engine then holds nothing of this resource.
  func acquire(_ resource: RuntimeResource, in context: SessionContext) async throws -> String

  /// Gives a resource back. Releasing the pilot ends whatever still runs in it.
  func release(_ resource: RuntimeResource) async throws

  /// Why one of these can never be started here, as far as that is known before: a whole sentence. They fit the pilot.
  func fault(of items: [WorkItem]) async -> String?

  /// Takes tasks up; what becomes of them comes as events.
  func submit(_ tasks: [EngineTask])

  /// Hands back every task that has not started.
  func withdraw() async throws -> [TaskID]

  /// Ends tasks: SIGTERM, a grace, SIGKILL for all their processes. Tasks already final are ignored.
  func cancel(_ tasks: [TaskID], grace: Duration)

  /// CPI `stop`: the raptor finishes what runs in it, takes nothing new and ends.
  func stopRaptor() async throws

  /// Ends the raptor and what runs in it.
  func cancelRaptor() async throws

  /// Processes and jobs of the session that still exist, each in words with its id.
  func survivors() async -> [String]

  /// Kills every process the engine knows of, at once and from any thread. The last resort.
  func killEverything()
}

extension PilotEngine {
  public func fault(of items: [WorkItem]) async -> String? { nil }
}

/// What the runtime acquires, each step an event.
public enum RuntimeResource: String, CaseIterable, Sendable {
  case session
  case pilotManager = "pilot manager"
  case taskManager = "task manager"
  case pilot
  case raptor

  /// The order of acquisition, as in the reference; release is in reverse.
  static func order(withRaptor: Bool) -> [RuntimeResource] { withRaptor ? allCases : allCases.dropLast() }
}

/// What an engine has to know of the session it works for.
public struct SessionContext: Sendable {
  public var id: String
  /// The directory of the session: tasks, journal.
  public var directory: String
  /// The directory that relative paths of the workflow refer to.
  public var clientDirectory: String
  public var configuration: RuntimeConfiguration
  /// Whether functions are among the work that is there when a resource is acquired.
  public internal(set) var hasFunctions = false

  public init(id: String, directory: String, clientDirectory: String, configuration: RuntimeConfiguration) {
    self.id = id
    self.directory = directory
    self.clientDirectory = clientDirectory
    self.configuration = configuration
  }
}

/// A task on its way to an engine.
public struct EngineTask: Sendable {
  public var id: TaskID
  /// 1 for the first run.
  public var attempt: Int
  /// The batch the task is a member of; it resolves the description.
  public var batch: TaskBatch

  public init(id: TaskID, attempt: Int, batch: TaskBatch) {
    self.id = id
    self.attempt = attempt
    self.batch = batch
  }

  /// The task by itself, with its description: many of them take room.
  public var resolved: ResolvedTask { batch.resolved(id, attempt: attempt) }
}
