import Dispatch
import Executor
import FoundationEssentials
import Glibc
import Leftovers
import Platform
import SessionModel
import Synchronization
import Words
import Work

/// RADICAL-Pilot as engine: a helper, a Python process of the user's virtual environment, holds the RP session.
///
/// Tasks are given to RP when its pilot is active, not before: what waits for a queued pilot can then be taken back or
/// canceled at once, and surely was never started. Nobody is left behind, whoever dies: the helper closes its session
/// when the host is gone, the host ends what it finds of the session when the helper is gone, and a later start finds
/// both in the record that is kept in the session's directory.
public final class RadicalEngine: PilotEngine {
  public let events: AsyncStream<[SessionEvent]>
  let continuation: AsyncStream<[SessionEvent]>.Continuation
  let state = Mutex(State())
  private let registry: LinkDirectory
  private let environment: [String: String]
  let queue: SlurmQueue
  /// What is done with files, in the order of the submissions.
  private let files = DispatchQueue(label: "radical-files")

  struct State {
    var context: SessionContext?
    /// Of the session.
    var directory: HeldDirectory?
    var helper: RadicalHelper?
    var mapping: TaskMapping?
    var tracker = TaskTracker()
    /// Tasks that wait for the pilot to be active.
    var held: [EngineTask] = []
    /// Tasks that were taken back from RP, until `withdraw` hands them on.
    var withdrawn: [TaskID] = []
    var pilot = PilotTracker()
    /// What Slurm says of its job; `nil` when it is none of Slurm's.
    var watch: JobWatch?
    /// What becomes of handing it to RP.
    var submission: RadicalHelper.Answer?
    var raptor = RaptorTracker()
    var record: RadicalRecord?
    /// What launchers of MPI leave on this machine.
    var scratch: LaunchScratch?
    /// The helper's first words.
    var hello = Promise<HelperMessage.Hello>()
    var hasGreeted = false
    /// Why there can be no functions, if it can't be.
    var noFunctions: String?
    var isLost = false
    /// The helper's process is being started.
    var isStartingHelper = false
    /// The session is being closed, or has been.
    var isReleasing = false
    var isReleased = false
    /// When Slurm was told last to end what is left.
    var lastCancel: ContinuousClock.Instant?
    /// What was done about the leftovers of a helper that died.
    var sweep: Task<[Leftover], Never>?
    /// What staging on RP's nodes says.
    var notes: MeetingNotes?
    var waiters: [Waiter] = []
  }

  /// Someone who waits for a condition on what RP confirmed.
  struct Waiter {
    var isMet: @Sendable (borrowing State) -> Bool
    var done: Promise<Void>
  }

  /// What Python and a file system of many users may take to import RP.
  private static let helloLimit = Duration.seconds(120)

  /// - Parameters:
  ///   - registry: where the session is entered while it lives.
  ///   - environment: set for the helper, over that of this process.
  ///   - searchPath: where Slurm's programs are looked for; `PATH` when `nil`.
  ///   - directory: that of the session; what is at its path when the session starts unless one is given.
  public init(
    registry: LinkDirectory = RadicalRegistry.sessions, environment: [String: String] = [:], searchPath: String? = nil,
    directory: HeldDirectory? = nil
  ) {
    queue = SlurmQueue(searchPath: searchPath)
    self.registry = registry
    self.environment = environment
    state.withLock { $0.directory = directory }
    (events, continuation) = AsyncStream.makeStream()
  }

  /// Enough that RP's own queues never run dry.
  public var dispatchAhead: Int { max(1024, min(state.withLock { $0.pilot.cores }, Self.dispatchLimit) * 4) }
  private static let dispatchLimit = 100_000_000

  // MARK: Resources

  public func acquire(_ resource: RuntimeResource, in context: SessionContext) async throws -> String {
    switch resource {
    case .session:
      do { return try await openSession(context) } catch {
        // Whoever could not acquire it holds nothing of it.
        try? await closeSession()
        throw error
      }
    case .pilotManager: return try await ask(.pilotManager).uid ?? ""
    case .taskManager:
      // The pilot is on its way meanwhile: both take seconds, and neither needs the other for that.
      submitPilot(context)
      return try await ask(.taskManager).uid ?? ""
    case .pilot: return try await startPilot(context)
    case .raptor: return try startRaptor(context)
    }
  }

