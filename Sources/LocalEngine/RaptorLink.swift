import Glibc
import JSON
import Platform
import SessionModel
import SystemPackage
import Wire
import Words
import Work

/// The agent's side of a raptor: starts the process, speaks CPI with it, and answers for its tasks when it dies.
final class RaptorLink {
  private enum Stage: Equatable {
    case idle
    /// Started; its `hello` has not come.
    case starting
    case executing
    case stopping
    case canceling
    case ended
  }

  /// An item that was given to it.
  private struct Run {
    var item: ResolvedTask
    /// The first process of the item, which leads a session.
    var pid: pid_t?
  }

  private let loop: PollLoop
  private let configuration: AgentConfiguration
  private let directory: HeldDirectory
  private let workers: Int
  private let uid: String
  private var stage = Stage.idle
  private var pid: pid_t = 0
  private var output = OutputBuffer(-1)
  private var input: Int32 = -1
  private var lines = LineReader()
  private var requests = RequestWriter()
  private var hello: String?
  private var running: [TaskID: Run] = [:]
  private var endReason: String?
  /// Why it does not want to be the raptor, in its words.
  private var refusal: String?

  var emit: (SessionEvent) -> Void = { _ in }
  var onTaskEnd: (TaskID) -> Void = { _ in }
  /// It could not start the item for want of something, and does not have it any more.
  var onShortage: (ResolvedTask, Shortage) -> Void = { _, _ in }
  var onEnd: () -> Void = {}

  /// - Parameters:
  ///   - directory: the session's.
  ///   - number: how many raptors the pilot had before this one.
  init(loop: PollLoop, configuration: AgentConfiguration, directory: HeldDirectory, number: Int) {
    self.directory = directory
    self.loop = loop
    self.configuration = configuration
    workers = PilotSize.forTasks(of: configuration.cores, hasRaptor: true)
    uid = "raptor.\(String(repeating: "0", count: max(0, 4 - String(number).count)))\(number)"
  }

  var isAlive: Bool { stage != .idle && stage != .ended }
  /// Whether items may be given to it: until it was told to stop.
  var takesWork: Bool { stage == .starting || stage == .executing }
  /// Whether it has no items.
  var isIdle: Bool { running.isEmpty }

  func start() {
    do { try launch() } catch {
      report(.failed, "could not be started: \(error)")
      onEnd()
    }
  }

  private func launch() throws {
    let log = try directory.openOwn("raptor.log", O_WRONLY | O_CREAT | O_APPEND)
    let toRaptor = try Pipe()
    let fromRaptor = try Pipe()
    let command = configuration.raptorCommand
    let start = ProcessStart(
      program: command.first ?? "", arguments: Array(command.dropFirst()), input: toRaptor.reader.number,
      output: fromRaptor.writer.number, error: log.number, diesWithParent: true)
    pid = ProcessEnvironment().with([(TaskVariables.session, configuration.session)]) { start.run(environment: $0) }
    guard pid > 0 else { throw Errno(rawValue: -pid) }
    input = fromRaptor.reader.release()
    output = OutputBuffer(toRaptor.writer.release())
    stage = .starting
    report(.agentExecutingPending, nil)
    loop.add(input) { [unowned self] in
      if case .ended = lines.read(input, receive) { closePipes() }
    }
    loop.add(
      output.descriptor, wantsWrite: { [unowned self] in !output.isEmpty },
      onWritable: { [unowned self] in output.flush() }, onReadable: { [unowned self] in closePipes() })
    write(.start(configuration))
    write(.hello)
  }

  func write(_ request: AgentRequest) {
    guard isAlive, output.descriptor >= 0 else { return }
    requests.write(request)
    output.append(requests.take())
    output.flush()
  }

  /// CPI `add_item`.
  func add(_ item: ResolvedTask, _ slots: TaskSlots) {
    running[item.id] = Run(item: item)
    write(.addItem(item, slots))
  }

  func cancel(_ ids: [TaskID], grace: Double) {
    let ours = ids.filter { running[$0] != nil }
    if !ours.isEmpty { write(.cancel(ours, grace: grace)) }
  }

  /// CPI `stop`: it finishes what runs and ends.
  func stop() {
    guard takesWork else { return }
    stage = .stopping
    write(.stop)
  }

