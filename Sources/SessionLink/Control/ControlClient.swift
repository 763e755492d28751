@preconcurrency import Dispatch
import Glibc
import JSON
import SessionModel
import Synchronization
import Wire

/// A connection to the control socket of a session: for screens and for the verbs of the command line. It ends with
/// `close()`, or when nobody holds it any more.
public final class ControlClient: Sendable {
  /// How a command goes: reports until it is finished, or why it did not get through.
  public typealias Reporter = @Sendable (Result<CommandReport, ControlProblem>) -> Void

  private struct State {
    var lastRequest = 0
    var commands: [Int: Reporter] = [:]
    var hasEnded = false
  }

  private let line: ControlLine
  private let state = Mutex(State())
  private static let greetingLimit: Int32 = 5000

  /// Connects, and says hello.
  ///
  /// - Parameters:
  ///   - origin: where the person sits, for the journal.
  ///   - onNews: told what is wrong with the journal, whenever there is more to read.
  ///   - onEnd: told that the host is gone, or ended the connection.
  /// - Throws: `ControlProblem` when nobody answers, or someone else does.
  public init(
    _ path: String, session: String, origin: String, isReadOnly: Bool,
    onNews: @escaping @Sendable (String?) -> Void = { _ in }, onEnd: @escaping @Sendable () -> Void = {}
  ) throws(ControlProblem) {
    let descriptor = try ControlSocket.open(path)
    do { try Self.checkGreeting(descriptor, session) } catch {
      Glibc.close(descriptor)
      throw error
    }
    let line = ControlLine(descriptor)
    self.line = line
    request(.hello(version: ControlRequest.version, origin: origin, isReadOnly: isReadOnly))
    // A queue of its own: it blocks.
    DispatchQueue(label: "control-reader").async { [weak self] in
      line.read { bytes in
        guard let reply = try? ControlReply(line: bytes) else { return }
        if case .position(_, let problem) = reply { onNews(problem) } else { self?.take(reply) }
      }
      self?.end()
      onEnd()
    }
  }

  deinit { line.end() }

  /// Asks to be told when there is more in the journal.
  public func follow() { request(.follow) }

  /// Sends a command.
  ///
  /// - Parameter token: what the journal is to call the request.
  public func send(
    _ command: OperatorCommand, reason: String?, token: String? = nil, report: @escaping Reporter
  ) {
    request(.command(command, reason: reason, token: token), report)
  }

  /// Ends the connection.
  public func close() { line.end() }

  // MARK: Requests

  private func request(_ body: ControlRequest.Body, _ report: Reporter? = nil) {
    let id: Int? = state.withLock { state in
      guard !state.hasEnded else { return nil }
      state.lastRequest += 1
      state.commands[state.lastRequest] = report
      return state.lastRequest
    }
    guard let id else {
      report?(.failure(Self.gone))
      return
    }
    var line = JSONWriter()
    ControlRequest(id: id, body).write(to: &line)
    self.line.write(Array(line.bytes))
  }

  private static let gone = ControlProblem("the host of the session is gone, or ended the connection")

  private func take(_ reply: ControlReply) {
    switch reply {
    case .command(let id, let report):
      let reporter = state.withLock { state in
        report.stage.isFinished ? state.commands.removeValue(forKey: id) : state.commands[id]
      }
      reporter?(.success(report))
    case .refused(let problem):
      let reporters = state.withLock { state in
        guard let id = problem.id else { return Array(state.commands.values) }
        return [state.commands.removeValue(forKey: id)].compactMap { $0 }
      }
      for reporter in reporters { reporter(.failure(problem)) }
    case .greeting, .accepted, .position: break
    }
  }

  private func end() {
    let reporters = state.withLock { state in
      state.hasEnded = true
      defer { state.commands = [:] }
      return Array(state.commands.values)
    }
    for reporter in reporters { reporter(.failure(Self.gone)) }
  }

  /// Reads the first line: it comes at once, or from someone else.
  private static func checkGreeting(_ descriptor: Int32, _ session: String) throws(ControlProblem) {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < 65536 {
      var item = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, greetingLimit) > 0 else {
        if errno == EINTR { continue }
        throw ControlProblem("the host of the session does not answer")
      }
      let count = read(descriptor, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count == 1 else { throw ControlProblem("the host of the session ended the connection") }
      if byte == 0x0a { break }
      line.append(byte)
    }
    let reply = line.withUnsafeBytes { bytes in
      Result { () throws(ControlProblem) in try ControlReply(line: bytes) }
    }
    switch try reply.get() {
    case .greeting(let version, let name, let program):
      guard version == ControlRequest.version else {
        throw ControlProblem(
          "the host of the session is \(program) and speaks version \(version) of the protocol, "
            + "not \(ControlRequest.version)")
      }
      guard name == session else { throw ControlProblem("the socket is that of session \(name), not \(session)") }
    case .refused(let problem): throw problem
    default: throw ControlProblem("the host of the session did not say hello")
    }
  }
}
