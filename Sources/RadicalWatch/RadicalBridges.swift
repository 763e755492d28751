import Glibc
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

  /// Why nothing is believed.
  enum Problem: Error, Equatable {
    /// There is no record that could be read, or nobody answers.
    case silent
    /// Another session answers: this one is over.
    case anothers
  }

  /// Asks the registry of a session, and believes it only when it is that session's: its port may be another's by now,
  /// and a program that names its sessions itself gives the same id twice.
  ///
  /// - Parameter known: where the registry was, for when somebody has removed the record.
  init(asking site: RadicalSite, known: RadicalRegistryAddress? = nil) throws(Problem) {
    guard let address = (RadicalRegistryAddress(of: site) ?? known)?.text,
      let registry = ZMTPConnection.open(address, .request, limit: Self.limit),
      let session = Self.ask(registry, "cfg.sid")
    else { throw .silent }
    guard session == site.session, Self.ask(registry, "cfg.path").map({ isSamePlace($0, site.directory) }) ?? true
    else {
      throw .anothers
    }
    guard let states = Self.ask(registry, "bridges.state_pubsub.addr_sub"),
      let control = Self.ask(registry, "bridges.control_pubsub.addr_sub"),
      let orders = Self.ask(registry, "bridges.control_pubsub.addr_pub")
    else { throw .silent }
    (self.states, self.control, self.orders) = (states, control, orders)
  }

  /// - Parameter known: where the registry was, for when somebody has removed the record.
  /// - Returns: `nil` when the session does not answer, or somebody else does.
  init?(of site: RadicalSite, known: RadicalRegistryAddress? = nil) {
    guard let bridges = try? RadicalBridges(asking: site, known: known) else { return nil }
    self = bridges
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

/// Whether two paths lead to one directory, by whatever links. One that is not here can't be told apart from none.
public func isSamePlace(_ one: String, _ other: String) -> Bool {
  var (first, second) = (stat(), stat())
  guard stat(one, &first) == 0, stat(other, &second) == 0 else { return true }
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}
