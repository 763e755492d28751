import Platform
import SessionModel
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// What a session says while it lives, taken from its channels on a thread of its own: a reader that stops reading would
/// make the session's memory grow.
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
    var isEnded = false
  }

  private let site: RadicalSite
  private let news = Mutex(News())
  private let isStopped = Atomic(false)
  /// Milliseconds between two looks at whether it is to end.
  private static let pause: Int32 = 500

  init(_ site: RadicalSite) { self.site = site }

  /// Connects and listens until the session ends it or `close` is called; never connects again.
  func start() {
    if !startThread({ [self] in listen() }) { news.withLock { $0.isEnded = true } }
  }

  func close() { isStopped.store(true, ordering: .relaxed) }

  /// What came since the last look.
  func take() -> News {
    news.withLock { news in
      defer { news.updates = [:] }
      return news
    }
  }

  private func listen() {
    defer {
      news.withLock { ($0.isConnected, $0.isEnded) = (false, true) }
    }
    guard let bridges = RadicalBridges(of: site),
      let states = ZMTPConnection.open(bridges.states, .subscriber, limit: 3),
      states.sendMessage([1] + Array("state_pubsub".utf8)),
      let control = ZMTPConnection.open(bridges.control, .subscriber, limit: 3),
      control.sendMessage([1] + Array(RadicalOrder.channel.utf8))
    else { return }
    news.withLock { $0.isConnected = true }
    while !isStopped.load(ordering: .relaxed) {
      var items = [
        pollfd(fd: states.descriptor.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: control.descriptor.number, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&items, 2, Self.pause)
      guard drain(states), drain(control) else { return }
    }
  }

  /// - Returns: false when the channel is gone.
  private func drain(_ connection: ZMTPConnection) -> Bool {
    while true {
      switch connection.receive(limit: 0) {
      case .message(let message): take(message)
      case .nothing: return true
      case .ended: return false
      }
    }
  }

  /// A message is its topic, a blank, and a map; what is none, or says something unknown, is passed over.
  func take(_ message: [UInt8]) {
    guard let blank = message.firstIndex(of: 0x20) else { return }
    message.withUnsafeBytes { bytes in
      guard let body = MessagePack(UnsafeRawBufferPointer(rebasing: bytes[(blank + 1)...])) else { return }
      switch body.text("cmd") {
      case "update"?:
        let time = Timestamp.now
        body["arg"]?.forEach { note($0, time) }
      case "pmgr_heartbeat"?: news.withLock { $0.heartbeat = .now }
      case "terminate"?, "cancel_pilots"?, "kill_pilots"?: news.withLock { $0.isClosing = true }
      default: break
      }
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
