import Platform
import Synchronization
import TestSupport
import Testing

@testable import RadicalWatch

/// What `status` hears of a session.
@Suite struct SignsTests {
  private let place: TemporaryDirectory
  private let session: FakeSession

  init() throws {
    place = try TemporaryDirectory()
    session = try FakeSession(place)
  }

  private func message(_ command: String) -> [UInt8] {
    var body = MessagePackWriter()
    body.map(1)
    body.text("cmd")
    body.text(command)
    return Array("control_pubsub ".utf8) + body.bytes
  }

  @Test func `a heartbeat is heard, and nothing else is taken for one`() async throws {
    let heard = Mutex<RadicalSigns?>(nil)
    let site = session.site
    _ = startThread { heard.withLock { $0 = RadicalSigns(of: site, owner: nil, limit: 60) } }
    try await wait(for: "the subscription") { session.subscribers == 1 }
    for other in ["rpc", "pmgr_heartbeats", ""] { session.publish(message(other)) }
    session.publish(Array("no message".utf8))
    session.publish(message("pmgr_heartbeat"))
    try await wait(for: "the answer") { heard.withLock { $0 != nil } }
    let signs = try #require(heard.withLock { $0 })
    #expect(signs.answers && signs.heartbeat != nil && signs.carrier == "wire")
  }

  @Test func `a session that says nothing is not called healthy`() {
    let signs = RadicalSigns(of: session.site, owner: nil, limit: 0.1)
    #expect(signs.answers && signs.heartbeat == nil && signs.words.hasPrefix("none within 1.5 s"))
  }

  @Test func `of one that does not answer only the files are known`() {
    session.state.withLock { $0.answers["cfg.sid"] = "another" }
    let signs = RadicalSigns(of: session.site, owner: nil)
    #expect(!signs.answers && signs.carrier == "files" && signs.words.hasPrefix("not heard"))
  }
}
