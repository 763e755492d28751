import CTaskLaunch
import Dispatch
import Glibc
import Synchronization
import SystemPackage

/// What makes sense of the lines of a peer; used by one thread.
public protocol LineReceiver {
  /// One line, without its line feed.
  mutating func receive(_ line: UnsafeRawBufferPointer)
  /// Nothing more can be read at the moment: the time to hand on what was gathered.
  mutating func pause()
  /// The peer ended, after its last line.
  mutating func ended(_ status: WaitStatus)
}

/// A process that takes and gives lines: a queue reads what it says, another writes to it.
///
/// Writing has a queue of its own, so that a peer that hangs never blocks whoever sends.
public final class PeerProcess: Sendable {
  public let pid: pid_t
  private let writeQueue = DispatchQueue(label: "peer-writer")
  /// Its standard input; only the writing queue uses it.
  private let input: Input

  private final class Input: @unchecked Sendable {
    var socket: Descriptor?
    init(_ socket: consuming Descriptor) { self.socket = consume socket }
  }

  /// Starts a peer in a session of its own. It is not killed when this process ends: it sees the end of its input then.
  ///
  /// - Parameters:
  ///   - command: the program, then its arguments from `argv[0]` on.
  ///   - environment: set over this process's.
  ///   - leftOut: which names of this process's variables it does not get.
  ///   - directory: where it starts; this process's directory when `nil`.
  ///   - log: where its standard error goes.
  ///   - receiver: used on the reading queue.
  /// - Throws: `PeerError` when it cannot be started.
  public init(
    command: [String], environment: [(String, String)] = [],
    without leftOut: ([String]) -> Set<String> = { _ in [] }, directory: String? = nil, log: consuming Descriptor,
    receiver: some LineReceiver & Sendable
  ) throws(PeerError) {
    let streams = try Self.makeStreams()
    // Also connections that a network library accepted: whoever is at their other end is to see this process end.
    ThisProcess.keepDescriptors()
    let program = command.first ?? ""
    let start = ProcessStart(
      program: program, arguments: Array(command.dropFirst()), directory: directory,
      input: streams.toPeer.theirs.number,
      output: streams.fromPeer.writer.number, error: log.number, diesWithParent: false)
    let started = ProcessEnvironment(without: leftOut).with(environment) { start.run(environment: $0) }
    guard started > 0 else {
      throw PeerError(description: "'\(program)' could not be started: \(errorText(-started))")
    }
    pid = started
    input = Input(streams.toPeer.ours)
    let reader = streams.fromPeer.reader.release()
    // A queue of its own: it blocks, which the threads of the cooperative pool must not.
    DispatchQueue(label: "peer-reader").async {
      var receiver = receiver
      Self.read(Descriptor(owning: reader), of: started, &receiver)
      receiver.ended(WaitStatus(of: started) ?? WaitStatus(raw: 0))
    }
  }

  private struct Streams: ~Copyable {
    /// A socket, because writing to a pipe whose reader is gone would end a host that does not ignore SIGPIPE.
    var toPeer: SocketPair
    var fromPeer: Pipe
  }

  private static func makeStreams() throws(PeerError) -> Streams {
    do { return Streams(toPeer: try SocketPair(), fromPeer: try Pipe()) } catch {
      throw PeerError(description: "no pipe: \(error)")
    }
  }

  /// Hands bytes over; they are written in order.
  public func send(_ bytes: [UInt8]) {
    // Of a peer that takes no more, the reading queue reports the end.
    writeQueue.async { [input] in try? input.socket?.sendAll(bytes) }
  }

  /// Closes its input after everything that was sent: a peer then ends itself and what it runs.
  public func finish() {
    writeQueue.async { [input] in input.socket = nil }
  }

  /// Reads to the end of what the process itself said: a child of it may hold the pipe open for longer.
  private static func read(_ output: consuming Descriptor, of pid: pid_t, _ receiver: inout some LineReceiver) {
    var lines = LineReader()
    let process = task_pidfd(pid)
    defer { if process >= 0 { close(process) } }
    let descriptor = output.number
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
public struct PeerError: Error, CustomStringConvertible {
  public var description: String
}
