/// All that is known of a session: the sum of its events.
///
/// `apply` is the only way to change it (a checkpoint restores one that was), so a hosted, an attached, a watched and a
/// replayed session look the same.
public struct SessionSnapshot: Sendable {
  public struct LogLine: Equatable, Sendable {
    public var time: Timestamp
    public var level: LogLevel
    public var text: String

    package init(time: Timestamp, level: LogLevel, text: String) {
      self.time = time
      self.level = level
      self.text = text
    }
  }

  public package(set) var info: SessionInfo?
  public package(set) var phase = SessionPhase.starting
  public package(set) var phaseReason: String?
  public package(set) var opened: Timestamp?
  public package(set) var closed: Timestamp?
  public package(set) var pilot: PilotStatus?
  public package(set) var pilotActive: Timestamp?
  public package(set) var raptor: RaptorStatus?
  public package(set) var tasks = TaskTable()
  /// Whether the workflow offered all its work.
  public package(set) var isWorkflowComplete = false
  /// The commands of operators, oldest first; the newest 100, and those that have not finished.
  public package(set) var commands: [CommandRecord] = []
  public package(set) var shutdown: [ShutdownProgress] = []
  /// Newest last; at most `logLimit` lines.
  public package(set) var log: [LogLine] = []
  /// Log lines ever seen, also those that fell off.
  public package(set) var logCount = 0
  public package(set) var summary: SessionSummary?
  /// When the newest event happened.
  public package(set) var lastEvent: Timestamp?
  /// What it did over its time.
  public package(set) var history = SessionHistory()

  public static let logLimit = 2000

  public init() {}

  /// Cores that are taken: those of running tasks, and those of the raptor and its workers.
  public var coresInUse: Int {
    // The raptor of another program is one of its tasks, as its workers are, and counted with them.
    guard let raptor, !tasks.holds(uid: raptor.uid) else { return tasks.coresInUse }
    // Functions that run in workers hold none but the workers'.
    return tasks.coresInUse - (raptor.workerCores == nil ? 0 : tasks.callCoresInUse) + raptor.coresHeld
  }

  /// Workers of the raptor that are busy; `nil` when what runs in it cannot be compared with them.
  public var busyWorkers: Int? {
    guard let raptor else { return nil }
    // With workers that hold cores of their own, programs run beside them.
    let busy = raptor.workerCores == nil ? tasks.raptorRunning : tasks.callsRunning
    return busy <= raptor.workers ? busy : nil
  }

  /// The phases of the shutdown that goes on: of the session's once it is closing, before that of the raptor's.
  public var shutdownUnderWay: ArraySlice<ShutdownProgress> {
    guard phase != .closed else { return [] }
    let isOfSession = phase == .closing
    guard isOfSession || shutdown.last?.left == nil else { return [] }
    // Others of the raptor may have come before.
    let start = shutdown.lastIndex { $0.phase == (isOfSession ? .drain : .stopRaptor) } ?? 0
    return shutdown[start...]
  }

  /// Commands that were requested and have not finished.
  public var pendingCommands: [CommandRecord] {
    commands.filter { !$0.stage.isFinished }
  }

  public mutating func apply(_ events: some Sequence<SessionEvent>) {
    for event in events { apply(event) }
  }

