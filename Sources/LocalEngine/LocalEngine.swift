import Executor
import Glibc
import Platform
import SessionModel
import Synchronization
import Wire
import Words
import Work

/// The embedded engine: a pilot of this machine's cores, held by an agent process of its own.
///
/// Nobody is left behind, whoever dies: the agent ends its tasks when its host is gone, the agent's guard ends what is
/// left when the agent is gone, the host (a subreaper, too) when both are, and the tasks themselves die with their agent.
public final class LocalEngine: PilotEngine {
  public let events: AsyncStream<[SessionEvent]>
  private let continuation: AsyncStream<[SessionEvent]>.Continuation
  private let executable: String
  private let callLimit: Int
  private let state = Mutex(State())

  private struct State {
    var context: SessionContext?
    var directory: HeldDirectory?
    /// Which directory the agent knows that to be.
    var toldDirectory: HeldDirectory.Identity?
    var cores = 0
    var agent: PeerProcess?
    var agentEnded = false
    var pilot: PilotState?
    var raptor: TaskState?
    /// Why the pilot or the raptor failed, in the agent's words.
    var pilotProblem: String?
    var raptorProblem: String?
    var requests = RequestWriter()
    var lastRequest = 0
    var withdrawals: [Int: CheckedContinuation<[TaskID], any Error>] = [:]
    var waiters: [Waiter] = []
    /// First processes of tasks that run; their ids are those of their sessions.
    var running: [TaskID: pid_t] = [:]

    /// Takes out the waiters whose condition holds.
    mutating func takeMet() -> [CheckedContinuation<Void, Never>] {
      var met: [CheckedContinuation<Void, Never>] = []
      var rest: [Waiter] = []
      for waiter in waiters {
        if waiter.isMet(self) { met.append(waiter.continuation) } else { rest.append(waiter) }
      }
      waiters = rest
      return met
    }
  }

  /// Someone who waits for the pilot or the raptor to come to a state.
  private struct Waiter {
    var isMet: @Sendable (State) -> Bool
    var continuation: CheckedContinuation<Void, Never>
  }

  /// - Parameters:
  ///   - executable: the `scalems-top` program, which serves as agent and raptor, too.
  ///   - directory: that of the session; what is at its path when the session starts unless one is given.
  ///   - callLimit: how many functions a Python interpreter calls before another takes its place: it grows by 200 to 350 bytes
  ///     with each, which the C library keeps.
  public init(executable: String = "/proc/self/exe", directory: HeldDirectory? = nil, callLimit: Int = 10_000) {
    self.executable = executable
    self.callLimit = callLimit
    state.withLock { $0.directory = directory }
    (events, continuation) = AsyncStream.makeStream()
  }

  /// That a pilot has more cores than there are, as a sentence.
  public static func overload(cores: Int, of available: Int) -> String {
    "the pilot has \(cores) cores, this machine offers \(available)"
  }

  /// The cores this process may use.
  public static var availableCores: Int { ThisProcess.availableCores }

  /// Enough that no core waits for the host, few enough that `stop` has little to take back.
  public var dispatchAhead: Int { min(max(256, state.withLock { $0.cores } * 4), Self.dispatchLimit) }
  /// More processes than a machine runs.
  private static let dispatchLimit = 100_000

  // MARK: Resources

  public func acquire(_ resource: RuntimeResource, in context: SessionContext) async throws -> String {
    switch resource {
    case .session:
      state.withLock { $0.context = context }
      _ = try directory(of: context)
      // Tasks of an agent that died come to this process, which ends them.
      do { try ThisProcess.becomeSubreaper() } catch { throw DispatchError("no subreaper: \(error)") }
      return context.directory
    case .pilotManager:
      let available = Self.availableCores
      let cores =
        context.configuration.cores ?? PilotSize.all(of: available, hasRaptor: context.configuration.enableRaptor)
      state.withLock { $0.cores = cores }
      if cores > available {
        emit(.log(.warning, Self.overload(cores: cores, of: available)))
      }
      return "this machine offers \(available) cores"
    case .taskManager:
      do throws(FileError) { return try TasksDirectory.make(in: directory(of: context)).path } catch {
        throw DispatchError("the directory of the tasks: \(error)")
      }
    case .pilot: return try await startPilot(context)
    case .raptor:
      state.withLock { $0.raptor = nil }
      send { $0.write(.startRaptor) }
      await wait { $0.raptor == .agentExecuting || $0.raptor?.isFinal ?? false || $0.agentEnded }
      let (raptor, problem) = state.withLock { ($0.raptor, $0.raptorProblem) }
      guard raptor == .agentExecuting else {
        throw DispatchError("the raptor did not start" + (problem.map { ": \($0)" } ?? ""))
      }
      return "\(PilotSize.forTasks(of: state.withLock { $0.cores }, hasRaptor: true)) workers"
    }
  }

