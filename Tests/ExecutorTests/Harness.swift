import SessionModel
import Synchronization
import Testing
import Work

@testable import Executor

/// The journal of a test: keeps events and lets a test await them.
final class Recording: EventRecorder {
  private struct State {
    var events: [SessionEvent] = []
    var waiters: [(isMet: @Sendable ([SessionEvent]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    var trouble: RecorderTrouble?
    var onTrouble: @Sendable () -> Void = {}
  }
  private let state = Mutex(State())

  var trouble: RecorderTrouble? { state.withLock { $0.trouble } }

  func onTrouble(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onTrouble = body } }

  /// What keeps events from being written from now on.
  func has(_ trouble: RecorderTrouble?) {
    let tell = state.withLock { state in
      state.trouble = trouble
      return state.onTrouble
    }
    tell()
  }

  func flush() async {}

  func record(_ events: [SessionEvent]) {
    let met: [CheckedContinuation<Void, Never>] = state.withLock { state in
      state.events += events
      let waiters = state.waiters
      state.waiters = waiters.filter { !$0.isMet(state.events) }
      return waiters.filter { $0.isMet(state.events) }.map(\.continuation)
    }
    for continuation in met { continuation.resume() }
  }

  var events: [SessionEvent] { state.withLock { $0.events } }
  var kinds: [SessionEvent.Kind] { events.map(\.kind) }

  func until(_ isMet: @escaping @Sendable ([SessionEvent]) -> Bool) async {
    await withCheckedContinuation { continuation in
      let now = state.withLock { state in
        if isMet(state.events) { return true }
        state.waiters.append((isMet, continuation))
        return false
      }
      if now { continuation.resume() }
    }
  }

  func until(_ kind: SessionEvent.Kind) async { await until { $0.contains { $0.kind == kind } } }

  func untilState(_ id: Int, _ state: TaskState) async {
    await until { $0.contains { if case .task(TaskID(id), state, _) = $0.kind { true } else { false } } }
  }

  func untilEntered(_ phase: ShutdownPhase) async {
    await until { $0.contains { if case .shutdownEntered(phase, _) = $0.kind { true } else { false } } }
  }

  func untilAcknowledged(_ verb: OperatorCommand.Verb) async {
    await until { events in
      events.contains {
        if case .command(let record) = $0.kind { record.verb == verb && record.stage == .acknowledged } else { false }
      }
    }
  }

  var phases: [SessionPhase] { kinds.compactMap { if case .sessionPhase(let phase, _) = $0 { phase } else { nil } } }
  var acquired: [String] { resources(acquired: true) }
  var released: [String] { resources(acquired: false) }
  var commands: [CommandRecord] { kinds.compactMap { if case .command(let record) = $0 { record } else { nil } } }
  var logs: [String] { kinds.compactMap { if case .log(_, let text) = $0 { text } else { nil } } }

  private func resources(acquired wanted: Bool) -> [String] {
    kinds.compactMap { if case .resource(let name, wanted, _) = $0 { name } else { nil } }
  }

  func states(of id: Int) -> [TaskState] {
    kinds.compactMap { if case .task(TaskID(id), let state, _) = $0 { state } else { nil } }
  }

  func reason(of id: Int) -> String? {
    kinds.compactMap { if case .task(TaskID(id), _, let result) = $0 { result?.reason } else { nil } }.last
  }

  func outcome(of phase: ShutdownPhase) -> ShutdownOutcome? {
    kinds.compactMap { if case .shutdownLeft(phase, let outcome, _) = $0 { outcome } else { nil } }.first
  }
}

extension EngineKind {
  /// What the fake engine offers.
  static let local = EngineKind(
    name: "local", resources: ["local.localhost"], needsTargetVenv: false, pilotOptions: ["cores", "gpus", "runtime"])
}

extension TimeLimits {
  /// For tests in which something hangs: every deadline is near, yet far enough for a busy machine.
  static var near: TimeLimits {
    var limits = TimeLimits()
    let near = Duration.milliseconds(500)
    limits.drain = near
    limits.stopQueue = near
    limits.awaitTasks = near
    limits.killGrace = near
    limits.cancelTasks = near
    limits.stopRaptor = near
    limits.awaitRaptor = near
    limits.cancelRaptor = near
    limits.awaitCanceledRaptor = near
    // These are divided among several steps.
    limits.closeSession = .seconds(3)
    limits.verify = .seconds(1)
    limits.startup = near
    return limits
  }
}

/// An executor on a fake engine, with its journal.
struct Harness {
  let engine: FakeEngine
  let recording = Recording()
  let executor: DispatchingExecutor

