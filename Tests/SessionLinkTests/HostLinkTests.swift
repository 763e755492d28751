@preconcurrency import Dispatch
import Glibc
import Platform
import SessionModel
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Wire

@testable import SessionLink

/// Answers every command, with what the journal says of it.
private final class Host: CommandTaker {
  let journal: Journal
  private let isSilent: Bool
  private let count = Mutex(0)

  init(_ directory: SessionDirectory, isSilent: Bool = false) throws {
    journal = try Journal(creating: directory.journal, session: "s", observer: { _, _ in })
    self.isSilent = isSilent
  }

  func take(
    _ command: OperatorCommand, sender: CommandSender, reason: String?,
    report: @escaping @Sendable (CommandRecord) -> Void
  ) {
    let id = count.withLock { count in
      count += 1
      return count
    }
    var record = CommandRecord(id: id, verb: command.verb, sender: sender, reason: reason, stage: .acknowledged)
    for stage in [CommandRecord.Stage.acknowledged, .finished(.done("done \(id)"))] {
      record.stage = stage
      journal.write([SessionEvent(source: .executor, .command(record))])
      if !isSilent { report(record) }
    }
  }
}

/// One way to a session: over its socket, through its files, and from the one to the other.
@Suite struct HostLinkTests {
  private let place: TemporaryDirectory
  private var directory: SessionDirectory { SessionDirectory(FilePath(place.path)) }
  private var socket: String { place.path + "/socket" }

  private let held: HeldDirectory

  init() throws {
    place = try TemporaryDirectory()
    held = try HeldDirectory(place.path)
  }

  private func link(isReadOnly: Bool = false) -> HostLink {
    HostLink(directory, origin: "login1 pts/3", isReadOnly: isReadOnly)
  }

  /// On a thread of its own: it blocks.
  private func inBackground<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "blocking").async { continuation.resume(returning: work()) }
    }
  }

  private func outcome(_ link: HostLink, waits: Bool = true) async -> Result<
    CommandReport, CommandError
  > {
    await inBackground {
      Result { () throws(CommandError) in
        try link.perform(.drain, reason: "why", waits: waits, until: .now + .seconds(20))
      }
    }
  }

  /// Takes what comes through the inbox.
  private func serveInbox(_ host: Host, until isDone: () -> Bool) async throws {
    let inbox = Inbox(held)
    try await wait(for: "the command in the inbox") {
      for item in inbox.take() {
        host.take(try item.command.get().0, sender: item.sender, reason: nil) { _ in }
      }
      return isDone()
    }
  }

  @Test func `on this machine a command goes over the socket`() async throws {
    let host = try Host(directory)
    let server = try ControlServer(path: socket, session: "s", taker: host)
    try HostRecord(session: "s", socket: socket).write(to: held)
    let link = link()
    #expect(
      await outcome(link) == .success(CommandReport(command: 1, stage: .finished(.done("done 1")))))
    #expect(await outcome(link, waits: false) == .success(CommandReport(command: 2, stage: .acknowledged)))
    #expect(link.way == .socket && link.problem == nil)
    server.close()
  }

  @Test func `without a socket it goes through the inbox, and the journal says how`() async throws {
    let host = try Host(directory)
    try Inbox(held).make()
    // Nobody listens there any more.
    try HostRecord(session: "s", socket: socket).write(to: held)
    let link = link()
    let isDone = Mutex(false)
    async let result = outcome(link)
    async let serving: Void = serveInbox(host) { isDone.withLock { $0 } }
    #expect(await result == .success(CommandReport(command: 1, stage: .finished(.done("done 1")))))
    isDone.withLock { $0 = true }
    try await serving
    #expect(
      link.connectionProblem
        == "no connection to the host of the session: nobody answers at \(socket): No such file or directory")
    #expect(link.way == .files(delay: 1))
  }

  @Test func `the last words of a host whose connection ends are in the journal`() async throws {
    let host = try Host(directory, isSilent: true)
    let server = try ControlServer(path: socket, session: "s", taker: host)
    try HostRecord(session: "s", socket: socket).write(to: held)
    let link = link()
    async let result = outcome(link)
    try await wait(for: "the command") { host.journal.end > 300 }
    server.close()
    #expect(await result == .success(CommandReport(command: 1, stage: .finished(.done("done 1")))))
  }

  @Test func `a host that accepts and says nothing is waited for no longer than asked`() async throws {
    _ = try Host(directory)
    try Inbox(held).make()
    let listener = try #require(Self.listen(at: socket))
    defer { close(listener) }
    try HostRecord(session: "s", socket: socket).write(to: held)
    let link = link()
    let took = await inBackground {
      ContinuousClock().measure {
        #expect(throws: CommandError.timedOut) {
          try link.perform(.drain, reason: nil, waits: true, until: .now + .milliseconds(300))
        }
      }
    }
    #expect(took < .seconds(3), "\(took)")
    #expect(
      link.connectionProblem == "no connection to the host of the session: the host of the session does not answer")
    #expect(place.exists("inbox") && !directoryIsEmpty("inbox"), "what was asked for goes on")
  }

  private func directoryIsEmpty(_ name: String) -> Bool { Inbox(held).take().isEmpty }

  private static func listen(at path: String) -> Int32? {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    return outcome == 0 && Glibc.listen(descriptor, 16) == 0 ? descriptor : nil
  }

  @Test func `whoever hosts nothing is gone, at once unless it was seen`() async throws {
    let host = try Host(directory)
    #expect(await outcome(link()) == .failure(.hostGone))
    let link = link()
    try Inbox(held).make()
    try HostRecord(session: "s", socket: nil).write(to: held)
    #expect(link.look() == .alive)
    HostRecord.remove(from: held)
    #expect(link.look() == .alive, "it may make its record again")
    host.journal.write([
      SessionEvent(source: .executor, .sessionClosed(SessionSummary(session: "s", tasks: [:], wall: 1, exitCode: 0)))
    ])
    #expect(link.look() != .alive, "a session that closed has no host")
    #expect(await outcome(link) == .failure(.sessionClosed))
  }

  @Test func `news end the waiting`() async throws {
    let host = try Host(directory)
    let server = try ControlServer(path: socket, session: "s", taker: host)
    try HostRecord(session: "s", socket: socket).write(to: held)
    let link = link(isReadOnly: true)
    let tail = try JournalTail(directory.journal, from: .end)
    let seen = Mutex(0)
    async let end = inBackground {
      link.follow(until: .now + .seconds(60)) { () throws(Never) in
        while let events = try? tail.events() { seen.withLock { $0 += events.count } }
        return seen.withLock { $0 } >= 3
      }
    }
    for number in 1...3 {
      host.journal.write([log("\(number)")])
      server.publish(position: host.journal.end, problem: nil)
      try await wait(for: "the news") { seen.withLock { $0 } == number }
    }
    #expect(await end == .done)
    server.close()
  }
}
