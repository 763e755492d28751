@preconcurrency import Dispatch
import Platform
import SessionModel
import Synchronization
import TaskOutput
import Work

/// A session that another process hosts, on this machine or on one that shares its files.
///
/// Its facts come from its journal, its news and the way of commands from a `HostLink`.
public final class AttachedSource: SessionSource {
  public let isReadOnly: Bool
  public let isOwned: Bool

  private struct State {
    var deliver: @Sendable (SessionUpdate) -> Void = { _ in }
    var link: LinkStatus?
    /// Why the journal cannot be read now.
    var problem: String?
    var isClosed = false
    var batches: [TaskBatch] = []
    var summary: SessionSummary?
    var info: SessionInfo?
    var onClose: @Sendable (SessionSummary) -> Void = { _ in }
  }

  private let directory: SessionDirectory
  private let host: HostLink
  private let follower: JournalFollower
  /// What was read is handed on in its order.
  private let reading = Mutex(())
  private let state = Mutex(State())
  /// Reading blocks, which the threads of the cooperative pool must not.
  private let queue = DispatchQueue(label: "attached")
  private let outputs = OutputDesk()
  private let measuring = DispatchQueue(label: "measuring", qos: .utility)

  /// - Parameters:
  ///   - origin: where the person sits, for the journal: `login1 pts/3`.
  ///   - isOwned: whether the session was started for this screen.
  /// - Throws: `SessionDirectory.DirectoryError` when its journal cannot be read.
  public init(
    _ directory: SessionDirectory, origin: String, isReadOnly: Bool, isOwned: Bool
  ) throws(SessionDirectory.DirectoryError) {
    self.directory = directory
    let isReadOnly = isReadOnly || !directory.isCommandable
    self.isReadOnly = isReadOnly
    host = HostLink(directory, origin: origin, isReadOnly: isReadOnly)
    self.isOwned = isOwned
    follower = try JournalFollower(directory: directory)
  }

  /// How the session ended, once that was read.
  public var summary: SessionSummary? { state.withLock { $0.summary } }

  /// Whether the host ended without closing the session.
  public var isHostGone: Bool {
    state.withLock { if case .gone? = $0.link?.host { true } else { false } }
  }

  /// Calls `body` when the session has closed.
  public func onClose(_ body: @escaping @Sendable (SessionSummary) -> Void) { state.withLock { $0.onClose = body } }

