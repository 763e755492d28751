import JSON
import Platform

/// How the parts of a session are reached, as its own registry says.
struct RadicalBridges: Equatable, Sendable {
  /// Where news of states are to be had.
  var states: String
  /// Where orders are to be had.
  var control: String
  /// Where orders are taken.
  var orders: String

  private static let limit = 3.0
  private static let longest = 1 << 22

  /// Asks the registry of a session, and believes it only when it is that session's: its port may be another's by now.
  ///
  /// - Returns: `nil` when it does not answer, or is somebody else's.
  init?(of site: RadicalSite) {
    guard let bytes = try? readFile(site.record, owner: .thisUser, limit: Self.longest),
      let address = bytes.withUnsafeBytes({ bytes in
        (try? JSONObject(bytes))?.fields("cfg")?.text("reg_addr")
      }),
      let registry = ZMTPConnection.open(address, .request, limit: Self.limit),
      Self.ask(registry, "cfg.sid") == site.session,
      let states = Self.ask(registry, "bridges.state_pubsub.addr_sub"),
      let control = Self.ask(registry, "bridges.control_pubsub.addr_sub"),
      let orders = Self.ask(registry, "bridges.control_pubsub.addr_pub")
    else { return nil }
    (self.states, self.control, self.orders) = (states, control, orders)
  }

  private static func ask(_ registry: ZMTPConnection, _ key: String) -> String? {
    var body = MessagePackWriter()
    body.map(3)
    body.text("cmd")
    body.text("get")
    body.text("args")
    body.texts([])
    body.text("kwargs")
    body.map(1)
    body.text("key")
    body.text(key)
    guard registry.sendMessage(body.bytes, isRequest: true),
      case .message(let reply) = registry.receive(limit: limit)
    else { return nil }
    return reply.withUnsafeBytes { MessagePack($0)?.text("res") }
  }

  /// Sends an order.
  ///
  /// - Returns: why it was not sent, in words; `nil` when the session has it.
  func send(_ order: RadicalOrder) -> String? {
    guard let frame = order.frame else { return "nothing is named in it" }
    guard let publisher = ZMTPConnection.open(orders, .publisher, limit: Self.limit),
      // What is sent before the other end has subscribed is lost.
      case .message(let subscription) = publisher.receive(limit: Self.limit), subscription.first == 1
    else { return "the session's control channel does not answer" }
    return publisher.sendMessage(frame) ? nil : "the session's control channel is gone"
  }
}