  public func fault(of items: [WorkItem]) async -> String? {
    let (resource, noFunctions) = state.withLock { ($0.context?.configuration.resource, $0.noFunctions) }
    if let noFunctions, let first = items.first(where: { $0.description.function != nil }) {
      return "task '\(first.description.name)' cannot run: \(noFunctions)"
    }
    guard let resource else { return nil }
    return await RadicalLaunch.fault(of: items, on: resource)
  }

  private func openSession(_ context: SessionContext) async throws -> String {
    let configuration = context.configuration
    let venv = try Venv(configuration.venv ?? "", relativeTo: context.clientDirectory)
    let target = try Venv(target: configuration.targetVenv, otherThan: venv, relativeTo: context.clientDirectory)
    if let problem = UserEnvironment.problem(venv: venv.path, home: environment["HOME"]) {
      throw DispatchError(problem)
    }
    let directory: HeldDirectory
    do throws(FileError) { directory = try workDirectory(in: context.directory) } catch {
      throw DispatchError("the directory of RADICAL-Pilot: \(error)")
    }
    do {
      try CheckedProgram.write(to: directory)
      let notes = try MeetingNotes(in: directory, session: sessionDirectory(at: context.directory))
      state.withLock { $0.notes = notes }
      try directory.replaceFile(UserEnvironment.fileName, with: UserEnvironment.contents)
      // RP's directories of tasks are its own; those of an earlier version's session lead there.
      if let session = state.withLock({ $0.directory }), session.status(of: "tasks") == nil {
        _ = try session.directory("tasks")
      }
    } catch {
      throw DispatchError("\(error)")
    }
    // A start that is given up at this moment waits for the helper, and ends it.
    let isGivenUp = state.withLock { state in
      state.isStartingHelper = !state.isReleasing
      return state.isReleasing
    }
    if isGivenUp { throw DispatchError("the start was given up") }
    let helper: RadicalHelper
    do {
      helper = try RadicalHelper(
        session: context.id, venv: venv.path, directory: directory,
        environment: environment.merging(
          ["SCALEMS_HELPER_GRACE": String(configuration.limits.killGrace.seconds)]) { given, _ in given },
        isOnThisMachine: TaskMapping.isOnThisMachine(configuration.resource)
      ) { [weak self] in self?.receive($0) }
    } catch {
      state.withLock { $0.isStartingHelper = false }
      throw error
    }
    let scratch = TaskMapping.isOnThisMachine(configuration.resource) ? LaunchScratch() : nil
    let record = RadicalRecord(session: context.id, helper: helper.pid, resource: configuration.resource)
    let hello = state.withLock { state in
      state.context = context
      state.helper = helper
      state.isStartingHelper = false
      state.record = record
      state.scratch = scratch
      state.mapping = TaskMapping(
        session: context.id, venv: venv.path, targetVenv: target.path, clientDirectory: context.clientDirectory,
        sessionDirectory: context.directory, killGrace: configuration.limits.killGrace.seconds,
        placement: configuration.placement,
        inheritedThreads: getenv(TaskPlacement.threads).map { String(cString: $0) },
        isOnThisMachine: TaskMapping.isOnThisMachine(configuration.resource), scratch: scratch?.path)
      return state.hello
    }
    keep(record)
    do { try registry.add(context.id, directory: context.directory) } catch { log(.warning, "\(error)") }
    nameOrphans(in: registry, besides: context.id)
    guard case .value(let words) = await withTimeout(Self.helloLimit, { await hello.value() }) else {
      throw DispatchError(
        "the RADICAL-Pilot helper said nothing for \(Self.helloLimit.text): see \(directory.path)/helper.log")
    }
    if let error = words.error {
      let advice = words.version > 0 ? ": 'scalems-top setup-radical' makes an environment that has what is needed" : ""
      throw DispatchError(error + advice)
    }
    if let problem = words.noFunctions {
      state.withLock { $0.noFunctions = problem }
      if context.hasFunctions { throw DispatchError(problem) }
    }
    log(.info, "RADICAL-Pilot \(words.rp ?? "?") on Python \(words.python), helper process \(helper.pid)")
    let reply = try await ask(
      .session(
        resource: configuration.resource, accessSchema: configuration.accessSchema, cores: configuration.cores,
        gpus: configuration.gpus, options: configuration.pilotOptions,
        modules: configuration.enableRaptor && configuration.raptor.workerClass == .mpi ? ["mpi4py"] : []))
    if let manager = reply.manager { note { $0.manager = manager } }
    return reply.uid ?? ""
  }

