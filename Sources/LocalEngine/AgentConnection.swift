import CTaskLaunch
import Dispatch
import Executor
import Glibc
import SessionModel
import Synchronization

/// The host's side of an agent: its process, a queue that reads what it says, a queue that writes to it.
///
/// Writing has a queue of its own, so that an agent that hangs never blocks the executor.
final class AgentConnection: Sendable {
  enum Message: Sendable {
    case events([SessionEvent])
    case withdrawn(request: Int, [TaskID])
    /// The agent ended; the status is `waitpid`'s.
    case ended(status: Int32)
  }

  let pid: pid_t
  private let writer: Int32
  private let writeQueue = DispatchQueue(label: "agent-writer")
  private let isOpen = Mutex(true)

  /// Starts an agent.
  ///
  /// - Parameters:
  ///   - command: the program, then its arguments from `argv[0]` on.
  ///   - log: where its standard error goes.
  ///   - receive: called on the reading queue, in order.
  /// - Throws: `DispatchError` when it cannot be started.
  init(command: [String], log: String, receive: @escaping @Sendable (Message) -> Void) throws(DispatchError) {
    var toAgent: [Int32] = [-1, -1]
    var fromAgent: [Int32] = [-1, -1]
    let error = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard error >= 0 else { throw DispatchError("cannot write \(log): \(errorText())") }
    defer { close(error) }
    // A socket, because writing to a pipe whose reader is gone would end a host that does not ignore SIGPIPE.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &toAgent) == 0, task_pipe(&fromAgent) == 0 else {
      throw DispatchError("no pipe for the agent: \(errorText())")
    }
    defer {
      close(toAgent[0])
      close(fromAgent[1])
    }
    let program = command.first ?? ""
    // Not dying with its parent: the agent ends in order when the host is gone.
    let start = ProcessStart(
      program: program, arguments: Array(command.dropFirst()), input: toAgent[0], output: fromAgent[1], error: error,
      diesWithParent: false)
    let started = start.run(environment: UnsafePointer(environ))
    guard started > 0 else {
      close(toAgent[1])
      close(fromAgent[0])
      throw DispatchError("the agent '\(program)' could not be started: \(String(cString: strerror(-started)))")
    }
    pid = started
    writer = toAgent[1]
    let (pid, reader) = (started, fromAgent[0])
    // A queue of its own: it blocks, which the threads of the cooperative pool must not.
    DispatchQueue(label: "agent-reader").async {
      Self.read(reader, receive)
      close(reader)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
      receive(.ended(status: status))
    }
  }

  /// Hands bytes over; they are written in order.
  func send(_ bytes: [UInt8]) {
    writeQueue.async { [self] in
      guard isOpen.withLock({ $0 }) else { return }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.send(writer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }  // the reading queue reports the end
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Closes the pipe after everything that was sent: the agent then ends all it runs.
  func finish() {
    writeQueue.async { [self] in
      let wasOpen = isOpen.withLock { open in
        defer { open = false }
        return open
      }
      if wasOpen { close(writer) }
    }
  }

  private static func read(_ descriptor: Int32, _ receive: (Message) -> Void) {
    var lines = LineReader()
    while true {
      var events: [SessionEvent] = []
      let outcome = lines.read(descriptor) { line in
        do {
          if let event = try SessionEvent(line: line) {
            events.append(event)
          } else if let (request, ids) = try withdrawal(line) {
            if !events.isEmpty { receive(.events(events)) }
            events = []
            receive(.withdrawn(request: request, ids))
          }
        } catch {
          events.append(SessionEvent(source: .engine, .log(.warning, "the agent sent what is no event: \(error)")))
        }
      }
      if !events.isEmpty { receive(.events(events)) }
      if case .ended = outcome { return }
    }
  }

  private static func withdrawal(_ line: UnsafeRawBufferPointer) throws -> (Int, [TaskID])? {
    var scanner = JSONScanner(line)
    var request: Int?
    var ids: [TaskID] = []
    try scanner.beginObject()
    while let key = try scanner.nextKey() {
      if key.equals("request") {
        request = Int(try scanner.integer())
      } else if key.equals("uids") {
        try scanner.beginArray()
        while try scanner.nextElement() {
          if let id = TaskID(uid: try scanner.string().text) { ids.append(id) }
        }
      } else {
        _ = try scanner.value()
      }
    }
    return request.map { ($0, ids) }
  }
}
