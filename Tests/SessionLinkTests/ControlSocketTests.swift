@preconcurrency import Dispatch
import Glibc
import SessionModel
import Synchronization
import TestSupport
import Testing
import Wire
import Work

@testable import SessionLink

/// Takes commands as a session would, and ends them when a test says so.
private final class FakeSession: CommandTaker {
  private struct Taken {
    var command: OperatorCommand
    var sender: CommandSender
    var reason: String?
    var report: @Sendable (CommandRecord) -> Void
  }

  private let taken = Mutex<[Taken]>([])

  func take(
    _ command: OperatorCommand, sender: CommandSender, reason: String?,
    report: @escaping @Sendable (CommandRecord) -> Void
  ) {
    let id = taken.withLock { taken in
      taken.append(Taken(command: command, sender: sender, reason: reason, report: report))
      return taken.count
    }
    report(CommandRecord(id: id, verb: command.verb, sender: sender, stage: .acknowledged))
  }

  var commands: [OperatorCommand] { taken.withLock { $0.map(\.command) } }
  var senders: [CommandSender] { taken.withLock { $0.map(\.sender) } }

  func finish(_ id: Int, added: Range<UInt32>? = nil) {
    let (taken, report) = taken.withLock { ($0[id - 1], $0[id - 1].report) }
    report(
      CommandRecord(
        id: id, verb: taken.command.verb, added: added, sender: taken.sender,
        stage: .finished(.done("done"))))
  }
}

/// What a client was told.
private final class Heard: Sendable {
  let reports = Mutex<[Result<CommandReport, ControlError>]>([])
  let news = Mutex<[String?]>([])
  let hasEnded = Mutex(false)
  var all: [Result<CommandReport, ControlError>] { reports.withLock { $0 } }
  var newsCount: Int { news.withLock { $0.count } }

  func report(_ result: Result<CommandReport, ControlError>) { reports.withLock { $0.append(result) } }
}

@Suite struct ControlSocketTests {
  private let place: TemporaryDirectory
  private let session = FakeSession()
  private var path: String { place.path + "/socket" }

  init() throws { place = try TemporaryDirectory() }

  private func server(_ limits: ControlLimits = ControlLimits()) throws -> ControlServer {
    try ControlServer(path: path, session: "session.1", taker: session, limits: limits)
  }

  private func client(_ heard: Heard, isReadOnly: Bool = false, origin: String = "login1 pts/3") throws -> ControlClient
  {
    try ControlClient(
      path, session: "session.1", origin: origin, isReadOnly: isReadOnly,
      onNews: { problem in heard.news.withLock { $0.append(problem) } },
      onEnd: { heard.hasEnded.withLock { $0 = true } })
  }

