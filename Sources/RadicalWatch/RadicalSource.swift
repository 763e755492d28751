@preconcurrency import Dispatch
import Glibc
import Platform
import SessionModel
import Synchronization
import TaskOutput
import Work

/// A RADICAL-Pilot session that another program opened, watched without its help: by the files that it writes.
public final class RadicalSource: SessionSource {
  public let isReadOnly: Bool
  public let keeper = SessionKeeper.program
  public let isOwned = false

  private struct State {
    var isClosed = false
    var summary: SessionSummary?
    var snapshot = SessionSnapshot()
    var pilots: [String] = []
    var isHostGone = false
    var leftovers: [String] = []
    var commands: [(OperatorCommand, reason: String?)] = []
    var notes: [(LogLevel, String)] = []
  }

  public let site: RadicalSite
  private let sighting: RadicalSighting?
  private let origin: String?
  private let printed: ProgramOutputs?
  private let wire: RadicalWire?
  private let outputs = OutputDesk()
  private let measuring = DispatchQueue(label: "measuring", qos: .utility)
  private let state = Mutex(State())
  /// Seconds between two looks at the files: polling costs less than being told of each line, and works on NFS. While the
  /// session itself says what is new, files add times and descriptions only.
  private static let interval = 0.1
  private static let intervalBesideWire = 0.25
  /// Between two times that a screen is told of tasks, unless somebody waits for it: more than half of the processor time of a
  /// screen goes into frames.
  private static let newsPause = Duration.seconds(0.5)
  /// Files of tasks that are read in one look, so that the first frame does not wait for ten thousand of them.
  private static let portion = 200

  /// - Parameters:
  ///   - sighting: its processes on this machine; `nil` when it has none.
  ///   - printed: where its program prints to, if that is known.
  ///   - origin: where the person sits, for what is said of commands.
  public init(
    _ site: RadicalSite, _ sighting: RadicalSighting?, printed: ProgramOutputs? = nil, origin: String? = nil,
    isReadOnly: Bool = true
  ) {
    self.printed = printed
    self.site = site
    self.sighting = sighting
    self.origin = origin
    self.isReadOnly = isReadOnly || sighting?.owner == nil
    // Of a program that has ended somebody else may have the ports.
    wire = sighting?.owner != nil || RadicalPlace(of: site) == .elsewhere ? RadicalWire(site) : nil
  }

  public var program: String? { printed?.program }

  /// How the session ended, once that is known.
  public var summary: SessionSummary? { state.withLock { $0.summary } }
  public var isHostGone: Bool { state.withLock { $0.isHostGone } }
  /// What is left of a session that was told to end, and is ended by another `close`; in words.
  public var leftovers: [String] { state.withLock { $0.leftovers } }

  /// What there is now, read once.
  ///
  /// - Parameter describes: whether also what each task is, and not only how it stands.
  public func load(describes: Bool = true) -> SessionSnapshot {
    let reader = RadicalReader(site, sighting)
    reader.readAll(describes: describes)
    return reader.picture.snapshot
  }

  public func open(_ deliver: @escaping @Sendable (SessionUpdate) -> Void) {
    guard startThread({ [self] in follow(deliver) }) else {
      return deliver(.refused("the system gives no thread to read the session's files"))
    }
  }

  public func close() { state.withLock { $0.isClosed = true } }