  public mutating func apply(_ event: SessionEvent) {
    let time = event.time
    lastEvent = time
    defer {
      history.advance(
        to: time,
        levels: SessionHistory.Levels(
          busy: coresInUse, queued: tasks.count(in: .queued), waiting: tasks.count(in: .waiting)))
    }
    switch event.kind {
    case .sessionOpened(let info): open(info, at: time)
    case .sessionPhase(let phase, let reason):
      self.phase = phase
      phaseReason = reason
      note(time, .info, "session \(phase.rawValue)" + (reason.map { ": \($0)" } ?? ""))
    case .resource(let name, let acquired, let detail):
      note(time, .info, "\(name) \(acquired ? "acquired" : "released")" + (detail.map { ": \($0)" } ?? ""))
    case .pilot(let status):
      let wasActive = pilot?.state == .active
      if status.state == .active, !wasActive { pilotActive = time }
      pilot = status
      // What an active one waits for is said by its agent, in the log.
      guard status.state != .active || !wasActive else { return }
      note(
        time, status.state == .failed ? .error : .info,
        "\(status.uid) \(status.state.rawValue)" + (status.detail.map { ": \($0)" } ?? ""))
    case .raptor(let status):
      if status.state != raptor?.state {
        note(
          time, status.state == .failed ? .error : .info,
          "\(status.uid) \(status.state.name)" + (status.detail.map { ": \($0)" } ?? ""))
      }
      raptor = status
    case .tasksAdded(let batch): tasks.add(batch, at: time)
    case .workflowComplete: isWorkflowComplete = true
    case .task(let id, let state, let result):
      let moved = tasks.move(id, to: state, at: time, result: result)
      if moved, state == .agentExecuting { history.note(started: 1, at: time) }
      if moved, state.isFinal { history.note(finished: 1, at: time) }
      if moved, state == .new, let reason = result?.reason { note(time, .warning, "\(tasks.label(of: id)): \(reason)") }
      if moved, state == .failed || (state == .canceled && result?.reason != nil) {
        let reason = (result?.reason ?? result?.exitCode.map { "exit \($0)" }).map { ": \($0)" } ?? ""
        note(time, state == .failed ? .error : .warning, "\(tasks.label(of: id)) \(state.name)\(reason)")
      }
    case .command(let record): note(record, at: time)
    case .shutdownEntered(let phase, let deadline):
      shutdown.append(ShutdownProgress(phase: phase, entered: time, deadline: deadline))
    case .shutdownLeft(let phase, let outcome, let detail):
      if let index = shutdown.lastIndex(where: { $0.phase == phase }) {
        shutdown[index].left = time
        shutdown[index].outcome = outcome
        shutdown[index].detail = detail
      }
      if outcome == .timedOut || outcome == .failed {
        note(time, .warning, "\(phase.title): \(outcome.rawValue)" + (detail.map { ", \($0)" } ?? ""))
      }
    case .log(let level, let text): note(time, level, text)
    case .sessionClosed(let summary):
      self.summary = summary
      closed = time
      phase = .closed
      for leftover in summary.leftovers { note(time, .error, "left behind: \(leftover)") }
    }
  }

  /// The first start, or one that takes up what an earlier host of the session left.
  private mutating func open(_ info: SessionInfo, at time: Timestamp) {
    if self.info != nil {
      note(time, .info, "session resumed on \(info.host)")
      history.pause()
      commands.removeAll { !$0.stage.isFinished }
      tasks.clearCancelRequests()
      pilot = nil
      pilotActive = nil
      raptor = nil
      isWorkflowComplete = false
      shutdown = []
      summary = nil
      closed = nil
    }
    self.info = info
    opened = time
    phase = .starting
  }

  private mutating func note(_ record: CommandRecord, at time: Timestamp) {
    if let index = commands.firstIndex(where: { $0.id == record.id }) {
      commands[index] = record
    } else {
      commands.append(record)
      if commands.count > 100, let oldest = commands.firstIndex(where: \.stage.isFinished) {
        commands.remove(at: oldest)
      }
    }
    let count = record.added?.count ?? (record.tasks.isEmpty ? nil : record.tasks.count)
    let what = record.verb.rawValue + (count.map { " of \($0)" } ?? "") + (record.grace.map { " \($0.words)" } ?? "")
    let why = record.reason.map { " (\($0))" } ?? ""
    switch record.stage {
    case .requested:
      if record.verb == .cancel { tasks.noteCancelRequest(record.tasks) }
      note(time, .info, "\(record.sender.words) requested \(what)\(why)")
    case .acknowledged: break
    case .finished(let outcome):
      if record.verb == .cancel { tasks.clearCancelRequest(record.tasks) }
      note(time, outcome.isDone ? .info : .warning, "\(what): \(outcome.words)")
    }
  }

  private mutating func note(_ time: Timestamp, _ level: LogLevel, _ text: String) {
    log.append(LogLine(time: time, level: level, text: text))
    logCount += 1
    // In large steps, so that a line costs no shift of the whole log.
    if log.count > Self.logLimit + 500 { log.removeFirst(log.count - Self.logLimit) }
  }
}
