import SessionModel
import FoundationEssentials
import JSON
import Work

extension SessionEvent {
  /// Reads one line of a journal.
  ///
  /// - Returns: `nil` for an event of a kind that this version does not know; members it does not know are ignored.
  /// - Throws: `JSONScanner.Failure` when the line is not JSON, `EventProblem` when a member is missing or wrong.
  public init?(line: UnsafeRawBufferPointer) throws {
    var fields = Fields()
    try fields.read(line)
    guard let kind = try fields.kind() else { return nil }
    guard let time = fields.time else { throw EventProblem.missing("t") }
    let source = fields.source.flatMap { Source($0) } ?? .executor
    self.init(time: Timestamp(microseconds: time), source: source, kind)
  }
}

extension SessionEvent.Source {
  fileprivate init?(_ token: JSONScanner.Token) {
    if token.equals("agent") {
      self = .agent
    } else if token.equals("executor") {
      self = .executor
    } else {
      self.init(rawValue: token.text)
    }
  }
}

/// Why a line of JSON is not an event.
public enum EventProblem: Error, CustomStringConvertible {
  case missing(String)
  case invalid(String, value: String)

  public var description: String {
    switch self {
    case .missing(let name): "the member '\(name)' is missing"
    case .invalid(let name, let value): "the member '\(name)' cannot be '\(value)'"
    }
  }
}

/// The members of one event as they stand in the line; texts are made only when they are asked for.
private struct Fields {
  typealias Token = JSONScanner.Token
  var time: Int64?
  var event: Token?
  var source: Token?
  var uid: Token?
  var state: Token?
  var reason: Token?
  var phase: Token?
  var name: Token?
  var detail: Token?
  var stage: Token?
  var outcome: Token?
  var text: Token?
  var raw: [(Token, Token)] = []
  var result = TaskResult()
  var hasResult = false