  init(
    _ engine: FakeEngine = FakeEngine(), raptor: Bool = false, limits: TimeLimits = TimeLimits(),
    workflow: Workflow = Workflow(), resuming earlier: SessionSnapshot? = nil, runsFailedAgain: Bool = false,
    onFailure: FailurePolicy = .goOn, scope: RuntimeScope = RuntimeScope(), id: String = "session.test"
  ) throws {
    self.engine = engine
    var configuration = try RuntimeConfiguration(
      enableRaptor: raptor, cores: 4, limits: limits, engines: [.local])
    configuration.onFailure = onFailure
    let info = Self.info(id)
    let context = SessionContext(
      id: id, directory: "/nowhere", clientDirectory: "/nowhere", configuration: configuration)
    executor = DispatchingExecutor(
      context: context, info: info, engine: engine, recorder: recording, workflow: workflow, resuming: earlier,
      again: runsFailedAgain ? [] : nil, scope: scope)
  }

  static func info(_ id: String = "session.test") -> SessionInfo {
    SessionInfo(
      id: id, name: "test", engine: "local", resource: "local.localhost", user: "ann", host: "here", pid: 1,
      directory: "/nowhere")
  }

  static func started(
    _ engine: FakeEngine = FakeEngine(), raptor: Bool = false, limits: TimeLimits = TimeLimits(),
    workflow: Workflow = Workflow(), scope: RuntimeScope = RuntimeScope(), id: String = "session.test"
  ) async throws -> Harness {
    let harness = try Harness(engine, raptor: raptor, limits: limits, workflow: workflow, scope: scope, id: id)
    try await harness.executor.startup()
    return harness
  }

  /// Awaits the end and checks what must hold of every session that ended.
  @discardableResult
  func closed(sourceLocation: SourceLocation = #_sourceLocation) async -> SessionSummary {
    let summary = await executor.waitUntilClosed()
    let events = recording.events
    #expect(
      events.last?.kind == .sessionClosed(summary), "the last event is the end of the session",
      sourceLocation: sourceLocation)
    var snapshot = SessionSnapshot()
    snapshot.apply(events)
    let counts = await executor.workflow.counts
    #expect(summary.tasks == counts, sourceLocation: sourceLocation)
    for state in TaskState.allCases {
      #expect(
        snapshot.tasks.count(inState: state) == counts[state.name] ?? 0, "the journal's \(state.name) tasks",
        sourceLocation: sourceLocation)
    }
    #expect(snapshot.pendingCommands.isEmpty, "every command came to its end", sourceLocation: sourceLocation)
    var finals: [TaskID: Int] = [:]
    for case .task(let id, let state, _) in events.map(\.kind) where state.isFinal || state == .new {
      finals[id, default: 0] = state == .new ? 0 : finals[id, default: 0] + 1
    }
    #expect(finals.values.allSatisfy { $0 <= 1 }, "one end an attempt", sourceLocation: sourceLocation)
    return summary
  }

  /// The stages of a command, as its events told them.
  func stages(of id: Int) -> [CommandRecord.Stage] { recording.commands.filter { $0.id == id }.map(\.stage) }
}

func item(
  _ name: String, count: Int? = nil, after: [String] = [], retries: Int = 0, raptor: Bool = false
) -> WorkItem {
  WorkItem(
    TaskDescription(name: name, argv: ["true"], raptor: raptor, after: after, retries: retries),
    shape: count.map { [$0] } ?? [])
}
