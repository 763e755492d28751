import Glibc
import Platform
import SessionModel
import Synchronization
import TestSupport
import Testing

@testable import RadicalWatch

/// A program that ends while it closes its session.
@Suite struct KilledTests {
  private final class Last: Sendable {
    let snapshot = Mutex(SessionSnapshot())
    var now: SessionSnapshot { snapshot.withLock { $0 } }
  }

  /// Its agents may run on: what it had not said is not known.
  @Test(arguments: [false, true])
  func `is said to have closed it when it has written so`(isInOrder: Bool) async throws {
    let place = try TemporaryDirectory()
    let session = try FakeSession(place)
    try place.write("1.0,advance,tmgr.0000,t,task.000000,NEW,\n", to: "\(session.site.session)/tmgr.0000.prof")
    let program = try Program(
      "/bin/sh", ["-c", "exec 9>> \(session.site.record); exec sleep 1000"], in: place.path)
    defer { program.signal(SIGKILL) }
    try await wait(for: "its record") { RadicalSighting.among([program.pid]).first?.owner != nil }
    let source = RadicalSource(session.site, RadicalSighting.among([program.pid]).first)
    defer { source.close() }
    let last = Last()
    source.open { update in if case .snapshot(let new) = update { last.snapshot.withLock { $0 = new } } }
    try await wait(for: "its wire") { session.subscribers == 2 }
    var message = MessagePackWriter()
    for word in ["cmd", "terminate"] {
      if word == "cmd" { message.map(1) }
      message.text(word)
    }
    session.publish(Array("control_pubsub ".utf8) + message.bytes)
    try await wait(for: "the close") { last.now.phase == .closing && last.now.tasks.count == 1 }
    if isInOrder { try place.write("{}", to: "\(session.site.session)/\(session.site.session).reg.json") }
    program.signal(SIGKILL)
    try await wait(for: "its end") { source.isHostGone || last.now.phase == .closed }
    #expect(source.isHostGone == !isInOrder && (last.now.phase == .closed) == isInOrder)
    #expect(last.now.tasks.count(in: .canceled) == (isInOrder ? 1 : 0))
  }
}
