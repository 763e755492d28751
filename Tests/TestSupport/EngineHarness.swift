import Executor
import SessionModel
import Synchronization
import Work

/// An executor on an engine under test, and all that it recorded.
public final class EngineHarness: Sendable {
  public let executor: DispatchingExecutor
  public let directory: TemporaryDirectory
  private let recorder = MemoryRecorder()
  /// What has to live as long as the session.
  private let kept: TemporaryDirectory?
  /// Seconds that waiting may take.
  private let patience: Double

  public init(
    _ engine: any PilotEngine, configuration: RuntimeConfiguration,
    id: String = "test.\(UInt64.random(in: 0...UInt64.max))", keeping kept: TemporaryDirectory? = nil,
    patience: Double = 20
  ) throws {
    self.kept = kept
    self.patience = patience
    directory = try TemporaryDirectory()
    let context = SessionContext(
      id: id, directory: directory.path, clientDirectory: directory.path, configuration: configuration)
    let info = SessionInfo(
      id: id, name: "test", engine: configuration.engine.name, resource: configuration.resource, user: "tester",
      host: "here", pid: 0, directory: directory.path)
    executor = DispatchingExecutor(
      context: context, info: info, engine: engine, recorder: recorder, scope: RuntimeScope())
  }

  /// Starts, runs the items to their end and closes.
  public func run(_ items: [WorkItem]) async throws -> SessionSummary {
    try await executor.startup()
    try await executor.submit(items)
    return try await executor.shutdown()
  }

  public var events: [SessionEvent] { recorder.events }

  public var snapshot: SessionSnapshot {
    var snapshot = SessionSnapshot()
    snapshot.apply(events)
    return snapshot
  }

  /// The task of an item, or of one member of it.
  public func details(_ label: String) throws -> TaskDetails {
    let tasks = snapshot.tasks
    for number in 0..<tasks.count where tasks.label(of: TaskID(number)) == label {
      if let details = tasks.details(of: TaskID(number)) { return details }
    }
    throw TestError("there is no task \(label)")
  }

  /// The states that a task went through.
  public func states(of id: TaskID) -> [TaskState] {
    events.compactMap { event in if case .task(id, let state, _) = event.kind { state } else { nil } }
  }

  /// What the log says at a level.
  public func log(_ level: LogLevel) -> [String] {
    events.compactMap { event in if case .log(level, let text) = event.kind { text } else { nil } }
  }

  /// What a task wrote.
  public func output(_ label: String, _ name: String = "stdout") throws -> String {
    directory.text("tasks/\(try details(label).id.uid)/\(name)") ?? ""
  }

  /// What its first attempt wrote, which is kept when there is another.
  public func earlierOutput(_ label: String) throws -> String {
    let uid = try details(label).id.uid
    return directory.text("tasks/\(uid).attempt1/stdout") ?? ""
  }

  /// Awaits an event that makes the condition hold.
  public func wait(
    for what: String, seconds: Double? = nil, until condition: @escaping (SessionSnapshot) -> Bool
  ) async throws {
    try await TestSupport.wait(for: what, seconds: seconds ?? patience) { condition(snapshot) }
  }
}

private final class MemoryRecorder: EventRecorder {
  private let list = Mutex<[SessionEvent]>([])
  var events: [SessionEvent] { list.withLock { $0 } }
  func flush() async {}

  func record(_ events: [SessionEvent]) { list.withLock { $0 += events } }
}

/// A task that runs a line in a shell.
public func shell(
  _ name: String, _ line: String, _ change: (inout TaskDescription) -> Void = { _ in }
) -> WorkItem {
  var description = TaskDescription(name: name, argv: ["/bin/sh", "-c", line])
  change(&description)
  return WorkItem(description)
}