  /// Sends the pilot on its way; ``startPilot(_:)`` awaits the answer.
  private func submitPilot(_ context: SessionContext) {
    let configuration = context.configuration
    let (pilot, helper, batch) = state.withLock { state in
      state.pilot.begin(configuration)
      return (state.pilot, state.helper, state.record?.batch)
    }
    let description = RPPilot(
      uid: pilot.uid, resource: configuration.resource, accessSchema: configuration.accessSchema,
      runtime: PilotTracker.minutes(pilot.runtime), cores: configuration.cores,
      gpus: configuration.gpus > 0 ? configuration.gpus : nil)
    let answer = helper?.enqueue(.pilot(description, options: configuration.pilotOptions))
    state.withLock { $0.submission = answer }
    if batch == .slurm, queue.isThere { watchQueue(for: pilot.uid) }
  }

  private func startPilot(_ context: SessionContext) async throws -> String {
    guard let answer = state.withLock({ $0.submission }) else {
      throw DispatchError("there is no RADICAL-Pilot helper")
    }
    let reply = try await reply(answer)
    let sandbox = reply.sandbox ?? ""
    let (record, uid) = state.withLock { state in
      let minutes = PilotTracker.minutes(state.pilot.runtime)
      if let runtime = reply.runtime, runtime != minutes { state.pilot.runtime = Double(runtime) * 60 }
      state.record?.sandbox = sandbox
      return (state.record, state.pilot.uid)
    }
    if let record { keep(record) }
    // For whoever looks for the output of raptor and workers: RADICAL-Pilot's own names are hard to find.
    if !sandbox.isEmpty { _ = try? workDirectory(in: context.directory).replaceLink(uid, to: sandbox) }
    return "\(uid) on \(context.configuration.resource), submitted"
  }

  private func ask(_ request: HelperRequest) async throws -> HelperReply {
    guard let helper = state.withLock({ $0.helper }) else { throw DispatchError("there is no RADICAL-Pilot helper") }
    return try await reply(helper.enqueue(request))
  }

  private func reply(_ answer: RadicalHelper.Answer) async throws -> HelperReply {
    do { return try await answer.value().get() } catch let refusal as HelperError {
      throw DispatchError(refusal.sentence(configuration: state.withLock { $0.context?.configuration }))
    }
  }

  public func release(_ resource: RuntimeResource) async throws {
    switch resource {
    case .raptor:
      guard state.withLock({ $0.raptor.isAlive && !$0.isLost }) else { return }
      try await cancelRaptor()
      await wait { !$0.raptor.isAlive || $0.isLost || $0.pilot.isFinal }
    case .pilot:
      try await endPilot()
    case .taskManager, .pilotManager: break
    case .session: try await closeSession()
    }
  }

  private func endPilot() async throws {
    guard state.withLock({ $0.pilot.isSubmitted && !$0.pilot.isFinal && !$0.isLost }) else { return }
    state.withLock { $0.pilot.isCancelRequested = true }
    let seconds = (state.withLock { $0.context }?.configuration.limits.closeSession ?? .seconds(40)).seconds / 2
    let request = HelperRequest.cancelPilot(timeout: max(1, seconds - 5))
    guard state.withLock({ $0.watch != nil }) else {
      _ = try await ask(request)
      return await wait { $0.pilot.isFinal || $0.isLost }
    }
    // Slurm tells how it went, not RP; and if it does not answer, nobody waits for that.
    send(request, state.withLock { $0.helper })
    let deadline = ContinuousClock.now + .seconds(seconds)
    repeat {
      let isOver = await withTimeout(Self.slurmPatience) { [self] in await wait { $0.pilot.isFinal || $0.isLost } }
      if case .value = isOver { return }
    } while state.withLock({ $0.watch?.silentSince == nil }) && ContinuousClock.now < deadline
    throw DispatchError("what became of its job is not known: Slurm does not answer, or did not end it")
  }