  /// Ends the raptor and what runs in it.
  func cancel(grace: Double) {
    guard isAlive else { return }
    stage = .canceling
    kill(pid, SIGTERM)
    loop.after(Duration(saturating: grace + 1)) { [unowned self] in
      if isAlive { kill(pid, SIGKILL) }
    }
  }

  func pilotEnded(_ reason: String, grace: Double) {
    endReason = reason
    cancel(grace: grace)
  }

  private func receive(_ line: UnsafeRawBufferPointer) {
    do {
      guard let event = try SessionEvent(line: line) else { return receiveOther(line) }
      guard case .task(let id, let state, let result) = event.kind else { return emit(event) }
      guard let run = running[id] else { return }
      if let pid = result?.pid { running[id]?.pid = pid }
      var known = result
      if state.isFinal, let endReason, known?.reason != nil, state != .done { known?.reason = endReason }
      emit(
        SessionEvent(
          time: event.time, source: .raptor, .task(id, state, known ?? TaskResult(attempt: run.item.attempt))))
      guard state.isFinal else { return }
      running[id] = nil
      onTaskEnd(id)
    } catch {
      emit(SessionEvent(source: .agent, .log(.warning, "the raptor sent what is no event: \(error)")))
    }
  }

  private func receiveOther(_ line: UnsafeRawBufferPointer) {
    guard let word = RaptorShortage(line: line) else { return receiveHello(line) }
    if let run = running.removeValue(forKey: word.id) { onShortage(run.item, word.shortage) }
  }

  private func receiveHello(_ line: UnsafeRawBufferPointer) {
    guard let answer = try? RaptorHello(line: line), stage == .starting else { return }
    guard refusal == nil else { return }
    if let problem = answer.problem {
      refusal = problem
      // With its end the failure is known.
      kill(pid, SIGTERM)
      return
    }
    hello = answer.description
    stage = .executing
    report(.agentExecuting, nil)
  }

  private func closePipes() {
    if input >= 0 {
      loop.remove(input)
      close(input)
      input = -1
    }
    if output.descriptor >= 0 {
      loop.remove(output.descriptor)
      close(output.descriptor)
      output = OutputBuffer(-1)
    }
  }

  /// A child of the agent ended that is none of its tasks.
  func childEnded(_ child: pid_t, _ status: Int32) {
    guard child == pid, isAlive else { return }
    // What it said before it ended is still in the pipe.
    while input >= 0, case .open = lines.read(input, receive), hasMore() {}
    closePipes()
    let wanted = stage
    stage = .ended
    let end = WaitStatus(raw: status)
    let how = end.signal == nil ? end.words : "ended by \(end.words)"
    killStrays()
    // Its own end first: what follows from it can be told apart then from tasks that failed by themselves.
    switch wanted {
    case .stopping where status == 0: report(.done, nil)
    case .canceling: report(.canceled, endReason)
    default: report(.failed, refusal ?? "the raptor died: \(how)")
    }
    for (id, run) in running { fail(id, attempt: run.item.attempt, endReason ?? "the raptor died (\(how))") }
    running = [:]
    onEnd()
  }

  private func hasMore() -> Bool {
    var item = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return poll(&item, 1, 0) > 0 && item.revents & Int16(POLLIN) != 0
  }

  /// Processes of its tasks that came to the agent when the raptor died.
  private func killStrays() {
    let marks = running.keys.map(TaskVariables.mark(of:))
    let sessions = Set(running.values.compactMap(\.pid))
    guard !marks.isEmpty else { return }
    for entry in ProcessTable().descendants(of: getpid()) where !entry.isZombie {
      // What a function forked has the environment of its interpreter, which has no task's id.
      guard
        sessions.contains(entry.session)
          || marks.contains(where: { ProcessTable.environment(of: entry.pid, holds: $0) })
      else { continue }
      kill(entry.pid, SIGKILL)
    }
  }

  private func fail(_ id: TaskID, attempt: Int, _ reason: String) {
    emit(SessionEvent(source: .agent, .task(id, .failed, TaskResult(attempt: attempt, reason: reason))))
    onTaskEnd(id)
  }

  private func report(_ state: TaskState, _ detail: String?) {
    if state == .failed { stage = .ended }
    emit(
      SessionEvent(
        source: .agent,
        .raptor(RaptorStatus(uid: uid, state: state, workers: workers, hello: hello, detail: detail))))
  }
}
