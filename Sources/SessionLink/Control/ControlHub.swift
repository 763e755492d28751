import Glibc
import JSON
import NIOCore
import Platform
import SessionModel
import Synchronization
import Wire

/// What the connections of a control socket share.
final class ControlHub: Sendable {
  let session: String
  let taker: any CommandTaker
  let limits: ControlLimits
  private let onRefused: @Sendable (uid_t) -> Void
  private let loop: any EventLoop
  private let members: NIOLoopBoundBox<Members>
  private let news = Mutex(News())

  /// Used on the event loop only.
  private final class Members {
    var connections: [ObjectIdentifier: ControlConnection] = [:]
    var followers: [ObjectIdentifier: ControlConnection] = [:]
    var unfinished = 0
    /// Asked for once: a directory service may take its time, and all connections wait for it.
    var userNames: [uid_t: String] = [:]
  }

  private struct News {
    var newest: ControlReply?
    var isScheduled = false
    var lastTold = NIODeadline.uptimeNanoseconds(0)
    var hasFollowers = false
    var isClosed = false
  }

  init(
    session: String, taker: any CommandTaker, limits: ControlLimits, onRefused: @escaping @Sendable (uid_t) -> Void,
    loop: any EventLoop
  ) {
    self.session = session
    self.taker = taker
    self.limits = limits
    self.onRefused = onRefused
    self.loop = loop
    members = .makeBoxSendingValue(Members(), eventLoop: loop)
  }

  // MARK: Connections

  /// Sets a new connection up, unless it is another user's.
  func admit(_ channel: any Channel) -> EventLoopFuture<Void> {
    ControlSocket.peer(of: channel).flatMapThrowing { [self] uid in
      guard uid == getuid() || uid == 0 else {
        onRefused(uid)
        throw ControlError(.unreachable, "user \(uid) was refused")
      }
      let connection = ControlConnection(hub: self, user: name(of: uid))
      try channel.pipeline.syncOperations.addHandlers([
        ByteToMessageHandler(LineDecoder(limit: limits.message, count: { [weak self] in self?.count($0) ?? false })),
        connection,
      ])
    }
  }

  private func name(of uid: uid_t) -> String {
    if let name = members.value.userNames[uid] { return name }
    let name = userName(of: uid)
    members.value.userNames[uid] = name
    return name
  }

  /// - Returns: false when there are too many.
  func enter(_ connection: ControlConnection) -> Bool {
    members.value.connections[ObjectIdentifier(connection)] = connection
    return members.value.connections.count <= limits.connections
  }

  func leave(_ connection: ControlConnection) {
    members.value.connections[ObjectIdentifier(connection)] = nil
    members.value.followers[ObjectIdentifier(connection)] = nil
    let isEmpty = members.value.followers.isEmpty
    news.withLock { $0.hasFollowers = !isEmpty }
  }

  /// Counts the bytes of unfinished requests; false when there are too many.
  private func count(_ change: Int) -> Bool {
    members.value.unfinished += change
    return members.value.unfinished <= limits.unfinished
  }

  // MARK: News

  /// - Returns: the news so far.
  func follow(_ connection: ControlConnection) -> ControlReply? {
    members.value.followers[ObjectIdentifier(connection)] = connection
    return news.withLock { news in
      news.hasFollowers = true
      return news.newest
    }
  }

  var newest: ControlReply? { news.withLock { $0.newest } }

  /// At once when the last news are old enough, else when they are.
  func publish(_ reply: ControlReply) {
    news.withLock { news in
      guard reply != news.newest else { return }
      news.newest = reply
      guard news.hasFollowers, !news.isScheduled, !news.isClosed else { return }
      news.isScheduled = true
      loop.scheduleTask(deadline: max(.now(), news.lastTold + limits.interval)) { [self] in tell() }
    }
  }

  /// Does something on the event loop.
  func perform(_ work: @escaping @Sendable () -> Void) { loop.execute(work) }

  private func tell() {
    let newest = news.withLock { news in
      news.isScheduled = false
      news.lastTold = .now()
      return news.newest
    }
    guard let newest else { return }
    var line = JSONWriter()
    newest.write(to: &line)
    let bytes = ByteBuffer(bytes: line.bytes)
    for follower in members.value.followers.values { follower.tell(bytes) }
  }

  /// Sends what is new, and ends the connections.
  ///
  /// - Returns: false when that was done before.
  func close() -> Bool {
    let isFirst = news.withLock { news in
      defer { news.isClosed = true }
      return !news.isClosed
    }
    guard isFirst else { return false }
    let done = loop.submit { [self] in
      tell()
      for connection in members.value.connections.values { connection.end() }
    }
    try? done.wait()
    return true
  }
}
