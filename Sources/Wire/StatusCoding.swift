import JSON
import SessionModel
import Work

// What a session says of itself, as JSON: in the journal, and in the head of a checkpoint.

extension SessionInfo {
  static let record = JSONRecord(
    SessionInfo(id: "", name: "", engine: "", resource: "", user: "", host: "", pid: 0, directory: ""),
    .required("session", \.id, .text),
    .required("name", \.name, .text),
    .required("engine", \.engine, .text),
    .required("resource", \.resource, .text),
    .required("user", \.user, .text),
    .required("host", \.host, .text),
    .field("pid", \.pid, .integer),
    .required("directory", \.directory, .text),
    .optional("reason", \.reason, .text),
    .optional("task_grace", \.taskGrace, .seconds))
}

extension PilotStatus {
  static let record = JSONRecord(
    PilotStatus(uid: "", state: .new, cores: 0),
    .required("uid", \.uid, .text),
    .required("state", \.state, .word),
    .required("cores", \.cores, .integer),
    .required("gpus", \.gpus, .integer),
    .optional("nodes", \.nodes, .integer),
    .optional("runtime", \.runtime, .seconds),
    .optional("runtime_unknown", \.unknownRuntime, .flag),
    .optional("detail", \.detail, .text))
}

extension PilotStatus {
  fileprivate var unknownRuntime: Bool? {
    get { isRuntimeKnown ? nil : true }
    set { isRuntimeKnown = !(newValue ?? false) }
  }
}

extension RaptorStatus {
  static let record = JSONRecord(
    RaptorStatus(uid: "", state: .new, workers: 0),
    .required("uid", \.uid, .text),
    .required("state", \.state, TaskState.coding),
    .required("workers", \.workers, .integer),
    .optional("worker_cores", \.workerCores, .integer),
    .optional("hello", \.hello, .text),
    .optional("detail", \.detail, .text))
}

extension SessionSummary {
  static let record = JSONRecord(
    SessionSummary(session: "", tasks: [:], wall: 0, exitCode: 0),
    .required("session", \.session, .text),
    .required("tasks", \.tasks, .map(.integer)),
    .required("wall_s", \.wall, .seconds),
    .nonEmpty("leftovers", \.leftovers, .list(.text)),
    .required("exit", \.exitCode, .integer),
    .optional("problem", \.problem, .text))

  /// The members of the summary, as the journal and `--json` show them.
  func write(to writer: inout JSONWriter) { Self.record.write(self, to: &writer) }

  /// The last line of what `--json` prints.
  public var line: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.member("event", "summary")
    write(to: &json)
    json.endObject()
    json.endLine()
    return json.bytes
  }
}

extension ShutdownProgress {
  static let record = JSONRecord(
    ShutdownProgress(phase: .drain, entered: Timestamp(microseconds: 0), deadline: 0),
    .required("phase", \.phase, .word),
    .required("entered", \.entered, .time),
    .required("deadline", \.deadline, .limit),
    .optional("left", \.left, .time),
    .optional("outcome", \.outcome, .word),
    .optional("detail", \.detail, .text))
}

extension SessionSnapshot.LogLine {
  static let record = JSONRecord(
    Self(time: Timestamp(microseconds: 0), level: .info, text: ""),
    .required("t", \.time, .time),
    .required("level", \.level, .word),
    .required("text", \.text, .text))
}

extension TaskState {
  /// RP's name.
  static let coding = JSONCoding<String>.text.map(expected: "a state of a task", TaskState.init(name:), \.name)
}

extension TaskID {
  /// The uid.
  static let coding = JSONCoding(
    read: { scanner in
      let uid = try scanner.string().text
      guard let id = TaskID(uid: uid) else {
        throw JSONError([], "names no task: \(ControlError.quoted(uid)) is no uid of one")
      }
      return id
    }, write: { (id: TaskID, writer) in writer.string(id.uid) })
}

extension TaskIDs {
  /// Ids that follow each other are written as `FIRST..LAST` from so many on.
  private static let shortestRange = 16

  /// A list of uids, and of ranges of them.
  static let coding = JSONCoding<TaskIDs>(
    read: { scanner in
      TaskIDs(
        ranges: try JSONCoding<[String]>.list(.text).read(&scanner).map { text in
          let ends = text.split(separator: "..", omittingEmptySubsequences: false).map { TaskID(uid: String($0)) }
          guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil,
            first.number <= last.number
          else { throw JSONError([], "names no task: \(ControlError.quoted(text)) is no uid of one") }
          return first.number..<last.number + 1
        })
    },
    write: { tasks, writer in
      writer.beginArray()
      for range in tasks.ranges {
        if range.count < shortestRange {
          for number in range { writer.string(TaskID(number).uid) }
        } else {
          writer.string("\(TaskID(range.lowerBound).uid)..\(TaskID(range.upperBound - 1).uid)")
        }
      }
      writer.endArray()
    })
}

extension JSONCoding where Value == Timestamp {
  /// Seconds since the epoch, to the microsecond.
  package static var time: JSONCoding {
    JSONCoding(
      read: { Timestamp(microseconds: try $0.microseconds()) }, write: { $1.seconds(microseconds: $0.microseconds) })
  }
}
