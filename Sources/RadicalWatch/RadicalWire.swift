import Platform
import SessionModel
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// What a session says while it lives, taken from its channels on a thread of its own: what a reader does not take, the
/// session's bridges keep for it, for ever.
///
/// So a screen that is suspended closes its sockets before, and one that is stopped without a warning is given up by the
/// bridges, which are told to (see `ZMTPConnection.ping`). Who looks again asks first whether it is the same session.
final class RadicalWire: Sendable {
  enum Facts: Equatable, Sendable {
    case task(TaskFacts), pilot(PilotFacts)
  }

  /// The highest state of a task or pilot that came since the last look.
  struct Update: Equatable, Sendable {
    var uid: String
    var state: String
    var time: Timestamp
    var facts: Facts?
  }

  struct News: Sendable {
    var updates: [String: Update] = [:]
    /// When the owner's manager last showed that it lives.
    var heartbeat: Timestamp?
    /// The owner has begun to close its session.
    var isClosing = false
    var isConnected = false
  }

  private let site: RadicalSite
  private let news = Mutex(News())
  private let line = Mutex(Line())

  /// What other threads may do to the one that listens.
  private struct Line {
    var isClosed = false
    var isSuspended = false
    var hasEnded = false
    /// Of sockets that are open.
    var numbers: [Int32] = []

    var isWanted: Bool { !isClosed && !isSuspended }

    /// Ends them at once, whatever the other thread does: what arrives from now on is refused by the system.
    func hangUp() { for number in numbers { shutdown(number, Int32(SHUT_RDWR)) } }
  }

  /// Milliseconds between two looks at whether it is to end.
  private static let pause: Int32 = 500
  /// Seconds between two signs of life for the bridges, and how long they wait for one.
  private static let pingInterval = 2.0
  private static let pingPatience = 10.0
  /// Between two looks at a session that did not answer.
  private static let silence = Duration.seconds(10)
  private static let connectLimit = 3.0

  init(_ site: RadicalSite) { self.site = site }

  /// Connects and listens until `close` is called, the session closes, or another one answers in its place.
  func start() {
    let isStarted = startThread { [self] in
      run()
      line.withLock { $0.hasEnded = true }
    }
    if !isStarted { line.withLock { $0.hasEnded = true } }
  }

  /// Whether nothing more will come.
  var hasEnded: Bool { line.withLock { $0.hasEnded } }

  func close() {
    line.withLock { line in
      line.isClosed = true
      line.hangUp()
    }
  }

  /// Closes all sockets before it returns.
  func suspend() {
    line.withLock { line in
      line.isSuspended = true
      line.hangUp()
    }
  }

  /// Listens again, if it is still the same session that answers.
  func resume() { line.withLock { $0.isSuspended = false } }

  /// What came since the last look.
  func take() -> News {
    news.withLock { news in
      defer { news.updates = [:] }
      return news
    }
  }

  private func run() {
    var next = ContinuousClock.now
    while true {
      let (isClosed, isWanted) = line.withLock { ($0.isClosed, $0.isWanted) }
      guard !isClosed else { return }
      guard isWanted, .now >= next else {
        usleep(100_000)
        continue
      }
      do {
        let bridges = try RadicalBridges(asking: site)
        listen(bridges)
        // Whose program closes it is not asked any more.
        if news.withLock({ $0.isClosing }) { return }
        next = .now + .seconds(1)
      } catch {
        guard error == .silent else { return }
        next = .now + Self.silence
      }
    }
  }

