import Glibc
import NIOCore
import NIOEmbedded
import SessionModel
import Synchronization
import TestSupport
import Testing
import Wire

@testable import SessionLink

/// Answers every command at once.
private struct PromptTaker: CommandTaker {
  func take(
    _ command: OperatorCommand, sender: CommandSender, reason: String?,
    report: @escaping @Sendable (CommandRecord) -> Void
  ) {
    report(CommandRecord(id: 1, verb: command.verb, sender: sender, stage: .finished(.done(""))))
  }
}

/// What a peer can make a host hold, and that it is given back.
@Suite struct ControlBoundsTests {
  private let place: TemporaryDirectory
  private var path: String { place.path + "/socket" }

  init() throws { place = try TemporaryDirectory() }

  private func server(_ limits: ControlLimits) throws -> ControlServer {
    try ControlServer(path: path, session: "s", taker: PromptTaker(), limits: limits)
  }

  /// A connection of which only the framing is there, with its own part of a common count.
  private func framing(limit: Int, _ unfinished: Unfinished) throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    let lines = LineDecoder(
      limit: limit,
      count: { change in
        unfinished.bytes += change
        return unfinished.bytes <= 2000
      })
    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(lines))
    return channel
  }

  private final class Unfinished { var bytes = 0 }

  @Test func `what a refused peer had sent is no longer counted`() throws {
    let unfinished = Unfinished()
    let piece = ByteBuffer(repeating: 0x61, count: 900)
    let tooLong = try framing(limit: 1000, unfinished)
    try tooLong.writeInbound(piece)
    #expect(unfinished.bytes == 900)
    #expect(throws: ControlError.self) { try tooLong.writeInbound(piece) }
    #expect(unfinished.bytes == 0, "one request was too long")
    let tooMany = try (0..<3).map { _ in try framing(limit: 1000, unfinished) }
    for channel in tooMany.prefix(2) { try channel.writeInbound(piece) }
    #expect(throws: ControlError.self) { try tooMany[2].writeInbound(piece) }
    #expect(unfinished.bytes == 1800, "all together were too long")
    for channel in tooMany { _ = try channel.finish(acceptAlreadyClosed: true) }
    #expect(unfinished.bytes == 0)
  }

  @Test func `a follower that stood still still gets the reply to its command`() async throws {
    let server = try server(ControlLimits())
    let follower = try RawClient(path)
    follower.hello()
    follower.say(#"{"id":2,"request":"follow"}"# + "\n")
    #expect(follower.line() == #"{"id":2,"ok":true}"#)
    // More than its socket and the first mark of the queue hold: from here on it is not writable.
    server.publish(position: 1, problem: String(repeating: "x", count: 800_000))
    follower.awaitInput()
    follower.say(#"{"id":3,"request":"command","verb":"drain"}"# + "\n")
    #expect(follower.line()?.hasPrefix(#"{"position":1,"#) ?? false)
    #expect(follower.line()?.hasPrefix(#"{"id":3,"command":1,"stage":"finished""#) ?? false)
    server.close()
  }

  @Test func `an error repeats little of what was wrong`() throws {
    let long = String(repeating: "x", count: 1_000_000)
    for text in [
      #"{"id":1,"request":"\#(long)"}"#, #"{"id":1,"request":"command","verb":"\#(long)"}"#,
      #"{"id":1,"request":"command","verb":"cancel","uids":["\#(long)"]}"#,
      #"{"id":1,"request":"command","verb":"submit","items":[{"description":{"name":{"\#(long)":1}}}]}"#,
      #"{"id":1,"request":"command","verb":"submit","items":"\#(long)"}"#,
    ] {
      let problem = #expect(throws: ControlError.self) {
        try Array(text.utf8).withUnsafeBytes { try ControlRequest(line: $0) }
      }
      let words = problem?.description ?? ""
      #expect(words.utf8.count < 400 && !words.contains("\n"), "\(words.prefix(500))")
    }
  }

  @Test func `a file that is no socket is not removed`() throws {
    try place.write("precious", to: "socket")
    let problem = #expect(throws: ControlError.self) { try server(ControlLimits()) }
    #expect(problem?.description.contains("is no socket") ?? false, "\(String(describing: problem))")
    #expect(place.text("socket") == "precious")
  }

  @Test func `a server ends once, and hears no more afterwards`() async throws {
    let taker = LateTaker()
    let server = try ControlServer(path: path, session: "s", taker: taker)
    let ended = Mutex(0)
    let client = try ControlClient(
      path, session: "s", origin: "here", isReadOnly: false, onEnd: { ended.withLock { $0 += 1 } })
    client.send(.drain, reason: nil) { _ in }
    try await wait(for: "the command") { taker.report.withLock { $0 != nil } }
    server.close()
    server.close()
    server.publish(position: 1, problem: nil)
    let report = try #require(taker.report.withLock { $0 })
    report(CommandRecord(id: 1, verb: .drain, sender: "ann", stage: .acknowledged))
    try await wait(for: "the end") { ended.withLock { $0 == 1 } }
    client.close()
  }

  @Test func `a client that ended touches nobody else's descriptor`() async throws {
    let server = try server(ControlLimits())
    let hasEnded = Mutex(false)
    let client = try ControlClient(
      path, session: "s", origin: "here", isReadOnly: false, onEnd: { hasEnded.withLock { $0 = true } })
    server.close()
    try await wait(for: "the end") { hasEnded.withLock { $0 } }
    // Whoever opens sockets now gets the numbers that have become free.
    let pairs = (0..<64).map { _ in
      var ends: [Int32] = [0, 0]
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
      return ends
    }
    defer { for end in pairs.joined() { close(end) } }
    client.close()
    for pair in pairs {
      var byte: UInt8 = 7
      #expect(send(pair[0], &byte, 1, Int32(MSG_NOSIGNAL)) == 1)
      #expect(send(pair[1], &byte, 1, Int32(MSG_NOSIGNAL)) == 1)
    }
  }

  @Test func `a client that nobody holds any more is gone for the host, too`() async throws {
    var limits = ControlLimits()
    limits.connections = 1
    let server = try server(limits)
    do {
      let client = try ControlClient(path, session: "s", origin: "here", isReadOnly: false)
      withExtendedLifetime(client) {}
    }
    try await wait(for: "the place to be free") { try RawClient(path).line()?.contains("scalems_control") ?? false }
    server.close()
  }
}

/// Keeps the report of a command for later.
private final class LateTaker: CommandTaker {
  let report = Mutex<(@Sendable (CommandRecord) -> Void)?>(nil)

  func take(
    _ command: OperatorCommand, sender: CommandSender, reason: String?,
    report: @escaping @Sendable (CommandRecord) -> Void
  ) {
    self.report.withLock { $0 = report }
  }
}