  @Test func `a command goes through its stages, and the session knows who sent it`() async throws {
    let server = try server()
    let heard = Heard()
    let client = try client(heard)
    client.send(.cancel([TaskID(3)]), reason: "why", token: "t.1", report: heard.report)
    try await wait(for: "the acknowledgement") { heard.all.count == 1 }
    #expect(try heard.all[0].get() == CommandReport(command: 1, stage: .acknowledged))
    session.finish(1, added: 5..<8)
    try await wait(for: "the end") { heard.all.count == 2 }
    #expect(try heard.all[1].get().added == 5..<8)
    #expect(session.commands == [.cancel([TaskID(3)])])
    let user = String(cString: try #require(getpwuid(getuid())).pointee.pw_name)
    #expect(session.senders == [CommandSender(user: user, origin: "login1 pts/3", request: "t.1")])
    #expect(mode(.init(path)) == 0o600)
    client.close()
    server.close()
    #expect(!place.exists("socket"))
  }

  @Test func `a second controller is welcome`() async throws {
    let server = try server()
    let (first, second) = (Heard(), Heard())
    let clients = [try client(first, origin: "a"), try client(second, origin: "b")]
    clients[0].send(.drain, reason: nil, report: first.report)
    try await wait(for: "the first") { first.all.count == 1 }
    clients[1].send(.submit(.commands(CommandList(["true"]))), reason: nil, report: second.report)
    try await wait(for: "the second") { second.all.count == 1 }
    #expect(session.senders.map(\.origin) == ["a", "b"])
    server.close()
    try await wait(for: "both to see the end") { first.hasEnded.withLock { $0 } && second.hasEnded.withLock { $0 } }
    #expect(first.all.count == 2 && second.all.count == 2, "what had no end yet is told")
    withExtendedLifetime(clients) {}
  }

  @Test func `a read-only connection takes no commands`() async throws {
    let server = try server()
    let heard = Heard()
    let client = try client(heard, isReadOnly: true)
    client.send(.close(), reason: nil, report: heard.report)
    try await wait(for: "the refusal") { heard.all.count == 1 }
    guard case .failure(let problem) = heard.all[0] else { throw TestError("taken: \(heard.all)") }
    #expect(problem.description.contains("read-only") && session.commands.isEmpty)
    client.close()
    server.close()
  }

  @Test func `of the news the newest count, with what is wrong`() async throws {
    let server = try server()
    let heard = Heard()
    let client = try client(heard)
    client.follow()
    server.publish(position: 1, problem: nil)
    try await wait(for: "the first news") { heard.newsCount == 1 }
    for position in 2..<10_000 { server.publish(position: position, problem: nil) }
    server.publish(position: 10_000, problem: "the disk is full")
    try await wait(for: "the last news") { heard.news.withLock { $0.last == "the disk is full" } }
    #expect(heard.newsCount < 100, "not one each")
    client.close()
    server.close()
  }

  @Test func `followers that never read cost nothing and are told the newest`() async throws {
    var limits = ControlLimits()
    limits.interval = .microseconds(1)
    let server = try server(limits)
    let sleepers = try (0..<200).map { _ in try RawClient(path) }
    for sleeper in sleepers {
      sleeper.hello()
      sleeper.say(#"{"id":2,"request":"follow"}"# + "\n")
      #expect(sleeper.line() == #"{"id":2,"ok":true}"#)
    }
    // Far more than socket buffers hold.
    let long = String(repeating: "x", count: 20_000)
    let heard = Heard()
    let client = try client(heard)
    client.follow()
    for position in 0..<2000 {
      server.publish(position: position, problem: long)
      if position.isMultiple(of: 100) { await Task.yield() }
    }
    server.publish(position: 2000, problem: "last")
    try await wait(for: "a follower that reads") { heard.news.withLock { $0.last == "last" } }
    var last = ""
    while !last.contains("\"last\"") { last = try #require(sleepers[7].line()) }
    client.close()
    server.close()
  }

  @Test func `wrong input gets an error, and the others go on`() async throws {
    var limits = ControlLimits()
    limits.message = 1000
    limits.connections = 3
    let server = try server(limits)
    let raw = try RawClient(path)
    #expect(raw.line()?.hasPrefix(#"{"scalems_control":1,"session":"session.1""#) ?? false)
    raw.say(#"{"id":5,"request":"command","verb":"drain"}"# + "\n")
    #expect(raw.line() == #"{"id":5,"error":"say 'hello' first","code":"out_of_order"}"#)
    raw.say("\u{0}\u{1}garbage\n")
    #expect(raw.line()?.contains("this is no request") ?? false)
    raw.say(#"{"id":1,"request":"hello","version":1}"# + "\n")
    #expect(raw.line() == #"{"id":1,"ok":true}"#)
    // Too long, in one piece or in many.
    let second = try RawClient(path)
    second.hello()
    second.say(String(repeating: "a", count: 5000))
    #expect(second.line()?.contains("at most 1000 bytes") ?? false)
    #expect(second.line() == nil, "the connection is ended")
    let old = try RawClient(path)
    _ = old.line()
    old.say(#"{"id":1,"request":"hello","version":7}"# + "\n")
    #expect(old.line()?.contains("speaks version 1 of the protocol, not 7") ?? false)
    #expect(old.line() == nil)
    try await wait(for: "both to be forgotten") {
      // Each look is a connection, too.
      let probe = try RawClient(path)
      return probe.line()?.contains("scalems_control") ?? false
    }
    let others = try (0..<2).map { _ in try RawClient(path) }
    for other in others { other.hello() }
    let tooMany = try RawClient(path)
    try await wait(for: "the limit to be reached") {
      let next = try RawClient(path)
      return next.line()?.contains("3 connections already") ?? false
    }
    withExtendedLifetime(tooMany) {}
    raw.say(#"{"id":6,"request":"command","verb":"drain"}"# + "\n")
    #expect(raw.line() == #"{"id":6,"command":1,"stage":"acknowledged"}"#, "the first goes on")
    server.close()
  }

  @Test func `whoever asks and never listens is dropped`() async throws {
    let server = try server()
    let raw = try RawClient(path)
    let isDropped = Mutex(false)
    let text = String(repeating: "{\"id\":1,\"request\":\"" + String(repeating: "x", count: 900) + "\"}\n", count: 64)
    // A queue of its own: it blocks, which the threads of the cooperative pool must not.
    DispatchQueue(label: "asking").async {
      while raw.say(text) {}
      isDropped.withLock { $0 = true }
    }
    try await wait(for: "the end of the connection") { isDropped.withLock { $0 } }
    let heard = Heard()
    let other = try client(heard)
    other.send(.drain, reason: nil, report: heard.report)
    try await wait(for: "others to be served") { heard.all.count == 1 }
    other.close()
    server.close()
  }

  @Test func `a socket that a dead host left is replaced, a live one is not`() throws {
    let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(dead, $0, size) }
    }
    #expect(outcome == 0)
    close(dead)
    let server = try server()
    let problem = #expect(throws: ControlError.self) { try self.server() }
    #expect(problem?.description.contains("another host of session session.1") ?? false)
    server.close()
  }

  @Test func `another session's socket is not taken for ours`() throws {
    let server = try server()
    let problem = #expect(throws: ControlError.self) {
      try ControlClient(path, session: "session.2", origin: "x", isReadOnly: false)
    }
    #expect(problem?.description == "the socket is that of session session.1, not session.2")
    server.close()
    #expect(throws: ControlError.self) { try client(Heard()) }
  }
}
