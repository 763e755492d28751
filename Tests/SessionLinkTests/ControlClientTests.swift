@preconcurrency import Dispatch
import Glibc
import SessionModel
import Synchronization
import TestSupport
import Testing
import Wire

@testable import SessionLink

/// Hosts that say something else than they should, to a client that must neither trap, hang nor grow.
@Suite struct ControlClientTests {
  private let place: TemporaryDirectory
  private let host: RawHost
  private static let greeting = #"{"scalems_control":1,"session":"s","program":"p 1"}"# + "\n"

  init() throws {
    place = try TemporaryDirectory()
    host = try RawHost(place.path + "/socket")
  }

  private func client(
    within limit: Duration = .seconds(5), onNews: @escaping @Sendable (String?) -> Void = { _ in },
    onEnd: @escaping @Sendable () -> Void = {}
  ) throws(ControlError) -> ControlClient {
    try ControlClient(
      place.path + "/socket", session: "s", origin: "here", isReadOnly: false, within: limit, onNews: onNews,
      onEnd: onEnd)
  }

  @Test(arguments: [
    ("", "the host of the session ended the connection"),
    ("{\"scalems_control\":1,\"sess", "the host of the session ended the connection"),
    ("garbage\n", "the host of the session said what is no reply"),
    ("\n", "the host of the session said what is no reply"),
    ("{\"id\":1,\"ok\":true}\n", "the host of the session did not say hello"),
    ("{\"position\":7}\n", "the host of the session did not say hello"),
    ("{\"error\":\"there are 512 connections already\"}\n", "there are 512 connections already"),
    (
      "{\"scalems_control\":9,\"session\":\"s\",\"program\":\"scalems-top 7\"}\n",
      "the host of the session is scalems-top 7 and speaks version 9 of the protocol, not 1"
    ),
    (
      "{\"scalems_control\":1,\"session\":\"t\",\"program\":\"p\"}\n", "the socket is that of session t, not s"
    ),
  ])
  func `who does not greet as a host does is refused`(words: String, problem: String) throws {
    host.answer { host in
      host.say(words)
      host.hangUp()
    }
    let error = #expect(throws: ControlError.self) { try client() }
    #expect(error?.description.hasPrefix(problem) ?? false, "\(String(describing: error))")
  }

  @Test func `who says nothing is waited for no longer than asked`() throws {
    host.answer { _ in }
    let begin = ContinuousClock.now
    let error = #expect(throws: ControlError.self) { try client(within: .milliseconds(50)) }
    #expect(error?.description == "the host of the session does not answer")
    #expect(.now - begin < .seconds(4))
  }

  @Test func `a greeting may come byte by byte, and with what follows it`() async throws {
    let news = Mutex(0)
    host.answer { host in
      for byte in Self.greeting { host.say(String(byte)) }
      host.say("{\"position\":1}\n{\"position\":2}\n{\"from\":\"the future\",\"position\":3}\n")
    }
    let client = try client(onNews: { _ in news.withLock { $0 += 1 } })
    try await wait(for: "the news") { news.withLock { $0 } == 3 }
    client.close()
  }

  @Test func `what is no reply, or to nobody's request, is passed over`() async throws {
    let reports = Mutex<[Result<CommandReport, ControlError>]>([])
    host.answer { host in
      host.say(Self.greeting)
      host.awaitLine("drain")
      host.say("garbage\n{\"id\":99,\"command\":1,\"stage\":\"acknowledged\"}\n" + Self.greeting)
      host.say("{\"id\":2,\"command\":1,\"stage\":\"bored\"}\n{\"id\":98,\"error\":\"no\"}\n")
      host.say("{\"id\":2,\"command\":7,\"stage\":\"acknowledged\"}\n")
      host.hangUp()
    }
    let client = try client()
    client.send(.drain, reason: nil) { result in reports.withLock { $0.append(result) } }
    try await wait(for: "the end") { reports.withLock { $0.count } == 2 }
    let all = reports.withLock { $0 }
    #expect(all == [.success(CommandReport(command: 7, stage: .acknowledged)), .failure(Conversation.lost)])
    client.send(.stop, reason: nil) { result in reports.withLock { $0.append(result) } }
    #expect(reports.withLock { $0.last } == .failure(Conversation.lost), "at once")
  }

  @Test func `a line without an end ends the connection`() async throws {
    let hasEnded = Mutex(false)
    host.answer { host in
      host.say(Self.greeting)
      let piece = String(repeating: "x", count: 1 << 20)
      while host.say(piece) {}
    }
    let client = try client(onEnd: { hasEnded.withLock { $0 = true } })
    try await wait(for: "the end") { hasEnded.withLock { $0 } }
    withExtendedLifetime(client) {}
  }

  @Test func `a host that never reads holds up nobody`() throws {
    host.answer { host in host.say(Self.greeting) }
    let client = try client()
    let long = String(repeating: "x", count: 1 << 20)
    let took = ContinuousClock().measure {
      for _ in 0..<8 { client.send(.drain, reason: long) { _ in } }
      client.close()
    }
    #expect(took < .seconds(4), "\(took)")
  }

  @Test func `a path that holds no socket is said`() {
    for (path, why) in [
      ("/nowhere/socket", "No such file or directory"), (place.path, "Connection refused"),
      (place.path + "/" + String(repeating: "x", count: 200), "unixDomainSocketPathTooLong"),
    ] {
      let error = #expect(throws: ControlError.self) {
        try ControlClient(path, session: "s", origin: "here", isReadOnly: true)
      }
      #expect(error?.description == "nobody answers at \(path): \(why)")
    }
  }
}

/// A socket where a test plays the host, for one connection.
private final class RawHost: Sendable {
  private let listener: Int32
  private let connection = Mutex<Int32>(-1)
  private let queue = DispatchQueue(label: "raw-host")

  init(_ path: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    listener = descriptor
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    guard outcome == 0, listen(descriptor, 4) == 0 else { throw TestError("no socket at \(path)") }
  }

  deinit {
    hangUp()
    close(listener)
  }

  /// Takes one connection and does something with it, on a thread of its own.
  func answer(_ body: @escaping @Sendable (RawHost) -> Void) {
    queue.async { [self] in
      let descriptor = accept(listener, nil, nil)
      connection.withLock { $0 = descriptor }
      body(self)
    }
  }

  @discardableResult
  func say(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    let descriptor = connection.withLock { $0 }
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Reads until a word has come.
  func awaitLine(_ word: String) {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    let descriptor = connection.withLock { $0 }
    while !String(decoding: all, as: UTF8.self).contains(word) {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return }
      all += chunk[..<count]
    }
  }

  func hangUp() {
    connection.withLock { descriptor in
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }
}