  /// The session's directory, held open from the first time on.
  private func directory(of context: SessionContext) throws(FileError) -> HeldDirectory {
    try state.withLock { state throws(FileError) in
      if let directory = state.directory { return directory }
      let directory = try HeldDirectory(context.directory)
      state.directory = directory
      return directory
    }
  }

  private func startPilot(_ context: SessionContext) async throws -> String {
    let cores = state.withLock { $0.cores }
    report(.launching, detail: nil)
    let agent: PeerProcess
    let identity: HeldDirectory.Identity
    do {
      let directory = try directory(of: context)
      identity = directory.identity
      agent = try PeerProcess(
        command: [executable, "scalems-agent", "agent"],
        environment: [(TaskVariables.session, context.id), (TaskVariables.sessionDirectory, context.directory)],
        log: directory.openOwn("agent.log", O_WRONLY | O_CREAT | O_APPEND),
        receiver: AgentReceiver { [weak self] message in self?.receive(message) })
    } catch { throw DispatchError("no agent: \(error)") }
    let venv = context.configuration.targetVenv.map { $0.hasPrefix("/") ? $0 : context.clientDirectory + "/" + $0 }
    let configuration = AgentConfiguration(
      session: context.id, sessionDirectory: context.directory,
      directoryIdentity: identity.description, clientDirectory: context.clientDirectory, venv: venv, cores: cores,
      gpus: context.configuration.gpus, runtime: context.configuration.runtime, pilot: "pilot.0000",
      killGrace: context.configuration.limits.killGrace.seconds,
      patience: context.configuration.limits.shortage.seconds,
      raptorCommand: [executable, "scalems-raptor", "raptor"], placement: context.configuration.placement,
      callLimit: callLimit, functions: context.configuration.raptor.functions)
    state.withLock { state in
      (state.agent, state.toldDirectory) = (agent, identity)
      state.directory?.onRemake { [weak self] in self?.tellDirectory() }
    }
    send { $0.write(.start(configuration)) }
    await wait { $0.pilot == .active || $0.pilot?.isFinal ?? false || $0.agentEnded }
    let (pilot, problem) = state.withLock { ($0.pilot, $0.pilotProblem) }
    guard pilot == .active else {
      throw DispatchError("the agent did not start: \(problem ?? "see \(context.directory)/agent.log")")
    }
    return "pilot.0000, \(cores) cores"
  }

  public func release(_ resource: RuntimeResource) async throws {
    switch resource {
    case .raptor:
      guard state.withLock({ $0.raptor.map { !$0.isFinal } ?? false }) else { return }
      send { $0.write(.cancelRaptor) }
      await wait { $0.raptor?.isFinal ?? true || $0.agentEnded }
    case .pilot:
      guard let agent = state.withLock({ $0.agent }) else { return }
      send { $0.write(.stop) }
      agent.finish()
      await wait { $0.agentEnded }
    case .taskManager, .pilotManager: break
    case .session: continuation.finish()
    }
  }

  // MARK: Tasks

  public func fault(of items: [WorkItem]) async -> String? { await LaunchCheck.fault(of: items) }

  public func submit(_ tasks: [EngineTask]) {
    send { writer in
      for task in tasks { writer.write(task.id, attempt: task.attempt, of: task.batch) }
    }
  }

  public func cancel(_ tasks: [TaskID], grace: Duration) {
    send { $0.write(.cancel(tasks, grace: grace.seconds)) }
  }

  public func withdraw() async throws -> [TaskID] {
    try await withCheckedThrowingContinuation { continuation in
      let isGone = state.withLock { state in
        guard state.agent != nil, !state.agentEnded else { return true }
        state.lastRequest += 1
        state.withdrawals[state.lastRequest] = continuation
        state.requests.write(.withdraw(state.lastRequest))
        return false
      }
      if isGone { continuation.resume(returning: []) } else { send { _ in } }
    }
  }

  public func stopRaptor() async throws { send { $0.write(.stopRaptor) } }
  public func cancelRaptor() async throws { send { $0.write(.cancelRaptor) } }

