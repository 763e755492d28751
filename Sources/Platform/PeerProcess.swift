import CTaskLaunch
import Dispatch
import Glibc
import Synchronization

/// What makes sense of the lines of a peer; used by one thread.
public protocol LineReceiver {
  /// One line, without its line feed.
  mutating func receive(_ line: UnsafeRawBufferPointer)
  /// Nothing more can be read at the moment: the time to hand on what was gathered.
  mutating func pause()
  /// The peer ended, after its last line; the status is `waitpid`'s.
  mutating func ended(_ status: Int32)
}

/// A process that takes and gives lines: a queue reads what it says, another writes to it.
///
/// Writing has a queue of its own, so that a peer that hangs never blocks whoever sends.
public final class PeerProcess: Sendable {
  public let pid: pid_t
  private let writer: Int32
  private let writeQueue = DispatchQueue(label: "peer-writer")
  private let isOpen = Mutex(true)

  /// Starts a peer in a session of its own. It is not killed when this process ends: it sees the end of its input then.
  ///
  /// - Parameters:
  ///   - command: the program, then its arguments from `argv[0]` on.
  ///   - environment: set over this process's.
  ///   - directory: where it starts; this process's directory when `nil`.
  ///   - log: where its standard error goes.
  ///   - receiver: used on the reading queue.
  /// - Throws: `PeerProblem` when it cannot be started.
  public init(
    command: [String], environment: [(String, String)] = [], directory: String? = nil, log: String,
    receiver: some LineReceiver & Sendable
  ) throws(PeerProblem) {
    var toPeer: [Int32] = [-1, -1]
    var fromPeer: [Int32] = [-1, -1]
    let error = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard error >= 0 else { throw PeerProblem(description: "cannot write \(log): \(errorText())") }
    defer { close(error) }
    // A socket, because writing to a pipe whose reader is gone would end a host that does not ignore SIGPIPE.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &toPeer) == 0, task_pipe(&fromPeer) == 0 else {
      throw PeerProblem(description: "no pipe: \(errorText())")
    }
    defer {
      close(toPeer[0])
      close(fromPeer[1])
    }
    // Also connections that a network library accepted: whoever is at their other end is to see this process end.
    task_close_descriptors_on_exec(3)
    let program = command.first ?? ""
    let start = ProcessStart(
      program: program, arguments: Array(command.dropFirst()), directory: directory, input: toPeer[0],
      output: fromPeer[1], error: error, diesWithParent: false)
    let started = ProcessEnvironment().with(environment) { start.run(environment: $0) }
    guard started > 0 else {
      close(toPeer[1])
      close(fromPeer[0])
      throw PeerProblem(description: "'\(program)' could not be started: \(String(cString: strerror(-started)))")
    }
    pid = started
    writer = toPeer[1]
    let (pid, reader) = (started, fromPeer[0])
    // A queue of its own: it blocks, which the threads of the cooperative pool must not.
    DispatchQueue(label: "peer-reader").async {
      var receiver = receiver
      Self.read(reader, of: pid, &receiver)
      close(reader)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
      receiver.ended(status)
    }
  }

  /// Hands bytes over; they are written in order.
  public func send(_ bytes: [UInt8]) {
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

  /// Closes its input after everything that was sent: a peer then ends itself and what it runs.
  public func finish() {
    writeQueue.async { [self] in
      let wasOpen = isOpen.withLock { open in
        defer { open = false }
        return open
      }
      if wasOpen { close(writer) }
    }
  }

  /// Reads to the end of what the process itself said: a child of it may hold the pipe open for longer.
  private static func read(_ descriptor: Int32, of pid: pid_t, _ receiver: inout some LineReceiver) {
    var lines = LineReader()
    let process = task_pidfd(pid)
    defer { if process >= 0 { close(process) } }
    while true {
      var items = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: process, events: Int16(POLLIN), revents: 0),
      ]
      // Linux before 5.3 has no descriptor for a process: look now and then.
      let count = poll(&items, 2, process < 0 ? 200 : -1)
      if count < 0 && errno == EINTR { continue }
      if items[0].revents != 0 {
        let outcome = lines.read(descriptor) { receiver.receive($0) }
        receiver.pause()
        if case .ended = outcome { return }
      } else if task_has_ended(pid) != 0 {
        return
      }
    }
  }
}

/// Why a peer could not be started.
public struct PeerProblem: Error, CustomStringConvertible {
  public var description: String
}
