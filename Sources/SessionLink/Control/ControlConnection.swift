import JSON
import NIOCore
import SessionModel
import Wire

/// One connection on a control socket. Lives on the event loop.
final class ControlConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    /// Nothing was said yet.
    case new
    case open(origin: String?, isReadOnly: Bool)
    /// The last word was sent.
    case ending
  }

  private let hub: ControlHub
  private let user: String
  private var state = State.new
  private var context: ChannelHandlerContext?
  private var commandsUnderWay = 0
  private var isFollowing = false
  /// News were passed over while the peer did not read.
  private var hasMissedNews = false
  /// Bytes that wait to be sent.
  private var unsent = 0

  init(hub: ControlHub, user: String) {
    self.hub = hub
    self.user = user
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    guard hub.enter(self) else {
      return refuse(ControlError(.busy, "there are \(hub.limits.connections) connections already: try again later"))
    }
    send(.greeting(version: ControlRequest.version, session: hub.session, program: "scalems-top \(programVersion)"))
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    hub.leave(self)
    self.context = nil
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let line = unwrapInboundIn(data)
    if case .ending = state { return }
    let request = line.withUnsafeReadableBytes { bytes in
      Result { () throws(ControlError) in try ControlRequest(line: bytes) }
    }
    switch request {
    case .success(let request): take(request)
    case .failure(let problem): send(.refused(problem))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let problem = error as? ControlError { refuse(problem) } else { context.close(promise: nil) }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable, hasMissedNews, let news = hub.newest {
      hasMissedNews = false
      send(news)
    }
    context.fireChannelWritabilityChanged()
  }

  private func take(_ request: ControlRequest) {
    switch (request.body, state) {
    case (.hello(let version, let origin, let isReadOnly), .new):
      guard version == ControlRequest.version else {
        return refuse(
          ControlError(
            id: request.id, .unsupportedVersion,
            "this session speaks version \(ControlRequest.version) of the protocol, not \(version): "
              + "use the scalems-top that it was started with"))
      }
      state = .open(origin: origin, isReadOnly: isReadOnly)
      send(.accepted(id: request.id))
    case (.hello, _): send(.refused(ControlError(id: request.id, .outOfOrder, "'hello' was said already")))
    case (_, .new): send(.refused(ControlError(id: request.id, .outOfOrder, "say 'hello' first")))
    case (.follow, _):
      guard !isFollowing else { return send(.refused(ControlError(id: request.id, .outOfOrder, "it follows already"))) }
      isFollowing = true
      send(.accepted(id: request.id))
      if let news = hub.follow(self) { send(news) }
    case (.command(let command, let reason, let token), .open(let origin, let isReadOnly)):
      guard !isReadOnly else {
        return send(
          .refused(ControlError(id: request.id, .readOnly, "this connection is read-only: it takes no commands")))
      }
      guard commandsUnderWay < hub.limits.commands else {
        return send(
          .refused(
            ControlError(id: request.id, .busy, "\(commandsUnderWay) commands of this connection are under way already")
          ))
      }
      commandsUnderWay += 1
      execute(command, request.id, CommandSender(user: user, origin: origin, request: token), reason)
    case (.command, .ending): break
    }
  }

  private func execute(_ command: OperatorCommand, _ id: Int, _ sender: CommandSender, _ reason: String?) {
    guard let loop = context?.eventLoop else { return }
    let connection = NIOLoopBound(self, eventLoop: loop)
    hub.taker.take(command, sender: sender, reason: reason) { [hub] record in
      hub.perform {
        if record.stage.isFinished { connection.value.commandsUnderWay -= 1 }
        connection.value.send(.command(id: id, CommandReport(record)))
      }
    }
  }

  // MARK: Sending

  /// News, of which a peer that does not read misses all but the newest.
  func tell(_ line: ByteBuffer) {
    guard let context else { return }
    guard context.channel.isWritable else { return hasMissedNews = true }
    write(line, context)
  }

  private func send(_ reply: ControlReply) {
    guard let context else { return }
    var line = JSONWriter()
    reply.write(to: &line)
    // Whoever sends requests and never reads the replies is not owed more of them.
    guard unsent + line.bytes.count <= hub.limits.unread else { return context.close(promise: nil) }
    write(ByteBuffer(bytes: line.bytes), context)
  }

  private func write(_ line: ByteBuffer, _ context: ChannelHandlerContext) {
    let size = line.readableBytes
    unsent += size
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.assumeIsolated().whenComplete { [self] _ in unsent -= size }
    context.writeAndFlush(wrapOutboundOut(line), promise: sent)
  }

  /// Says why, and ends the connection.
  private func refuse(_ problem: ControlError) {
    guard let context else { return }
    if case .ending = state { return }
    state = .ending
    send(.refused(problem))
    context.close(promise: nil)
  }

  /// Ends the connection after what was sent.
  func end() {
    state = .ending
    context?.close(promise: nil)
  }
}