  /// How long a silent Slurm is waited for at the end.
  private static let slurmPatience = Duration.seconds(15)

  private func closeSession() async throws {
    defer { continuation.finish() }
    state.withLock { $0.isReleasing = true }
    while state.withLock({ $0.isStartingHelper }) { try? await Task.sleep(for: .milliseconds(5)) }
    guard let helper = state.withLock({ $0.helper }) else { return }
    if !state.withLock({ $0.hasGreeted }) {
      // It has opened no session yet, and may never answer.
      helper.kill()
      await helper.untilEnded()
    } else if !state.withLock({ $0.isLost }) {
      // A start that was given up has submitted a pilot, perhaps, that nobody acquired: the helper ends it, too.
      state.withLock { $0.pilot.isCancelRequested = true }
      // What RP started ends a moment after its session.
      _ = try? await ask(.close)
      helper.finish()
      await helper.untilEnded()
    }
    let left = await sweep(grace: .seconds(4))
    dropScratch()
    if let notes = state.withLock({ $0.notes }) { tell(notes.last()) }
    guard let context = state.withLock({ $0.context }), left.isEmpty else { return }
    state.withLock { $0.isReleased = true }
    state.withLock { $0.directory }?.remove(RadicalRecord.fileName)
    do { try registry.remove(context.id) } catch { log(.warning, "\(error)") }
  }

  // MARK: Tasks

  public func submit(_ tasks: [EngineTask]) {
    let isActive = state.withLock { state in
      if !state.pilot.isActive { state.held += tasks }
      return state.pilot.isActive
    }
    if isActive { give(tasks) }
  }

  /// Gives tasks to RP, in bulk.
  func give(_ tasks: [EngineTask]) {
    var rest = tasks[...]
    while !rest.isEmpty {
      give(rest.prefix(512))
      rest = rest.dropFirst(512)
    }
  }

  private func give(_ tasks: ArraySlice<EngineTask>) {
    // From here on they can be canceled and taken back: the helper keeps cancels of tasks that have not come yet.
    let given = state.withLock { state in
      state.mapping.map { mapping in
        tasks.map { task in
          let description = task.batch.description
          return state.tracker.add(
            task.id, attempt: task.attempt, timeout: description.timeout, isCall: mapping.isCall(description),
            isInRaptor: description.raptor, usesLauncher: description.usesLauncher)
        }
      }
    }
    guard let given else { return }
    // In order, and apart: files are looked at and written there, and nobody who holds the lock, or wants to end the
    // session, waits for a slow file system.
    files.async { [self] in send(tasks, given) }
  }

  private func send(_ tasks: ArraySlice<EngineTask>, _ submissions: [Int]) {
    guard let mapping = state.withLock({ $0.mapping }) else { return }
    let tasks = tasks.map(\.resolved)
    let problems = tasks.map { mapping.refusal(of: $0) }
    let (helper, refused, described) = state.withLock { state in
      var mapping = mapping
      mapping.raptor = state.raptor.uid
      var refused: [SessionEvent] = []
      var described: [RPTask] = []
      for ((task, submission), problem) in zip(zip(tasks, submissions), problems) {
        // Meanwhile its raptor, or its pilot, may have ended, and it with them.
        guard state.tracker.entries[task.id]?.submission == submission else { continue }
        let raptor = TaskMapping.refusal(of: task.description, raptorTakesWork: state.raptor.takesWork)
        if let reason = raptor ?? problem {
          refused += state.tracker.fail([task.id], reason)
        } else {
          described.append(mapping.map(task, submission: submission))
        }
      }
      return (state.helper, refused, described)
    }
    if !refused.isEmpty {
      continuation.yield(refused)
      wake()
    }
    guard let helper, !described.isEmpty else { return }
    let log = continuation
    helper.send(.submit(described)) { why in
      log.yield([SessionEvent(source: .engine, .log(.error, "a submission failed: \(why)"))])
    }
  }

