import Glibc
import JSON
import NIOCore
import NIOPosix
import Platform
import SessionModel
import Synchronization
import Wire

/// A connection to the control socket of a session: for screens and for the verbs of the command line. It ends with
/// `close()`, or when nobody holds it any more.
///
/// Whatever the host does or does not, only connecting waits for it.
public final class ControlClient: Sendable {
  /// How a command goes: reports until it is finished, or why it did not get through.
  public typealias Reporter = @Sendable (Result<CommandReport, ControlError>) -> Void

  private let channel: any Channel
  private let conversation: Conversation
  /// A greeting comes at once, or not at all.
  public static let greetingLimit = Duration.seconds(5)
  /// A host drops whoever leaves more unread.
  private static let longestReply = 8 << 20

  /// Connects, and says hello.
  ///
  /// - Parameters:
  ///   - origin: where the person sits, for the journal.
  ///   - owner: whose the process at the other end has to be; this user's unless another is named.
  ///   - limit: how long the host's greeting is waited for at most.
  ///   - onNews: told what is wrong with the journal, whenever there is more to read.
  ///   - onEnd: told that the host is gone, or ended the connection.
  /// - Throws: `ControlError` when nobody answers, or someone else does.
  public init(
    _ path: String, session: String, origin: String, isReadOnly: Bool, owner: uid_t? = nil,
    within limit: Duration = ControlClient.greetingLimit,
    onNews: @escaping @Sendable (String?) -> Void = { _ in }, onEnd: @escaping @Sendable () -> Void = {}
  ) throws(ControlError) {
    let conversation = Conversation(onNews: onNews, onEnd: onEnd)
    self.conversation = conversation
    let loop = ControlLoop.group.next()
    let greeted = loop.makePromise(of: Void.self)
    do {
      channel = try ClientBootstrap(group: loop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
              ByteToMessageHandler(LineDecoder(limit: Self.longestReply)),
              ReplyHandler(conversation, session: session, greeted: greeted),
            ])
          }
        }
        .connect(unixDomainSocketPath: path).wait()
    } catch {
      greeted.fail(error)
      throw ControlError(.unreachable, "nobody answers at \(path): \(ControlLoop.words(for: error))")
    }
    // Before anything is said: a path may have been written down by anybody. One that hung up is known by nothing.
    let peer = try? ControlSocket.peer(of: channel).wait()
    if let peer, peer != owner ?? geteuid() {
      greeted.fail(ControlError(.unreachable, "another user's"))
      channel.close(promise: nil)
      throw ControlError(
        .unreachable,
        "the process at \(path) belongs to \(userName(of: peer)), whose session it is not: "
          + "nothing was said to it")
    }
    let patience = TimeAmount(min(limit, Self.greetingLimit))
    let timeout = loop.scheduleTask(in: patience) {
      greeted.fail(ControlError(.unreachable, "the host of the session does not answer"))
    }
    do {
      try greeted.futureResult.wait()
      timeout.cancel()
      guard peer != nil else { throw ControlError(.unreachable, "the host of the session ended the connection") }
    } catch {
      timeout.cancel()
      channel.close(promise: nil)
      throw error as? ControlError ?? ControlError(.unreachable, "the host of the session ended the connection")
    }
    request(.hello(version: ControlRequest.version, origin: origin, isReadOnly: isReadOnly))
  }

  deinit { close() }

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
  public func close() { channel.close(promise: nil) }

  private func request(_ body: ControlRequest.Body, _ report: Reporter? = nil) {
    guard let id = conversation.begin(report) else {
      report?(.failure(Conversation.lost))
      return
    }
    var line = JSONWriter()
    ControlRequest(id: id, body).write(to: &line)
    channel.writeAndFlush(ByteBuffer(bytes: line.bytes), promise: nil)
  }
}

/// What was asked on a connection and is not answered yet.
final class Conversation: Sendable {
  private struct State {
    var lastRequest = 0
    var commands: [Int: ControlClient.Reporter] = [:]
    var hasEnded = false
  }

  private let state = Mutex(State())
  private let onNews: @Sendable (String?) -> Void
  private let onEnd: @Sendable () -> Void

  /// What became of a command cannot be learned here any more.
  static let lost = ControlError(.unreachable, "the host of the session is gone, or ended the connection")

  init(onNews: @escaping @Sendable (String?) -> Void, onEnd: @escaping @Sendable () -> Void) {
    self.onNews = onNews
    self.onEnd = onEnd
  }

  /// - Returns: the id of a new request; `nil` when the connection has ended.
  func begin(_ report: ControlClient.Reporter?) -> Int? {
    state.withLock { state in
      guard !state.hasEnded else { return nil }
      state.lastRequest += 1
      state.commands[state.lastRequest] = report
      return state.lastRequest
    }
  }

  func take(_ reply: ControlReply) {
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
    case .position(_, let problem): onNews(problem)
    case .greeting, .accepted: break
    }
  }

  func end() {
    let reporters = state.withLock { state in
      state.hasEnded = true
      defer { state.commands = [:] }
      return Array(state.commands.values)
    }
    for reporter in reporters { reporter(.failure(Self.lost)) }
    onEnd()
  }
}

/// Hears what the host says: first its greeting, which comes at once, or from someone else. Lives on the event loop.
private final class ReplyHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let conversation: Conversation
  private let session: String
  private var greeted: EventLoopPromise<Void>?

  init(_ conversation: Conversation, session: String, greeted: EventLoopPromise<Void>) {
    self.conversation = conversation
    self.session = session
    self.greeted = greeted
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let reply = unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
      Result { () throws(ControlError) in try ControlReply(line: bytes) }
    }
    guard let greeted else {
      if case .success(let reply) = reply { conversation.take(reply) }
      return
    }
    self.greeted = nil
    greeted.completeWith(Result { try check(reply.get()) })
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let greeted {
      greeted.fail(ControlError(.unreachable, "the host of the session ended the connection"))
    } else {
      conversation.end()
    }
    greeted = nil
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func check(_ reply: ControlReply) throws(ControlError) {
    switch reply {
    case .greeting(let version, let name, let program):
      guard version == ControlRequest.version else {
        throw ControlError(
          .unsupportedVersion,
          "the host of the session is \(program) and speaks version \(version) of the protocol, "
            + "not \(ControlRequest.version)")
      }
      guard name == session else {
        throw ControlError(.unreachable, "the socket is that of session \(name), not \(session)")
      }
    case .refused(let problem): throw problem
    default: throw ControlError(.unreachable, "the host of the session did not say hello")
    }
  }
}