  mutating func read(_ line: UnsafeRawBufferPointer) throws {
    var scanner = JSONScanner(line)
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      // The members of a task event first: nearly all lines of a journal are those.
      if key.equals("t") {
        time = try scanner.microseconds()
      } else if key.equals("event") {
        event = try scanner.string()
      } else if key.equals("source") {
        source = try scanner.string()
      } else if key.equals("uid") {
        uid = try scanner.string()
      } else if key.equals("state") {
        state = try scanner.string()
      } else if key.equals("reason") {
        reason = try scanner.string()
      } else if try readResult(key, &scanner) {
        hasResult = true
      } else if key.equals("phase") {
        phase = try scanner.string()
      } else if key.equals("name") {
        name = try scanner.string()
      } else if key.equals("detail") {
        detail = try scanner.string()
      } else if key.equals("stage") {
        stage = try scanner.string()
      } else if key.equals("outcome") {
        outcome = try scanner.string()
      } else if key.equals("text") {
        text = try scanner.string()
      } else {
        raw.append((key, try scanner.value()))
      }
    }
    try scanner.finish()
  }

  private mutating func readResult(_ key: Token, _ scanner: inout JSONScanner) throws -> Bool {
    if key.equals("exit_code") {
      result.exitCode = Int32(truncatingIfNeeded: try scanner.integer())
    } else if key.equals("signal") {
      result.signal = Int32(truncatingIfNeeded: try scanner.integer())
    } else if key.equals("wall") {
      result.wall = try scanner.seconds()
    } else if key.equals("user") {
      // A name in the events of sessions and commands, seconds in those of tasks.
      let value = try scanner.value()
      guard value.bytes.first != UInt8(ascii: "\"") else {
        raw.append((key, value))
        return true
      }
      var inner = JSONScanner(value.bytes)
      result.user = try inner.seconds()
      try inner.finish()
    } else if key.equals("system") {
      result.system = try scanner.seconds()
    } else if key.equals("peak_kib") {
      result.peakMemory = Int(try scanner.integer())
    } else if key.equals("attempt") {
      result.attempt = Int(try scanner.integer())
    } else if key.equals("pid") {
      result.pid = Int32(truncatingIfNeeded: try scanner.integer())
    } else if key.equals("value") {
      result.value = try scanner.value().text
    } else {
      return false
    }
    return true
  }

  func kind() throws -> SessionEvent.Kind? {
    guard let event else { throw EventProblem.missing("event") }
    if event.equals("task") { return try task() }
    switch event.text {
    case "session.opened": return .sessionOpened(try info())
    case "session.phase":
      return .sessionPhase(try value(phase, "phase", SessionPhase.init(rawValue:)), reason: reason?.text)
    case "resource":
      return .resource(
        name: try text(name, "name"), acquired: try scan("acquired") { try $0.boolean() }, detail: detail?.text)
    case "pilot":
      return .pilot(
        PilotStatus(
          uid: try text(uid, "uid"), state: try value(state, "state", PilotState.init(rawValue:)),
          cores: try integer("cores"), gpus: try integer("gpus"),
          runtime: try find("runtime").map { _ in try scan("runtime") { try $0.seconds() } }, detail: detail?.text))
    case "raptor":
      return .raptor(
        RaptorStatus(
          uid: try text(uid, "uid"), state: try value(state, "state", TaskState.init(name:)),
          workers: try integer("workers"), hello: try optionalString("hello"), detail: detail?.text))
    case "tasks.added": return .tasksAdded(try batch())
    case "workflow.complete": return .workflowComplete
    case "command": return .command(try command())
    case "shutdown.entered":
      return .shutdownEntered(
        try value(phase, "phase", ShutdownPhase.init(rawValue:)), deadline: try deadline())
    case "shutdown.left":
      return .shutdownLeft(
        try value(phase, "phase", ShutdownPhase.init(rawValue:)),
        try value(outcome, "outcome", ShutdownOutcome.init(rawValue:)), detail: detail?.text)
    case "log":
      return .log(LogLevel(rawValue: try string("level")) ?? .info, try text(text, "text"))
    case "session.closed": return .sessionClosed(try summary())
    default: return nil
    }
  }

  private func task() throws -> SessionEvent.Kind {
    guard let uid else { throw EventProblem.missing("uid") }
    guard let id = TaskID(uid: uid.bytes) ?? TaskID(uid: uid.text) else {
      throw EventProblem.invalid("uid", value: uid.text)
    }
    guard let token = state else { throw EventProblem.missing("state") }
    guard let state = TaskState(name: token.bytes) ?? TaskState(name: token.text) else {
      throw EventProblem.invalid("state", value: token.text)
    }
    guard hasResult || reason != nil else { return .task(id, state, nil) }
    var result = result
    result.reason = reason?.text
    return .task(id, state, result)
  }

  private func info() throws -> SessionInfo {
    SessionInfo(
      id: try string("session"), name: try text(name, "name"), engine: try string("engine"),
      resource: try string("resource"), user: try string("user"), host: try string("host"), pid: result.pid ?? 0,
      directory: try string("directory"), reason: reason?.text)
  }

  private func batch() throws -> TaskBatch {
    let number = try integer("first")
    guard let first = UInt32(exactly: number).map({ TaskID($0) }) else {
      throw EventProblem.invalid("first", value: String(number))
    }
    let count = try integer("count")
    guard count >= 0, first.index + count <= Int(UInt32.max) else {
      throw EventProblem.invalid("count", value: String(count))
    }
    guard let json = find("description") else { throw EventProblem.missing("description") }
    let description = try JSONDecoder().decode(TaskDescription.self, from: Data(json.bytes))
    guard let member = try find("member").map({ _ in try integer("member") }) else {
      guard count == 1 else { throw EventProblem.invalid("count", value: "\(count) of a single task") }
      return TaskBatch(first: first, description: description, members: .single)
    }
    guard member >= 0, member + count <= Int(UInt32.max) else {
      throw EventProblem.invalid("member", value: String(member))
    }
    guard let array = find("commands") else {
      return TaskBatch(first: first, description: description, members: .ensemble(first: member, count: count))
    }
    var list = CommandList()
    var scanner = JSONScanner(array.bytes)
    try scanner.beginArray()
    while try scanner.nextElement() { list.append(try scanner.string().text.utf8) }
    try scanner.finish()
    guard list.count == count else { throw EventProblem.invalid("commands", value: "\(list.count) of \(count)") }
    return TaskBatch(first: first, description: description, members: .commands(first: member, list))
  }

  private func command() throws -> CommandRecord {
    let stage: CommandRecord.Stage =
      switch try text(self.stage, "stage") {
      case "requested": .requested
      case "acknowledged": .acknowledged
      case "finished":
        .finished(succeeded: try scan("succeeded") { try $0.boolean() }, outcome: try text(outcome, "outcome"))
      case let other: throw EventProblem.invalid("stage", value: other)
      }
    var tasks: [TaskID] = []
    if find("uids") != nil {
      tasks = try scan("uids") { scanner in
        var ids: [TaskID] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
          let uid = try scanner.string().text
          guard let id = TaskID(uid: uid) else { throw EventProblem.invalid("uids", value: uid) }
          ids.append(id)
        }
        return ids
      }
    }
    let verb = try string("verb")
    guard let verb = OperatorCommand.Verb(rawValue: verb) else { throw EventProblem.invalid("verb", value: verb) }
    var added: Range<UInt32>?
    if find("first") != nil {
      let (first, count) = (try integer("first"), try integer("count"))
      guard first >= 0, count >= 0, count <= Int(UInt32.max) - first else {
        throw EventProblem.invalid("count", value: String(count))
      }
      added = UInt32(first)..<UInt32(first + count)
    }
    var grace = try find("grace").flatMap { _ in CloseGrace(seconds: try scan("grace") { try $0.seconds() }) }
    if find("now") != nil, try scan("now", { try $0.boolean() }) { grace = CloseGrace.none }
    let sender = CommandSender(
      user: try string("user"), origin: try optionalString("origin"), request: try optionalString("request"))
    return CommandRecord(
      id: try integer("id"), verb: verb, tasks: tasks, added: added, grace: grace, sender: sender, reason: reason?.text,
      stage: stage)
  }

  private func summary() throws -> SessionSummary {
    let tasks = try scan("tasks") { scanner in
      var counts: [String: Int] = [:]
      try scanner.beginObject()
      while let key = try scanner.nextKey() { counts[key.text] = Int(try scanner.integer()) }
      return counts
    }
    var leftovers: [String] = []
    if find("leftovers") != nil {
      leftovers = try scan("leftovers") { scanner in
        var texts: [String] = []
        try scanner.beginArray()
        while try scanner.nextElement() { texts.append(try scanner.string().text) }
        return texts
      }
    }
    return SessionSummary(
      session: try string("session"), tasks: tasks, wall: try scan("wall_s") { try $0.seconds() },
      leftovers: leftovers, exitCode: Int32(truncatingIfNeeded: try integer("exit")),
      problem: find("problem") == nil ? nil : try string("problem"))
  }

  private func find(_ name: String) -> Token? { raw.last { $0.0.text == name }?.1 }

  private func scan<T>(_ name: String, _ body: (inout JSONScanner) throws -> T) throws -> T {
    guard let token = find(name) else { throw EventProblem.missing(name) }
    var scanner = JSONScanner(token.bytes)
    let value = try body(&scanner)
    try scanner.finish()
    return value
  }

  /// `null` is no deadline.
  private func deadline() throws -> Double {
    if find("deadline")?.equals("null") ?? false { return .infinity }
    return try scan("deadline") { try $0.seconds() }
  }

  private func integer(_ name: String) throws -> Int { Int(try scan(name) { try $0.integer() }) }
  private func string(_ name: String) throws -> String { try scan(name) { try $0.string().text } }
  private func optionalString(_ name: String) throws -> String? { find(name) == nil ? nil : try string(name) }

  private func text(_ token: Token?, _ name: String) throws -> String {
    guard let token else { throw EventProblem.missing(name) }
    return token.text
  }

  private func value<T>(_ token: Token?, _ name: String, _ make: (String) -> T?) throws -> T {
    let text = try text(token, name)
    guard let value = make(text) else { throw EventProblem.invalid(name, value: text) }
    return value
  }
}