  /// A directory that was taken away is made again by the host, and is another one then: the agent goes by its word.
  private func tellDirectory() {
    let news: HeldDirectory.Identity? = state.withLock { state in
      guard state.agent != nil, let identity = state.directory?.identity, identity != state.toldDirectory else {
        return nil
      }
      state.toldDirectory = identity
      return identity
    }
    if let news { send { $0.write(.directory(news.description)) } }
  }

  private func send(_ body: (inout RequestWriter) -> Void) {
    state.withLock { state in
      body(&state.requests)
      let bytes = state.requests.take()
      if !bytes.isEmpty { state.agent?.send(bytes) }
    }
  }

  // MARK: What the agent said

  private func receive(_ message: AgentReceiver.Message) {
    switch message {
    case .events(let events): receive(events)
    case .withdrawn(let request, let ids):
      state.withLock { $0.withdrawals.removeValue(forKey: request) }?.resume(returning: ids)
    case .ended(let status): agentEnded(status)
    }
  }

  private func receive(_ events: [SessionEvent]) {
    continuation.yield(events)
    let met = state.withLock { state in
      for event in events {
        switch event.kind {
        case .task(let id, .agentExecuting, let result): state.running[id] = result?.pid
        case .task(let id, let taskState, _) where taskState.isFinal: state.running[id] = nil
        case .pilot(let status): (state.pilot, state.pilotProblem) = (status.state, status.detail)
        case .raptor(let status): (state.raptor, state.raptorProblem) = (status.state, status.detail)
        default: break
        }
      }
      return state.takeMet()
    }
    for continuation in met { continuation.resume() }
  }

  private func agentEnded(_ status: WaitStatus) {
    let wasOrderly = state.withLock { $0.pilot?.isFinal ?? false }
    if !wasOrderly {
      // Its tasks got SIGKILL with it; what they started came to this process.
      killOrphans()
      report(.failed, detail: "the agent died: \(status.words)")
    }
    let (met, withdrawals) = state.withLock { state in
      state.agentEnded = true
      defer { state.withdrawals = [:] }
      return (state.takeMet(), state.withdrawals.values)
    }
    for continuation in withdrawals { continuation.resume(returning: []) }
    for continuation in met { continuation.resume() }
  }

  private func wait(until isMet: @escaping @Sendable (State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let now = state.withLock { state in
        if isMet(state) { return true }
        state.waiters.append(Waiter(isMet: isMet, continuation: continuation))
        return false
      }
      if now { continuation.resume() }
    }
  }

  private func emit(_ kind: SessionEvent.Kind) { continuation.yield([SessionEvent(source: .engine, kind)]) }

  private func report(_ pilot: PilotState, detail: String?) {
    let (context, cores) = state.withLock { state in
      state.pilot = pilot
      return (state.context, state.cores)
    }
    emit(
      .pilot(
        PilotStatus(
          uid: "pilot.0000", state: pilot, cores: cores, gpus: context?.configuration.gpus ?? 0,
          runtime: context?.configuration.runtime, detail: detail)))
  }

  // MARK: The last resort

  /// The processes of this session that run: those that carry its id, and those in the sessions of its tasks.
  private func processes() -> [ProcessTable.Entry] {
    let (context, agent, running) = state.withLock { state in
      (state.context, state.agentEnded ? nil : state.agent?.pid, Set(state.running.values))
    }
    guard let context else { return [] }
    let table = ProcessTable()
    let own = getpid()
    let mark = TaskVariables.mark(ofSession: context.id)
    let descendants = Set(agent.map { table.descendants(of: $0).map(\.pid) } ?? [])
    return table.entries.values.filter { entry in
      guard !entry.isZombie, entry.pid != own else { return false }
      return entry.pid == agent || descendants.contains(entry.pid) || running.contains(entry.session)
        || ProcessTable.environment(of: entry.pid, holds: mark)
    }
  }

  public func survivors() async -> [String] {
    processes().map { "process \($0.pid) (\(ProcessTable.commandLine(of: $0.pid)))" }
  }

  public func killEverything() {
    for process in processes() { kill(process.pid, SIGKILL) }
    killOrphans()
  }

  private func killOrphans() {
    let leaders = Array(state.withLock { $0.running.values })
    // Orphans that came to this process are its to reap; its other children are not touched.
    defer {
      for pid in leaders { waitpid(pid, nil, WNOHANG) }
      LaunchScratch.removeStale()
    }
    for _ in 0..<100 {
      let alive = processes().filter { $0.pid != state.withLock { $0.agent?.pid } }
      guard !alive.isEmpty else { return }
      for process in alive { kill(process.pid, SIGKILL) }
      usleep(5000)
      for process in alive { waitpid(process.pid, nil, WNOHANG) }
    }
  }
}
