import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalWatch

/// How the end of a session is gone about: what is said was done.
@Suite struct ControlTests {
  private let place: TemporaryDirectory
  private let site: RadicalSite

  init() throws {
    place = try TemporaryDirectory()
    site = RadicalSite(session: "made.up", directory: place.path + "/made.up")
  }

  private func picture() -> RadicalPicture {
    var picture = RadicalPicture()
    for state in ["NEW", "PMGR_ACTIVE"] { picture.advance("pilot.0000", to: state, at: .now) }
    return picture
  }

  private func log(_ picture: RadicalPicture) -> [String] { picture.snapshot.log.map(\.text) }

  private func control(_ program: Program) -> RadicalControl {
    RadicalControl(site, owner: ProcessIdentity(of: program.pid), sender: CommandSender(user: "ann", origin: nil))
  }

  /// There is nobody whom an order could be given to.
  @Test func `pilots that nobody could be told to end were not told, and are not waited for`() async throws {
    let program = try Program("/bin/sleep", ["1000"], in: place.path)
    defer { program.signal(SIGKILL) }
    let control = control(program)
    var picture = picture()
    control.take(.close(), reason: nil, &picture)
    try await wait(for: "the next step") {
      _ = control.step(&picture, isOpen: true)
      return !isAlive(program.pid)
    }
    #expect(log(picture).contains("its pilots were not told to end: the session does not answer"))
    #expect(!log(picture).contains { $0.contains("were told") })
  }

  /// Users clean up while a session lives.
  @Test func `a session whose record was removed meanwhile is reached still, and believed as before`() throws {
    let session = try FakeSession(place)
    let address = try #require(RadicalRegistryAddress(of: session.site))
    unlink(session.site.record)
    #expect(RadicalBridges(of: session.site) == nil && RadicalBridges(of: session.site, known: address) != nil)
    session.state.withLock { $0.answers["cfg.sid"] = "another" }
    #expect(RadicalBridges(of: session.site, known: address) == nil)
  }

  @Test func `a program that is stopped goes on, so that it can end`() async throws {
    let program = try Program(
      "/bin/sh", ["-c", "trap 'exit 9' INT; : > began; while :; do sleep 0.1; done"], in: place.path)
    try await wait(for: "its beginning") { place.text("began") != nil }
    program.signal(SIGSTOP)
    let control = control(program)
    var picture = picture()
    try await wait(for: "its stop") { ProcessIdentity(of: program.pid)?.isStopped ?? false }
    control.take(.close(), reason: nil, &picture)
    try await wait(for: "its end") {
      _ = control.step(&picture, isOpen: true)
      return !isAlive(program.pid)
    }
    #expect(try await program.finish().exitCode == 9)
    #expect(log(picture).contains { $0.contains("was stopped, and goes on") })
  }

  @Test func `an order that a stopped program does not take is refused by that`() async throws {
    let program = try Program("/bin/sleep", ["1000"], in: place.path)
    defer { program.signal(SIGKILL) }
    program.signal(SIGSTOP)
    try await wait(for: "its stop") { ProcessIdentity(of: program.pid)?.isStopped ?? false }
    let control = control(program)
    var picture = picture()
    picture.advance("task.000000", to: "AGENT_EXECUTING", at: .now)
    control.take(.cancel([TaskID(0)]), reason: nil, &picture)
    try await wait(for: "the answer") {
      _ = control.step(&picture, isOpen: true)
      return picture.snapshot.commands.last?.stage.isFinished ?? false
    }
    guard case .finished(.failed(let failure))? = picture.snapshot.commands.last?.stage else {
      throw TestError("it was taken")
    }
    #expect("\(failure)".contains("kill -CONT \(program.pid)"))
  }
}