  public func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    state.withLock { $0.deliver = deliver }
    queue.async { [self] in follow() }
  }

  /// Ends the flow.
  public func close() {
    state.withLock { $0.isClosed = true }
    host.close()
  }

  // MARK: Facts

  private func follow() {
    readFirst()
    while !state.withLock({ $0.isClosed }) {
      // In this order: what a host wrote before it ended is read before it is said to be gone.
      let life = host.look()
      readJournal()
      report(life)
      host.waitForNews()
    }
    host.close()
  }

  /// Reads what there is into one snapshot, so that the first thing to be seen is whole; a journal that takes long is
  /// shown as it is read.
  private func readFirst() {
    reading.withLock { _ in
      var snapshot = SessionSnapshot()
      var shown = ContinuousClock.now
      var isNews = false
      while let update = nextUpdate() {
        switch update {
        case .snapshot(let new): snapshot = new
        case .events(let events): snapshot.apply(events)
        }
        isNews = true
        guard .now - shown > Self.patience else { continue }
        deliver(.snapshot(snapshot))
        shown = .now
        isNews = false
      }
      if isNews { deliver(.snapshot(snapshot)) }
    }
  }

  /// What a person waits for something to be seen.
  private static let patience = Duration.milliseconds(300)

  /// Reads what there is now.
  ///
  /// - Returns: how the session ended, if that was in it.
  @discardableResult
  public func readJournal() -> SessionSummary? {
    reading.withLock { _ in
      while let update = nextUpdate() {
        deliver(update)
      }
    }
    return summary
  }

  private func deliver(_ update: JournalFollower.Update) {
    let (deliver, end) = note(update)
    switch update {
    case .snapshot(let snapshot): deliver(.snapshot(snapshot))
    case .events(let events): deliver(.events(events))
    }
    if let (summary, onClose) = end { onClose(summary) }
  }

  private func nextUpdate() -> JournalFollower.Update? {
    let result = Result { () throws(SessionDirectory.DirectoryError) in try follower.next() }
    switch result {
    case .success(let update):
      state.withLock { $0.problem = nil }
      return update
    case .failure(let problem):
      state.withLock { $0.problem = problem.description }
      return nil
    }
  }

  private func note(
    _ update: JournalFollower.Update
  ) -> (deliver: @Sendable (SessionUpdate) -> Void, end: (SessionSummary, @Sendable (SessionSummary) -> Void)?) {
    state.withLock { state in
      let hadEnded = state.summary != nil
      switch update {
      case .snapshot(let snapshot):
        state.batches = snapshot.tasks.batches
        state.summary = snapshot.summary
        state.info = snapshot.info
      case .events(let events):
        for event in events {
          switch event.kind {
          case .tasksAdded(let batch): state.batches.append(batch)
          case .sessionOpened(let info): (state.summary, state.info) = (nil, info)
          case .sessionClosed(let summary): state.summary = summary
          default: break
          }
        }
      }
      return (state.deliver, hadEnded ? nil : state.summary.map { ($0, state.onClose) })
    }
  }

  /// Says how things stand, if that changed.
  private func report(_ life: LinkStatus.Host) {
    let (way, problem) = (host.way, host.problem)
    let news: (LinkStatus, @Sendable (SessionUpdate) -> Void)? = state.withLock { state in
      var host = life
      // A session that closed needs no host.
      if state.summary != nil { host = .alive }
      // Since when is what was said first; of a host that was never seen, what its last sign says.
      if case .gone = host, state.link == nil, let sign = HostRecord.lastSign(in: directory) {
        host = .gone(since: sign)
      }
      if case .gone = host, case .gone(let since)? = state.link?.host { host = .gone(since: since) }
      if case .silent = host, case .silent(let since)? = state.link?.host { host = .silent(since: since) }
      let link = LinkStatus(way: way, host: host, problem: state.problem ?? problem)
      guard link != state.link else { return nil }
      state.link = link
      return (link, state.deliver)
    }
    if let (link, deliver) = news { deliver(.link(link)) }
  }

  // MARK: Commands

  public func send(_ command: OperatorCommand, reason: String?) {
    guard !isReadOnly else { return }
    let deliver = state.withLock { $0.deliver }
    // How it goes comes as events; only what the journal cannot know is said here.
    host.send(command, reason: reason) { outcome in
      switch outcome {
      case .failure(let problem): deliver(.refused("\(command.verb.rawValue): \(problem)"))
      case .success(let report):
        if report.command == 0, case .finished(let why) = report.stage {
          deliver(.refused("\(command.verb.rawValue): \(why.words)"))
        }
      }
    }
  }

  public func read(_ request: OutputRequest, _ answer: @escaping @Sendable (OutputAnswer) -> Void) {
    let task = request.output.task
    outputs.read(
      request,
      at: { [self] in
        guard let batch = state.withLock({ $0.batches.last { $0.first <= task } }), batch.ids.contains(task.number)
        else { return .failure(.noTask(task.uid)) }
        return .success(
          directory.output(request.output, named: request.output.name(batch.description(of: task))).string)
      }, answer)
  }
}

extension AttachedSource {
  public func measure(_ tasks: [TaskID: Int32?], _ answer: @escaping @Sendable ([TaskID: TaskUse]) -> Void) {
    measuring.async { [self] in
      let (info, batches) = state.withLock { ($0.info, $0.batches) }
      // Processes mean something on their own machine only.
      guard let info, info.host == machineName() else { return answer([:]) }
      let unknown = Set(tasks.filter { $0.value == nil }.map(\.key.uid))
      let marked =
        unknown.isEmpty
        ? [:]
        : MarkedProcesses.uses(
          with: TaskVariables.mark(ofSession: info.id), by: TaskVariables.task, of: unknown)
      var found: [TaskID: TaskUse] = [:]
      for (task, pid) in tasks {
        guard let use = pid.map({ ProcessUse(of: $0) }) ?? marked[task.uid],
          let batch = batches.last(where: { $0.first <= task })
        else { continue }
        let output = OutputID(task, .stdout)
        let path = directory.output(output, named: output.name(batch.description(of: task))).string
        found[task] = TaskUse(
          processor: use.processor, memory: use.memory, lastLine: lastLine(ofOutput: path), time: .now)
      }
      answer(found)
    }
  }
}

extension OutputID {
  /// The name of its file.
  func name(_ description: TaskDescription) -> String {
    stream == .stdout ? description.stdout : description.stderr
  }
}