  private func follow(_ deliver: @Sendable (SessionUpdate) -> Void) {
    wire?.start()
    defer { wire?.close() }
    let reader = RadicalReader(site, sighting, wire)
    let control = RadicalControl(
      site, owner: sighting?.owner, sender: CommandSender(user: userName(), origin: origin))
    var link: LinkStatus?
    var nextScan = ContinuousClock.now
    var (isDue, nextNews, hasCommands) = (true, ContinuousClock.now, false)
    while !state.withLock({ $0.isClosed }) {
      // New files come seldom.
      let notes = takeNotes()
      for (level, text) in notes { reader.note(level, text) }
      let scans = .now >= nextScan
      if scans { nextScan = .now + .seconds(1) }
      let commands = takeCommands()
      hasCommands = !commands.isEmpty || hasCommands && !reader.picture.snapshot.pendingCommands.isEmpty
      let isNews = reader.read(scans: scans, portion: Self.portion, control, commands) || !notes.isEmpty
      let status = reader.link
      isDue = isDue || isNews
      let isUrgent = link == nil || reader.isOver || control.isEnding || !notes.isEmpty || hasCommands
      if isDue, isUrgent || .now >= nextNews {
        (isDue, nextNews) = (false, .now + (status.way == .socket ? Self.newsPause : .zero))
        let snapshot = reader.picture.snapshot
        state.withLock { state in
          state.snapshot = snapshot
          state.summary = snapshot.summary
          state.pilots = reader.pilots
          state.leftovers = control.leftovers
          if case .gone = status.host { state.isHostGone = true }
        }
        deliver(.snapshot(snapshot))
      }
      if status != link { deliver(.link(status)) }
      link = status
      if reader.isOver { break }
      let pause = status.way == .socket && !control.isEnding ? Self.intervalBesideWire : Self.interval
      usleep(UInt32(pause * 1e6))
    }
  }

  public func suspend() { wire?.suspend() }

  public func resume() { wire?.resume() }

  private func takeCommands() -> [(OperatorCommand, reason: String?)] {
    state.withLock { state in
      defer { state.commands = [] }
      return state.commands
    }
  }

  private func takeNotes() -> [(LogLevel, String)] {
    state.withLock { state in
      defer { state.notes = [] }
      return state.notes
    }
  }

  /// Puts a line into the log, of which the session itself knows nothing.
  public func note(_ level: LogLevel, _ text: String) { state.withLock { $0.notes.append((level, text)) } }

  public func send(_ command: OperatorCommand, reason: String?) {
    guard !isReadOnly else { return }
    state.withLock { $0.commands.append((command, reason)) }
  }

  public func read(_ request: OutputRequest, _ answer: @escaping @Sendable (OutputAnswer) -> Void) {
    let output = request.output
    outputs.read(
      request,
      at: { [self] in
        if output.task == .program, let printed { return printed.path(output.stream) }
        guard let uid = uid(of: output.task) else { return .failure(.noTask(output.task.uid)) }
        return RadicalOutputs(pilots: state.withLock { $0.pilots }).path(of: uid, output.stream)
      }, answer)
  }

  /// RADICAL-Pilot's id of a task, which names its directory, too.
  private func uid(of task: TaskID) -> String? {
    let uid = state.withLock { $0.snapshot.tasks.contains(task) ? $0.snapshot.tasks.uid(of: task) : nil }
    return uid.flatMap { $0.contains("/") ? nil : $0 }
  }

  public func measure(_ tasks: [TaskID: Int32?], _ answer: @escaping @Sendable ([TaskID: TaskUse]) -> Void) {
    measuring.async { [self] in
      // What runs on other machines shows nothing here.
      guard sighting != nil else { return answer([:]) }
      let uids = tasks.keys.compactMap { task in uid(of: task).map { (task, $0) } }
      let uses = MarkedProcesses.uses(
        with: "RP_SESSION_ID=\(site.session)", by: "RP_TASK_ID", of: Set(uids.map(\.1)))
      let outputs = RadicalOutputs(pilots: state.withLock { $0.pilots })
      var found: [TaskID: TaskUse] = [:]
      for (task, uid) in uids {
        guard let use = uses[uid] else { continue }
        let path = try? outputs.path(of: uid, .stdout).get()
        found[task] = TaskUse(
          processor: use.processor, memory: use.memory, lastLine: path.map(lastLine(ofOutput:)) ?? "", time: .now)
      }
      answer(found)
    }
  }
}
