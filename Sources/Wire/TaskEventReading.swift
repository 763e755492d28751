import JSON
import SessionModel
import Work

/// The members of the event of a task as they stand in the line; nearly all lines of a journal are those, so they are
/// read without a list of members, and texts are made only when they are asked for.
struct TaskEventMembers {
  private typealias Token = JSONScanner.Token
  private var time: Int64?
  private var isTaskEvent = false
  private var source: Token?
  private var uid: Token?
  private var state: Token?
  private var reason: Token?
  private var result = TaskResult()
  private var hasResult = false

  /// - Returns: `false` for an event of another kind, as soon as that is known.
  mutating func read(_ line: UnsafeRawBufferPointer) throws -> Bool {
    var scanner = JSONScanner(line)
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      if key.equals("t") {
        time = try scanner.microseconds()
      } else if key.equals("event") {
        guard try scanner.string().equals("task") else { return false }
        isTaskEvent = true
      } else if key.equals("source") {
        source = try scanner.string()
      } else if key.equals("uid") {
        uid = try scanner.string()
      } else if key.equals("state") {
        state = try scanner.string()
      } else if key.equals("reason") {
        reason = try scanner.string()
        hasResult = true
      } else if try readResult(key, &scanner) {
        hasResult = true
      } else {
        _ = try scanner.value()
      }
    }
    try scanner.finish()
    return isTaskEvent
  }

  private mutating func readResult(_ key: JSONScanner.Token, _ scanner: inout JSONScanner) throws -> Bool {
    if key.equals("exit_code") {
      result.exitCode = try int32(key, &scanner)
    } else if key.equals("signal") {
      result.signal = try int32(key, &scanner)
    } else if key.equals("wall") {
      result.wall = try scanner.seconds()
    } else if key.equals("user") {
      result.user = try scanner.seconds()
    } else if key.equals("system") {
      result.system = try scanner.seconds()
    } else if key.equals("peak_kib") {
      result.peakMemory = Int(try scanner.integer())
    } else if key.equals("attempt") {
      result.attempt = Int(try scanner.integer())
    } else if key.equals("pid") {
      result.pid = try int32(key, &scanner)
    } else if key.equals("value") {
      result.value = FunctionValue(try scanner.value())
    } else {
      return false
    }
    return true
  }

  private func int32(_ key: JSONScanner.Token, _ scanner: inout JSONScanner) throws -> Int32 {
    let number = try scanner.integer()
    guard let value = Int32(exactly: number) else { throw JSONError([.member(key.text)], "cannot be \(number)") }
    return value
  }

  func event() throws -> SessionEvent {
    guard let time else { throw missing("t") }
    guard let uid else { throw missing("uid") }
    guard let id = TaskID(uid: uid.bytes) ?? TaskID(uid: uid.text) else { throw wrong("uid", uid) }
    guard let token = state else { throw missing("state") }
    guard let state = TaskState(name: token.bytes) ?? TaskState(name: token.text) else { throw wrong("state", token) }
    var result: TaskResult?
    if hasResult {
      result = self.result
      result?.reason = reason?.text
    }
    return SessionEvent(
      time: Timestamp(microseconds: time), source: source.flatMap { SessionEvent.Source($0) } ?? .executor,
      .task(id, state, result))
  }

  private func missing(_ name: String) -> JSONError { JSONError([], "has no '\(name)'") }

  private func wrong(_ name: String, _ token: JSONScanner.Token) -> JSONError {
    JSONError([.member(name)], "cannot be \(ControlError.quoted(token.text))")
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
