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
      scalems-top tasks ID sim --state failed    the members of 'sim' that failed, with their reasons
      scalems-top tasks ID --sort time           the longest first
      """)

  @OptionGroup var session: SessionArgument

  @Argument(help: TaskSelection.help)
  var tasks: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only those in this state: \(TaskPhase.allCases.map(\.word).joined(separator: ", ")).", valueName: "state"))
  var state: TaskPhase?

  @Option(help: ArgumentHelp("The order: \(TaskOrder.names). 'time' has the longest first.", valueName: "by"))
  var sort = TaskOrder.uid

  @Flag(help: "The other way round.")
  var reverse = false

  @Flag(help: "One JSON object a task.")
  var json = false

  @OptionGroup var patience: PatienceOptions

  func run() throws {
    let watchdog = Watchdog(patience.limit)
    let choice = try session.choose(.tasks(tasks))
    let shown = choice.session
    let snapshot: SessionSnapshot
    var isLive: Bool
    switch shown {
    case .ours(let found):
      do { snapshot = try found.load() } catch { throw UsageError(description: "\(error)") }
      isLive = found.host != .gone
    case .radical(let found):
      snapshot = found.load(describes: true)
      isLive = found.isLive || found.isUnseen
    }
    let selection = TaskSelection(names: choice.words, phase: state)
    var ids = try selection.all(in: snapshot, id: shown.id)
    // Nobody knows whether what a killed host left is still at it.
    isLive = isLive && snapshot.phase != .closed
    let now = isLive ? Timestamp.now : snapshot.lastEvent ?? .now
    sort.sort(&ids, of: snapshot.tasks, at: now)
    if reverse { ids.reverse() }
    watchdog.end()
    for portion in stride(from: 0, to: ids.count, by: Self.portion) {
      let lines = ids[portion..<min(portion + Self.portion, ids.count)].compactMap { id in
        snapshot.tasks.details(of: id).map { TaskLine($0, uid: snapshot.tasks.uid(of: id), now: now) }
      }
      if json { putJSON(Array(lines.map(\.json).joined())) } else { putTable(lines, isFirst: portion == 0) }
    }
    if ids.isEmpty, !json { put("There are none.\n") }
  }

  /// A million tasks are printed without a million lines in memory.
  private static let portion = 10_000

  private func putTable(_ lines: [TaskLine], isFirst: Bool) {
    let titles: [TerminalText] = ["UID", "NAME", "STATE", "EXIT", "TIME", "REASON"]
    for line in TextTable((isFirst ? [titles] : []) + lines.map(\.columns), right: [4]).lines { put("\(line)\n") }
  }
}

/// A task, as a line of text or JSON.
private struct TaskLine {
  private let task: TaskDetails
  private let uid: String
  private let now: Timestamp

  init(_ task: TaskDetails, uid: String, now: Timestamp) { (self.task, self.uid, self.now) = (task, uid, now) }

  private var seconds: Double? { task.seconds(at: now) }

  private var exit: String { task.signal.map { signalName($0) } ?? task.exitCode.map { "\($0)" } ?? "" }

  var columns: [TerminalText] {
    let phase = task.state.phase.word + (task.isCancelRequested && !task.state.isFinal ? " (canceling)" : "")
    let reason = task.reason ?? task.value ?? ""
    return ["\(uid)", "\(task.label)", "\(phase)", "\(exit)", "\(seconds.map(Format.measured) ?? "")", "\(reason)"]
  }

  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("uid", uid)
    json.member("name", task.label)
    json.member("group", task.state.phase.word)
    json.member("state", task.state.name)
    json.member("attempt", task.attempt)
    json.member("added", task.added?.seconds)
    json.member("started", task.started?.seconds)
    json.member("ended", task.ended?.seconds)
    json.member("seconds", seconds)
    json.member("exit_code", task.exitCode.map { Int($0) })
    json.member("signal", task.signal.map { Int($0) })
    json.member("peak_kib", task.peakMemory == 0 ? nil : task.peakMemory)
    json.member("reason", task.reason)
    json.member("value", task.value)
    json.endObject()
    json.endLine()
    return json.bytes
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

extension TaskDetails {
  /// How long it runs, or ran; of one that was put back, nothing.
  fileprivate func seconds(at now: Timestamp) -> Double? {
    guard let started else { return nil }
    if let ended { return ended.seconds(since: started) }
    return state.phase == .running ? max(0, now.seconds(since: started)) : nil
  }
}

extension TaskPhase: ExpressibleByArgument {
  public init?(argument: String) {
    guard let phase = Self.allCases.first(where: { $0.word == argument.lowercased() }) else { return nil }
    self = phase
  }

  public static var allValueStrings: [String] { allCases.map(\.word) }
}