  public func cancel(_ tasks: [TaskID], grace: Duration) {
    let wanted = Set(tasks)
    let (canceled, uids, helper) = state.withLock { state in
      let held = state.held.filter { wanted.contains($0.id) }
      state.held.removeAll { wanted.contains($0.id) }
      state.tracker.noteCancel(tasks)
      return (held, state.tracker.uids(of: tasks), state.helper)
    }
    // RP does not know them yet, so there is nobody else to confirm it.
    let now = Timestamp.now
    let facts = canceled.map { task in
      SessionEvent(
        time: now, source: .engine, .task(task.id, .canceled, TaskResult(attempt: task.attempt)))
    }
    if !facts.isEmpty { continuation.yield(facts) }
    if !uids.isEmpty { insist(on: tasks, uids, helper) }
  }

  /// Cancels tasks, and again while RP does not confirm it: cancel and task travel by different ways, and RP's executor
  /// says of itself that it may miss a cancel of a task that it is about to start.
  private func insist(on tasks: [TaskID], _ uids: [String], _ helper: RadicalHelper?) {
    send(.cancel(uids), helper)
    Task { [weak self] in
      for delay in [2, 3, 5, 5, 10, 10, 20, 20] {
        try? await Task.sleep(for: .seconds(delay))
        guard let self else { return }
        let rest = state.withLock { state in
          state.isLost ? [] : state.tracker.uids(of: tasks.filter { state.tracker.awaitsCancel($0) })
        }
        guard !rest.isEmpty else { return }
        send(.cancel(rest), helper)
      }
    }
  }

  /// RP's ids of the calls that have begun, as far as files say; they are looked at without the lock.
  func startedCalls() -> Set<String> {
    let (calls, sandbox) = state.withLock { ($0.tracker.waitingCalls, $0.record?.sandbox) }
    return Set(calls.filter { TaskMapping.hasStarted($0, in: sandbox) })
  }

  public func withdraw() async throws -> [TaskID] {
    let started = startedCalls()
    let (held, taken, uids, helper) = state.withLock { state in
      let held = state.held.map(\.id)
      state.held = []
      state.withdrawn = []
      let ids = state.tracker.withdraw { started.contains($0) }
      return (held, ids, state.tracker.uids(of: ids), state.helper)
    }
    guard !uids.isEmpty else { return held }
    insist(on: taken, uids, helper)
    await wait { !$0.tracker.isWithdrawing || $0.isLost || $0.pilot.isFinal }
    return held + state.withLock { $0.withdrawn }
  }

  func send(_ request: HelperRequest, _ helper: RadicalHelper?) {
    let log = continuation
    helper?.send(request) { why in log.yield([SessionEvent(source: .engine, .log(.warning, why))]) }
  }

  // MARK: Waiting and saying

  func wait(until isMet: @escaping @Sendable (borrowing State) -> Bool) async {
    let waiter = Waiter(isMet: isMet, done: Promise())
    let isNow = state.withLock { state in
      if isMet(state) { return true }
      state.waiters.append(waiter)
      return false
    }
    if !isNow { await waiter.done.value() }
  }

  /// Lets those go on whose condition holds now.
  func wake() {
    let met = state.withLock { state in
      var met: [Promise<Void>] = []
      var rest: [Waiter] = []
      for waiter in state.waiters {
        if waiter.isMet(state) { met.append(waiter.done) } else { rest.append(waiter) }
      }
      state.waiters = rest
      return met
    }
    for done in met { done.fulfil(()) }
  }

  func log(_ level: LogLevel, _ text: String) {
    continuation.yield([SessionEvent(source: .engine, .log(level, text))])
  }

  /// Says where a task's files came in place of another's.
  func tell(_ sentences: [String]) { for words in sentences { log(.warning, words) } }

  /// What the helper works in, below the session's directory.
  func workDirectory(in path: String) throws(FileError) -> HeldDirectory {
    try sessionDirectory(at: path).directory("radical").directory
  }

  /// The session's directory, which is held open from the first time on.
  private func sessionDirectory(at path: String) throws(FileError) -> HeldDirectory {
    try state.withLock { state throws(FileError) -> HeldDirectory in
      if let directory = state.directory { return directory }
      let directory = try HeldDirectory(path)
      state.directory = directory
      return directory
    }
  }

  func keep(_ record: RadicalRecord) {
    guard let directory = state.withLock({ $0.directory }) else { return }
    do { try record.write(to: directory) } catch { log(.warning, "\(error)") }
  }
}
