import ArgumentParser
import JSON
import Platform
import SessionLink
import SessionModel
import Words
import Work

struct TasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks",
    abstract: "List the tasks of a session: state, exit, time, and why one failed.",
    discussion: """
      scalems-top tasks ID                       all of them
      scalems-top tasks ID sim --state failed    the members of 'sim' that failed
      scalems-top tasks ID --sort time           the longest first
      scalems-top tasks ID --filter 'exit:137 !test'   what '/' on the screen takes
      scalems-top tasks ID --columns name,state,started,cores
      """)

  @OptionGroup var session: SessionArgument

  @Argument(help: TaskSelection.help)
  var tasks: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only those in this state: \(TaskPhase.allCases.map(\.word).joined(separator: ", ")).", valueName: "state"))
  var state: TaskPhase?

  @Option(
    help: ArgumentHelp(
      "Only those that all of these words hold for, as for '/' on the screen: failed, sim, exit:137, name:md, after:prepare, reason:memory, !test, /r[0-9]+/.",
      valueName: "words"))
  var filter: String?

  @Option(help: ArgumentHelp("The order: \(TaskOrder.names). 'time' has the longest first.", valueName: "by"))
  var sort = TaskOrder.uid

  @Flag(help: "The other way round.")
  var reverse = false

  @Option(
    help: ArgumentHelp(
      "The columns, as 'uid,name,started': \(TaskColumn.names).", valueName: "list"))
  var columns: String?

  @Flag(help: "One JSON object a task.")
  var json = false

  @OptionGroup var patience: PatienceOptions

  func validate() throws {
    if let filter {
      guard let query = TaskQuery(filter) else { throw ValidationError("--filter needs words") }
      // On a screen a hint is enough; a script would take too many for what it asked for.
      if let hint = query.hints.first { throw ValidationError("--filter: \(hint)") }
    }
    guard let columns else { return }
    if json { throw ValidationError("--columns is for the table: --json has all there is of a task") }
    _ = try TaskColumn.list(columns)
  }

  func run() throws {
    let watchdog = Watchdog(patience.limit)
    let choice = try session.choose(.tasks(tasks))
    let session = choice.session
    let shown = try columns.map { try TaskColumn.list($0) } ?? TaskColumn.standard
    let snapshot: SessionSnapshot
    var isLive: Bool
    switch session {
    case .ours(let found):
      do { snapshot = try found.load(watchdog) } catch { throw UsageError(description: "\(error)") }
      isLive = found.host != .gone
    case .radical(let found):
      snapshot = found.load(describes: true)
      isLive = found.isLive || found.isUnseen
    }
    let selection = TaskSelection(names: choice.words, phase: state)
    var ids = try selection.all(in: snapshot, id: session.id)
    if let query = filter.flatMap(TaskQuery.init) {
      let found = TaskSearch.all(query, in: snapshot.tasks)
      ids = ids.filter { found.contains($0) }
    }
    // Nobody knows whether what a killed host left is still at it.
    isLive = isLive && snapshot.phase != .closed
    let now = isLive ? Timestamp.now : snapshot.lastEvent ?? .now
    sort.sort(&ids, of: snapshot.tasks, at: now)
    if reverse { ids.reverse() }
    watchdog.end()
    // A state without its age looks alive.
    if !isLive, snapshot.phase != .closed, let last = snapshot.lastEvent {
      let age = Format.span(Timestamp.now.seconds(since: last))
      complain("scalems-top: session \(session.id) is dead; what follows was true \(age) ago")
    }
    if json { return snapshot.putTasks(ids, now: now) }
    for start in stride(from: 0, to: ids.count, by: TaskLine.portion) {
      let lines = ids[start..<min(start + TaskLine.portion, ids.count)].compactMap { id in
        TaskLine(id, of: snapshot, now: now).map { line in
          shown.map { line.cell($0) }
        }
      }
      let right = Set(shown.indices.filter { shown[$0].isNumber })
      for line in TextTable((start == 0 ? [shown.map(\.title)] : []) + lines, right: right).lines { put("\(line)\n") }
    }
    if ids.isEmpty { put("There are none.\n") }
  }
}

/// What tasks are ordered by.
enum TaskOrder: String, CaseIterable, ExpressibleByArgument {
  case uid, name, state, time, started, ended

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// Of what is equal, the order stays that of the uids; what has no such thing comes last.
  func sort(_ ids: inout [TaskID], of table: TaskTable, at now: Timestamp) {
    switch self {
    case .uid: break
    case .name: sort(&ids) { table.label(of: $0) }
    case .state: sort(&ids) { table.state(of: $0).phase.rawValue }
    case .time: sort(&ids) { -(table.details(of: $0)?.seconds(at: now) ?? -1) }
    case .started: sort(&ids) { table.details(of: $0)?.started?.seconds ?? .infinity }
    case .ended: sort(&ids) { table.details(of: $0)?.ended?.seconds ?? .infinity }
    }
  }

  private func sort<Key: Comparable>(_ ids: inout [TaskID], by key: (TaskID) -> Key) {
    let keyed: [(key: Key, id: TaskID)] = ids.map { (key($0), $0) }
    ids = keyed.sorted { $0.key == $1.key ? $0.id < $1.id : $0.key < $1.key }.map(\.id)
  }
}

extension TaskPhase: ExpressibleByArgument {
  public init?(argument: String) {
    guard let phase = Self.allCases.first(where: { $0.word == argument.lowercased() }) else { return nil }
    self = phase
  }

  public static var allValueStrings: [String] { allCases.map(\.word) }
}
