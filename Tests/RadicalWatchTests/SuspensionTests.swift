import Glibc
import Platform
import SessionModel
import Synchronization
import TestSupport
import Testing

@testable import RadicalWatch

/// Who listens is no burden when it stops, and never takes another session for the one it listened to.
@Suite struct SuspensionTests {
  private let place: TemporaryDirectory
  private let session: FakeSession
  private let wire: RadicalWire

  init() throws {
    place = try TemporaryDirectory()
    session = try FakeSession(place)
    wire = RadicalWire(session.site)
  }

  private func update(_ uid: String, _ state: String) -> [UInt8] {
    var writer = MessagePackWriter()
    writer.map(2)
    for word in ["cmd", "update", "arg"] { writer.text(word) }
    writer.map(2)
    for word in ["uid", uid, "state", state] { writer.text(word) }
    return Array("state_pubsub ".utf8) + writer.bytes
  }

  @Test func `sockets are closed when it is suspended, and opened for the same session only`() async throws {
    defer { wire.close() }
    wire.start()
    try await wait(for: "both subscriptions") { session.subscribers == 2 && wire.take().isConnected }
    wire.suspend()
    // Not by the thread that listens, which may be stopped by then.
    try await wait(for: "the ends of both") { session.subscribers == 0 }
    try await wait(for: "the word of it") { !wire.take().isConnected }
    #expect(session.state.withLock { $0.numbers.count } == 2, "nobody comes back while it is suspended")
    wire.resume()
    try await wait(for: "both again") { session.subscribers == 2 && wire.take().isConnected }
    session.publish(update("task.1", "DONE"))
    try await wait(for: "the news") { wire.take().updates["task.1"]?.state == "DONE" }
    wire.suspend()
    try await wait(for: "the ends of both again") { session.subscribers == 0 }
  }

  /// By its id, or, of programs that give an id twice, by its directory.
  @Test(arguments: ["cfg.sid", "cfg.path"])
  func `where another session answers by then, nobody asks again`(_ key: String) async throws {
    defer { wire.close() }
    mkdir(place.path + "/other", 0o700)
    wire.start()
    try await wait(for: "both subscriptions") { session.subscribers == 2 }
    wire.suspend()
    session.state.withLock { $0.answers[key] = key == "cfg.sid" ? "rp.session.other" : place.path + "/other" }
    let before = session.state.withLock { $0.questions }
    wire.resume()
    try await wait(for: "the question") { session.state.withLock { $0.questions } > before }
    try await wait(for: "its end") { wire.hasEnded }
    #expect(session.state.withLock { $0.numbers.count } == 2 && !wire.take().isConnected)
  }

  @Test func `a bridge that gives it up is asked again, and told how long to wait for a sign of life`() async throws {
    defer { wire.close() }
    wire.start()
    try await wait(for: "both subscriptions") { session.subscribers == 2 }
    // Ten seconds, in tenths.
    let ping: [UInt8] = [4, 7, 4] + Array("PING".utf8) + [0, 100]
    try await wait(for: "signs of life") {
      session.state.withLock { state in
        let all = state.heard.flatMap { $0 }
        return all.indices.count { all[$0...].starts(with: ping) } >= 2
      }
    }
    for number in session.state.withLock({ $0.numbers }) { shutdown(number, Int32(SHUT_RDWR)) }
    try await wait(for: "both again") { session.state.withLock { $0.numbers.count } == 4 && session.subscribers == 2 }
  }

  /// 127.0.0.2 is no address of any machine's interfaces, and leads to this one.
  @Test func `of a session elsewhere the age of its files is shown, and it is not called dead`() async throws {
    let far = try FakeSession(place, session: "far", host: "127.0.0.2")
    try place.write("100.0,advance,tmgr.0000,T,task.000001,NEW,\n", to: "far/tmgr.0000.prof")
    var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
    utimensat(AT_FDCWD, place.path + "/far/tmgr.0000.prof", &times, 0)
    let alone = RadicalReader(far.site, nil)
    alone.readAll(describes: false)
    #expect(alone.link.host == .elsewhere(asOf: Timestamp(seconds: 1000)) && !alone.isOver)
    #expect(alone.picture.snapshot.phase == .running && alone.picture.snapshot.tasks.count == 1)

    // Where its wire can be reached, that shows that it lives.
    let source = RadicalSource(far.site, nil)
    defer { source.close() }
    let links = Links()
    source.open { update in if case .link(let link) = update { links.add(link) } }
    try await wait(for: "its wire") { links.last == LinkStatus(way: .socket) }
    #expect(source.isReadOnly && !source.isHostGone)
    try place.write("{}", to: "far/far.reg.json")
    try place.write(#"{"tasks": {"task.000001": {"uid": "task.000001", "state": "DONE"}}}"#, to: "far/tmgr.0000.json")
    try await wait(for: "its end") { source.summary?.tasks == ["DONE": 1] }
  }

  @Test func `of a session here whose program is gone nothing is awaited`() {
    let reader = RadicalReader(session.site, nil)
    reader.readAll(describes: false)
    let isGone = if case .gone = reader.link.host { true } else { false }
    #expect(isGone && reader.isOver && session.state.withLock { $0.questions } == 0)
  }
}

private final class Links: Sendable {
  private let all = Mutex<[LinkStatus]>([])
  func add(_ link: LinkStatus) { all.withLock { $0.append(link) } }
  var last: LinkStatus? { all.withLock { $0.last } }
}
