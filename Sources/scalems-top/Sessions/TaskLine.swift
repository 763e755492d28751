import ArgumentParser
import JSON
import Platform
import SessionModel
import Words
import Work

/// A task, as a line of text or JSON.
struct TaskLine {
  private let task: TaskDetails
  private let uid: String
  private let now: Timestamp
  private let batch: TaskBatch?
  private let isClosed: Bool
  private let host: String?

  /// - Parameter now: what the time of one that runs goes to.
  init?(_ id: TaskID, of snapshot: SessionSnapshot, now: Timestamp) {
    let table = snapshot.tasks
    guard let task = table.details(of: id) else { return nil }
    isClosed = snapshot.phase == .closed
    host = snapshot.info?.taskHost
    (self.task, uid, self.now, batch) = (task, table.uid(of: id), now, table.batch(of: id))
  }

  private var exit: String { task.signal.map { signalName($0) } ?? task.exitCode.map { "\($0)" } ?? "" }

  func cell(_ column: TaskColumn) -> TerminalText {
    func date(_ time: Timestamp?) -> TerminalText { "\(time.map { Format.dateTime($0.local()) } ?? "")" }
    return switch column {
    case .uid: "\(uid)"
    case .name: "\(task.label)"
    case .state:
      "\(task.state.phase.word(isClosed: isClosed))\(task.isCancelRequested && !task.state.isFinal ? " (canceling)" : "")"
    case .rpState: "\(task.state.name)"
    case .exit: "\(exit)"
    case .time: "\(task.seconds(at: now).map(Format.measured) ?? "")"
    case .wait: "\(task.waited(at: now).map(Format.measured) ?? "")"
    case .reason: "\(task.reason ?? task.value ?? "")"
    case .value: "\(task.value ?? "")"
    case .attempt: "\(task.attempt)"
    case .added: date(task.added)
    case .started: date(task.started)
    case .ended: date(task.ended)
    case .cores: "\(batch?.description.resources.cores ?? 1)"
    case .cpu: "\(task.user + task.system > 0 ? Format.measured(task.user + task.system) : "")"
    case .memory:
      "\(task.peakMemory > 0 ? Format.bytes(task.peakMemory.multipliedReportingOverflow(by: 1024).partialValue) : "")"
    case .node: "\(task.started == nil ? "" : host ?? "?")"
    case .after: "\(batch?.description.after.joined(separator: " ") ?? "")"
    case .command: "\(batch?.commandLine(of: task.id) ?? "")"
    }
  }

  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.member("uid", uid)
    json.member("name", task.label)
    json.member("group", task.state.phase.word)
    json.member("state", task.state.name)
    json.member("attempt", task.attempt)
    json.member("added", task.added?.seconds)
    json.member("started", task.started?.seconds)
    json.member("ended", task.ended?.seconds)
    json.member("seconds", task.seconds(at: now))
    json.member("exit_code", task.exitCode.map { Int($0) })
    json.member("signal", task.signal.map { Int($0) })
    json.member("peak_kib", task.peakMemory == 0 ? nil : task.peakMemory)
    json.member("reason", task.reason)
    json.member("value", task.value)
    if task.isCancelRequested, !task.state.isFinal { json.member("cancel_requested", true) }
    json.member("node", task.started == nil ? nil : host)
    if let batch {
      json.member("cores", batch.description.resources.cores)
      if !batch.description.after.isEmpty { json.member("after", batch.description.after) }
      let command = batch.shellLine(of: task.id)
      json.member("command", command.isEmpty ? nil : command)
    }
    if task.user + task.system > 0 { json.member("cpu_seconds", task.user + task.system) }
    json.endObject()
    json.endLine()
  }
}

extension SessionSnapshot {
  /// Prints tasks as JSON, one object a line, without all of them in memory.
  func putTasks(_ ids: [TaskID], now: Timestamp) {
    for start in stride(from: 0, to: ids.count, by: TaskLine.portion) {
      var json = JSONWriter()
      for id in ids[start..<min(start + TaskLine.portion, ids.count)] {
        TaskLine(id, of: self, now: now)?.write(to: &json)
      }
      guard Platform.putJSON(json.bytes) else { return }
    }
  }
}

extension TaskLine {
  /// A million tasks are printed without a million lines in memory.
  static let portion = 10_000
}

/// What is said of a task in a column.
enum TaskColumn: String, CaseIterable {
  case uid, name, state
  case rpState = "rp-state"
  case exit, time, wait, reason, value, attempt, added, started, ended, cores, cpu, memory, node, after, command

  static let standard: [TaskColumn] = [.uid, .name, .state, .exit, .time, .reason]
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  var title: TerminalText { "\(rawValue.uppercased())" }

  var isNumber: Bool { [.time, .wait, .attempt, .cores, .cpu, .memory].contains(self) }

  /// Reads `uid,name,started`.
  ///
  /// - Throws: `ValidationError` that names the first word that is no column.
  static func list(_ text: String) throws -> [TaskColumn] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      let word = word.filter { $0 != " " }.lowercased()
      if let column = TaskColumn(rawValue: word) { return column }
      let meant = suggestion(for: word, among: allCases.map(\.rawValue))
      throw ValidationError("--columns has no '\(word)'\(meant): \(names)")
    }
  }
}

extension TaskDetails {
  /// How long it runs, or ran; of one that was put back, nothing.
  func seconds(at now: Timestamp) -> Double? {
    guard let started else { return nil }
    if let ended { return ended.seconds(since: started) }
    return state.phase == .running ? max(0, now.seconds(since: started)) : nil
  }

  /// How long it waited until it started, or waits.
  fileprivate func waited(at now: Timestamp) -> Double? {
    guard let added else { return nil }
    if let started { return max(0, started.seconds(since: added)) }
    return state.isFinal ? nil : max(0, now.seconds(since: added))
  }
}