  private func listen(_ bridges: RadicalBridges) {
    guard let states = open(bridges.states, "state_pubsub") else { return }
    defer { forget(states) }
    guard let control = open(bridges.control, RadicalOrder.channel) else { return }
    defer { forget(control) }
    news.withLock { $0.isConnected = true }
    defer { news.withLock { ($0.isConnected, $0.heartbeat) = (false, nil) } }
    var pinged = ContinuousClock.now - .seconds(Self.pingInterval)
    var isBehind = false
    while line.withLock({ $0.isWanted }) {
      if .now - pinged >= .seconds(Self.pingInterval) {
        guard states.ping(patience: Self.pingPatience), control.ping(patience: Self.pingPatience) else { return }
        pinged = .now
      }
      var items = [
        pollfd(fd: states.descriptor.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: control.descriptor.number, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&items, 2, isBehind ? 0 : Self.pause)
      guard let hasMore = drain(states), let hasOrders = drain(control) else { return }
      isBehind = hasMore || hasOrders
    }
  }

  /// - Returns: `nil` when nobody is there, or nothing is to be heard any more.
  private func open(_ address: String, _ topic: String) -> ZMTPConnection? {
    guard let connection = ZMTPConnection.open(address, .subscriber, limit: Self.connectLimit) else { return nil }
    // Known before anything is asked for: nothing comes that `suspend` would not end.
    let isWanted = line.withLock { line in
      if line.isWanted { line.numbers.append(connection.descriptor.number) }
      return line.isWanted
    }
    guard isWanted else { return nil }
    guard connection.sendMessage([1] + Array(topic.utf8)) else {
      forget(connection)
      return nil
    }
    return connection
  }

  /// Before the number is another descriptor's.
  private func forget(_ connection: ZMTPConnection) {
    line.withLock { line in line.numbers.removeAll { $0 == connection.descriptor.number } }
  }

  /// - Returns: whether more is there; `nil` when the channel is gone.
  private func drain(_ connection: ZMTPConnection) -> Bool? {
    // A portion at a time: the other channel, and the signs of life, have their turn.
    for _ in 0..<Self.portion {
      switch connection.receive(limit: 0) {
      case .message(let message): take(message)
      case .nothing: return false
      case .ended: return nil
      }
    }
    return true
  }

  private static let portion = 1_000

  /// A message is its topic, a blank, and a map.
  private static func read<Value>(_ message: [UInt8], _ body: (MessagePack) -> Value?) -> Value? {
    guard let blank = message.firstIndex(of: 0x20) else { return nil }
    return message.withUnsafeBytes { bytes in
      MessagePack(UnsafeRawBufferPointer(rebasing: bytes[(blank + 1)...])).flatMap(body)
    }
  }

  /// What a message is about, in RADICAL-Pilot's words.
  static func command(in message: [UInt8]) -> String? { read(message) { $0.text("cmd") } }

  /// What is no message, or says something unknown, is passed over.
  func take(_ message: [UInt8]) {
    Self.read(message) { body in
      switch body.text("cmd") {
      case "update"?:
        let time = Timestamp.now
        body["arg"]?.forEach { note($0, time) }
      case "pmgr_heartbeat"?: news.withLock { $0.heartbeat = .now }
      case "terminate"?, "cancel_pilots"?, "kill_pilots"?: news.withLock { $0.isClosing = true }
      default: break
      }
      return ()
    }
  }

  private func note(_ record: MessagePack, _ time: Timestamp) {
    guard let uid = record.text("uid"), !uid.isEmpty, uid.utf8.count <= 256, let state = record.text("state") else {
      return
    }
    var update = Update(uid: uid, state: state, time: time)
    // A full record has some forty members, a partial one three.
    if record.text("type") == "pilot" {
      if record["description"] != nil { update.facts = .pilot(PilotFacts(record)) }
    } else if record["description"] != nil {
      update.facts = .task(TaskFacts(record))
    }
    news.withLock { news in
      guard let before = news.updates[uid] else {
        news.updates[uid] = update
        return
      }
      if Self.rank(state) < Self.rank(before.state) { update.state = before.state }
      update.facts = update.facts ?? before.facts
      news.updates[uid] = update
    }
  }

  private static func rank(_ state: String) -> Int {
    TaskState(name: state).map { Int($0.rawValue) }
      ?? PilotState(rawValue: state).flatMap { PilotState.allCases.firstIndex(of: $0) } ?? -1
  }
}
