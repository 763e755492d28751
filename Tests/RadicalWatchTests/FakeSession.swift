import Glibc
import Platform
import Synchronization
import TestSupport

@testable import RadicalWatch

/// What a session of RADICAL-Pilot is on the network: a registry and two channels, which speak what RADICAL-Pilot does.
final class FakeSession: Sendable {
  struct State {
    var answers: [String: String] = [:]
    var questions = 0
    /// What subscribers sent, and who of them are there.
    var heard: [[UInt8]] = []
    var numbers: [Int32] = []
    var gone = 0
  }

  final class Shared: Sendable {
    private let state = Mutex(State())
    func withLock<Value: Sendable>(_ body: (inout State) -> Value) -> Value { state.withLock { body(&$0) } }
  }

  let state = Shared()
  let site: RadicalSite
  private let listeners: [Int32]

  /// - Parameter host: the address that it writes into its record.
  init(_ place: TemporaryDirectory, session: String = "made.up", host: String = "127.0.0.1") throws {
    site = RadicalSite(session: session, directory: "\(place.path)/\(session)")
    mkdir(site.directory, 0o700)
    var ports: [UInt16] = []
    var listeners: [Int32] = []
    for _ in 0..<2 {
      let (number, port) = try Self.listen(host)
      listeners.append(number)
      ports.append(port)
    }
    self.listeners = listeners
    let channel = "tcp://\(host):\(ports[1])"
    state.withLock {
      $0.answers = [
        "cfg.sid": session, "cfg.path": site.directory, "bridges.state_pubsub.addr_sub": channel,
        "bridges.control_pubsub.addr_sub": channel, "bridges.control_pubsub.addr_pub": channel,
      ]
    }
    try place.write(
      #"{"cfg": {"sid": "\#(session)", "reg_addr": "tcp://\#(host):\#(ports[0])"}}"#,
      to: "\(session)/\(session).reg.init.json")
    let (registry, bridge) = (listeners[0], listeners[1])
    let shared = state
    _ = startThread { Self.serve(registry) { Self.answer($0, shared) } }
    _ = startThread { Self.serve(bridge) { Self.hear($0, shared) } }
  }

  deinit { for number in listeners { shutdown(number, Int32(SHUT_RDWR)) } }

  var subscribers: Int { state.withLock { $0.numbers.count - $0.gone } }

  /// Publishes to all that are there.
  func publish(_ message: [UInt8]) {
    let frame = message.count < 256 ? [0, UInt8(message.count)] + message : []
    for number in state.withLock({ $0.numbers }) { _ = send(number, frame, frame.count, Int32(MSG_NOSIGNAL)) }
  }

  private static func answer(_ connection: ZMTPConnection, _ state: Shared) {
    guard connection.greet(.request, until: .now + .seconds(5)) else { return }
    while case .message(let question) = connection.receive(limit: 5) {
      let key = question.withUnsafeBytes { MessagePack($0)?["kwargs"]?.text("key") ?? "" }
      let answer = state.withLock { state in
        state.questions += 1
        return state.answers[key] ?? ""
      }
      var reply = MessagePackWriter()
      reply.map(1)
      reply.text("res")
      reply.text(answer)
      guard connection.sendMessage(reply.bytes, isRequest: true) else { return }
    }
  }

  private static func hear(_ connection: ZMTPConnection, _ state: Shared) {
    guard connection.greet(.publisher, until: .now + .seconds(5)) else { return }
    state.withLock { $0.numbers.append(connection.descriptor.number) }
    // Everything as it comes: what a subscriber says is no message for this end.
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      var item = pollfd(fd: connection.descriptor.number, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, 60_000) > 0, let count = try? connection.descriptor.get(into: &chunk), count > 0 else {
        break
      }
      let bytes = Array(chunk[..<count])
      state.withLock { $0.heard.append(bytes) }
    }
    state.withLock { $0.gone += 1 }
  }

  private static func listen(_ host: String) throws -> (Int32, UInt16) {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, host, &address.sin_addr)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(number, address, size) == 0 && Glibc.listen(number, 16) == 0 && getsockname(number, address, &size) == 0
      }
    }
    guard isBound else { throw TestError("no port to listen on") }
    return (number, UInt16(bigEndian: address.sin_port))
  }

  private static func serve(_ listener: Int32, _ body: @escaping @Sendable (ZMTPConnection) -> Void) {
    while true {
      let number = accept(listener, nil, nil)
      guard number >= 0 else {
        close(listener)
        return
      }
      _ = startThread {
        let descriptor = Descriptor(owning: number)
        descriptor.setNonBlocking()
        body(ZMTPConnection(descriptor))
      }
    }
  }
}
