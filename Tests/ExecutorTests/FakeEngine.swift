import Executor
import SessionModel
import Synchronization
import Work

/// An engine that does what a test says: confirms, ignores, fails or hangs in each call.
final class FakeEngine: PilotEngine {
  enum Call: Hashable {
    case acquire(RuntimeResource)
    case release(RuntimeResource)
    case withdraw, cancel, stopRaptor, cancelRaptor, survivors
  }

  enum Behaviour {
    case confirm
    /// Returns, and nothing happens.
    case ignore
    case fail(String)
    /// Never returns, also when it is cancelled.
    case hang
  }

  enum Running {
    /// The test starts and ends tasks itself.
    case manual
    /// A task starts and ends at once, in this state.
    case atOnce(@Sendable (EngineTask) -> TaskState)
  }

  struct State {
    var behaviours: [Call: Behaviour]
    var running: Running
    /// What was called, in order; a release that completed stands as `released …`, too.
    var calls: [String] = []
    var held: [TaskID: EngineTask] = [:]
    var started: Set<TaskID> = []
    var raptorIsAlive = false
    var pilotIsAlive = false
    var survivors: [String] = []
    var isImmortal = false
    var kills = 0
    var graces: [Duration] = []
    var waiters: [(isMet: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
  }

  let events: AsyncStream<[SessionEvent]>
  private let continuation: AsyncStream<[SessionEvent]>.Continuation
  let dispatchAhead: Int
  private let state: Mutex<State>

  init(_ behaviours: [Call: Behaviour] = [:], running: Running = .manual, dispatchAhead: Int = 64) {
    (events, continuation) = AsyncStream.makeStream()
    self.dispatchAhead = dispatchAhead
    state = Mutex(State(behaviours: behaviours, running: running))
  }

  // MARK: For tests

  func set(_ call: Call, _ behaviour: Behaviour) { change { $0.behaviours[call] = behaviour } }
  func set(running: Running) { change { $0.running = running } }
  func leaveBehind(_ survivors: [String], immortal: Bool = false) {
    change { ($0.survivors, $0.isImmortal) = (survivors, immortal) }
  }

  var calls: [String] { state.withLock { $0.calls } }
  var kills: Int { state.withLock { $0.kills } }
  var graces: [Duration] { state.withLock { $0.graces } }
  var held: [TaskID] { state.withLock { $0.held.keys.sorted() } }
  func attempt(of id: TaskID) -> Int? { state.withLock { $0.held[id]?.attempt } }

  /// Awaits a state of the engine.
  func until(_ isMet: @escaping @Sendable (State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let now = state.withLock { state in
        if isMet(state) { return true }
        state.waiters.append((isMet, continuation))
        return false
      }
      if now { continuation.resume() }
    }
  }

  func untilCalled(_ call: String) async { await until { $0.calls.contains(call) } }
  func untilHolding(_ count: Int) async { await until { $0.held.count == count } }

  func start(_ ids: Int...) {
    change { state in for id in ids { state.started.insert(TaskID(id)) } }
    emit(ids.map { .task(TaskID($0), .agentExecuting, TaskResult(pid: Int32(1000 + $0))) })
  }

  func end(_ id: Int, _ final: TaskState = .done, _ result: TaskResult? = nil) {
    change { state in
      state.held[TaskID(id)] = nil
      state.started.remove(TaskID(id))
    }
    emit([.task(TaskID(id), final, result ?? TaskResult(exitCode: final == .done ? 0 : 1))])
  }

  func pilot(_ pilot: PilotState, uid: String = "pilot.0000", detail: String? = nil) {
    change { $0.pilotIsAlive = !pilot.isFinal }
    emit([.pilot(PilotStatus(uid: uid, state: pilot, cores: 4, detail: detail))])
  }

  /// - Parameter uid: the newest raptor's when it is `nil`.
  func raptor(_ raptor: TaskState, uid: String? = nil, detail: String? = nil) {
    change { $0.raptorIsAlive = !raptor.isFinal }
    let newest = max(1, calls.count { $0 == "acquire raptor" }) - 1
    emit([.raptor(RaptorStatus(uid: uid ?? "raptor.000\(newest)", state: raptor, workers: 3, detail: detail))])
  }

  func emit(_ kinds: [SessionEvent.Kind]) {
    continuation.yield(kinds.map { SessionEvent(source: .engine, $0) })
  }

  /// The engine is gone and says nothing any more.
  func fallSilent() { continuation.finish() }

  private func change(_ body: (inout State) -> Void) {
    let met: [CheckedContinuation<Void, Never>] = state.withLock { state in
      body(&state)
      var met: [CheckedContinuation<Void, Never>] = []
      let waiters = state.waiters
      state.waiters = []
      for waiter in waiters {
        if waiter.isMet(state) { met.append(waiter.continuation) } else { state.waiters.append(waiter) }
      }
      return met
    }
    for continuation in met { continuation.resume() }
  }

  /// Notes the call and does what the test wants of it; `false` when nothing is to happen.
  private func play(_ call: Call, _ name: String) async throws -> Bool {
    let behaviour = state.withLock { $0.behaviours[call] } ?? .confirm
    change { $0.calls.append(name) }
    switch behaviour {
    case .confirm: return true
    case .ignore: return false
    case .fail(let why): throw DispatchError(why)
    case .hang:
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
      return false
    }
  }

  // MARK: PilotEngine

  func acquire(_ resource: RuntimeResource, in context: SessionContext) async throws -> String {
    guard try await play(.acquire(resource), "acquire \(resource.rawValue)") else { return "nothing" }
    switch resource {
    case .pilot:
      let count = calls.count { $0 == "acquire pilot" }
      pilot(.active, uid: "pilot.000\(count - 1)")
    case .raptor:
      let count = calls.count { $0 == "acquire raptor" }
      raptor(.agentExecuting, uid: "raptor.000\(count - 1)")
    case .session, .pilotManager, .taskManager: break
    }
    return "the \(resource.rawValue) of \(context.id)"
  }

  func release(_ resource: RuntimeResource) async throws {
    guard try await play(.release(resource), "release \(resource.rawValue)") else { return }
    // What is cut off in the middle of its release is not released.
    await Task.yield()
    try Task.checkCancellation()
    switch resource {
    case .raptor: if state.withLock({ $0.raptorIsAlive }) { raptor(.canceled) }
    case .pilot:
      guard state.withLock({ $0.pilotIsAlive }) else { break }
      let ids = held
      change { ($0.held, $0.started) = ([:], []) }
      if !ids.isEmpty { emit(ids.map { .task($0, .canceled, TaskResult(reason: "the pilot was released")) }) }
      pilot(.canceled)
    case .session: continuation.finish()
    case .pilotManager, .taskManager: break
    }
    change { $0.calls.append("released \(resource.rawValue)") }
  }

  func submit(_ tasks: [EngineTask]) {
    let running = state.withLock { $0.running }
    change { state in
      state.calls.append("submit \(tasks.map { String($0.id.number) }.joined(separator: ","))")
      if case .manual = running { for task in tasks { state.held[task.id] = task } }
    }
    guard case .atOnce(let outcome) = running else { return }
    emit(
      tasks.flatMap { task -> [SessionEvent.Kind] in
        let final = outcome(task)
        let result = TaskResult(exitCode: final == .done ? 0 : 1, attempt: task.attempt)
        return [.task(task.id, .agentExecuting, TaskResult(attempt: task.attempt)), .task(task.id, final, result)]
      })
  }

  func withdraw() async throws -> [TaskID] {
    guard try await play(.withdraw, "withdraw") else { return [] }
    let ids = state.withLock { state in state.held.keys.filter { !state.started.contains($0) } }
    change { state in for id in ids { state.held[id] = nil } }
    return ids
  }

  func cancel(_ tasks: [TaskID], grace: Duration) {
    change { state in
      state.calls.append("cancel \(tasks.map { String($0.number) }.joined(separator: ","))")
      state.graces.append(grace)
    }
    guard case .confirm = state.withLock({ $0.behaviours[.cancel] }) ?? .confirm else { return }
    let ended = tasks.filter { id in state.withLock { $0.held[id] != nil } }
    change { state in
      for id in ended {
        state.held[id] = nil
        state.started.remove(id)
      }
    }
    if !ended.isEmpty { emit(ended.map { .task($0, .canceled, TaskResult(signal: 15)) }) }
  }

  func stopRaptor() async throws {
    guard try await play(.stopRaptor, "stop raptor") else { return }
    raptor(.done)
  }

  func cancelRaptor() async throws {
    guard try await play(.cancelRaptor, "cancel raptor") else { return }
    raptor(.canceled)
  }

  func survivors() async -> [String] {
    _ = try? await play(.survivors, "survivors")
    return state.withLock { $0.survivors }
  }

  func killEverything() {
    change { state in
      state.kills += 1
      if !state.isImmortal { state.survivors = [] }
    }
  }
}
