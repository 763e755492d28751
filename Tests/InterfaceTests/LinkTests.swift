import SessionModel
import Terminal
import Testing

@testable import Interface

@Suite struct LinkTests {
  private static let files = LinkStatus(way: .files(delay: 1))

  private static func gone(_ fixture: Fixture) -> LinkStatus {
    LinkStatus(way: .files(delay: 1), host: .gone(since: fixture.now))
  }

  @Test func aQuietSessionIsNotStale() {
    var fixture = Fixture.busy(isOwned: false)
    fixture.link(Self.files)
    fixture.wait(300)
    #expect(fixture.header.hasSuffix("files 1 s  RUNNING  6:07  live"))
  }

  @Test func `a session that is being closed says by whom, or why, and what hurries it`() {
    var fixture = Fixture.busy()
    fixture.events(.sessionPhase(.closing, reason: "interrupted by signal 2"))
    #expect(fixture.screen().text.contains(" closing: interrupted by signal 2; X or Ctrl-C hurries it"))
    // There Ctrl-C only leaves.
    var other = Fixture.busy(isOwned: false)
    other.events(.sessionPhase(.closing, reason: nil))
    #expect(other.screen().text.contains(" closing; X hurries it"))
  }

  @Test func `a session without tasks that runs says how it gets some`() {
    var fixture = Fixture()
    fixture.open()
    #expect(fixture.screen().text.contains("scalems-top submit session.0042 WORKFLOW"))
    fixture.events(.sessionPhase(.closing, reason: nil))
    #expect(!fixture.screen().text.contains("submit"))
  }

  @Test func theWayIsShownWhereThereIsRoom() {
    var fixture = Fixture.busy(isOwned: false)
    fixture.link(LinkStatus(way: .socket))
    #expect(!fixture.header.contains("socket"))
    fixture.state.size.columns = 100
    #expect(fixture.header.hasSuffix("socket  RUNNING  1:07  live"))
    fixture.link(Self.files)
    fixture.state.size.columns = 50
    #expect(fixture.header.hasSuffix("files  RUNNING  1:07  live"))
    fixture.state.size = CellSize(rows: 90, columns: 80)
    fixture.press(.character("?"))
    #expect(fixture.screen().text.contains("go through files, looked at every second"))
  }

  @Test func phaseAndClockAreNeverPushedOut() {
    for isReadOnly in [false, true] {
      for host: LinkStatus.Host in [.alive, .silent(since: Fixture.start), .gone(since: Fixture.start)] {
        var fixture = Fixture.busy(isReadOnly: isReadOnly, isOwned: false)
        fixture.link(LinkStatus(way: .files(delay: 1), host: host))
        for columns in 40...200 {
          fixture.state.size.columns = columns
          let header = fixture.header
          #expect(header.contains("RUNNING  1:0") || header.contains("HOST GONE  1:0"), "\(columns): \(header)")
          #expect(header.hasPrefix(" water") || header.hasPrefix(" scalems-top"), "\(columns): \(header)")
        }
      }
    }
  }

  @Test func `of what is elsewhere the age of the files is shown`() {
    var fixture = Fixture.busy(isOwned: false)
    fixture.link(LinkStatus(way: .files(delay: 0.1), host: .elsewhere(asOf: fixture.now)))
    fixture.wait(7)
    #expect(fixture.header.hasSuffix("as of 7s ago"))
    fixture.wait(300)
    #expect(fixture.header.hasSuffix("as of 5m ago"))
  }

  @Test func `of another program's session its process and its heartbeat are seen, healthy and overdue`() {
    var fixture = Fixture.program(rows: 40, columns: 110)
    fixture.link(LinkStatus(way: .socket, heartbeat: fixture.now))
    fixture.wait(1)
    #expect(fixture.header.contains("free_energy.py  process 31415  "))
    #expect(fixture.header.hasSuffix("wire  READ-ONLY  RUNNING  1:08  heartbeat"))
    fixture.press(.character("4"))
    #expect(fixture.screen().text.contains("heartbeat    1 s ago, one every second"))
    #expect(fixture.screen().text.contains("from the session's own channels, and from its files"))
    fixture.wait(4)
    #expect(fixture.header.hasSuffix("heartbeat 5s ago"))
    fixture.link(LinkStatus(way: .socket, host: .silent(since: fixture.now)))
    fixture.wait(12)
    #expect(fixture.header.hasSuffix("no heartbeat for 12s"))
    #expect(fixture.screen().text.contains("heartbeat    none for 12 s"))
    // Nobody answers; its process is there.
    fixture.link(LinkStatus(way: .files(delay: 0.1)))
    #expect(fixture.header.hasSuffix("files 0.1 s  READ-ONLY  RUNNING  1:24  live"))
    #expect(fixture.screen().text.contains("heartbeat    not heard"))
    #expect(fixture.screen().text.contains("from its files alone, looked at every 0.1 s, the newest 1m old"))
    for columns in 40...120 {
      fixture.state.size.columns = columns
      #expect(fixture.header.contains("RUNNING  1:24"), "\(columns): \(fixture.header)")
    }
  }

  @Test func `what nobody knows of a pilot is not made up`() {
    var fixture = Fixture.program(rows: 40, columns: 110)
    fixture.press(.character("4"))
    var text = fixture.screen().text
    #expect(text.contains("nodes        2") && text.contains("cores        16 of 16 in use"))
    #expect(text.contains("gpus         0 of 2 in use") && text.contains("13:53 left"))
    var unknown = PilotStatus(uid: "pilot.0001", state: .active, cores: 0)
    unknown.isRuntimeKnown = false
    fixture.events(.pilot(unknown))
    text = fixture.screen().text
    #expect(text.contains("nodes        not known") && text.contains("cores        16 of an unknown number in use"))
    #expect(text.contains("time         time left not known") && !text.contains("no time limit"))
    #expect(text.contains("pilot  active  how many cores it has is not known"))
    unknown = PilotStatus(uid: "pilot.0002", state: .activePending, cores: 4, runtime: 600)
    fixture.events(.pilot(unknown))
    #expect(fixture.screen().text.contains("time         10:00 from when it is active"))
  }

  @Test func withItsHostGoneASessionStandsStillAndTakesNothing() {
    var fixture = Fixture.busy()
    let last = fixture.screen().text
    #expect(last.contains("1:05"))
    fixture.press(.character("D"))
    fixture.link(Self.gone(fixture))
    #expect(fixture.press(.character("y")) == [])
    #expect(fixture.state.notice?.text == "drain: the host of the session is gone")
    fixture.wait(600)
    // 4 s before the host was gone came the last fact.
    #expect(fixture.header.hasSuffix("HOST GONE  1:03  stale 10m"))
    #expect(fixture.screen().text.contains("1:01     - gmx"))
    for key in "cDSrRX" {
      #expect(fixture.press(.character(key)) == [])
      #expect(fixture.state.dialog == nil)
      #expect(fixture.state.notice?.text.hasSuffix("the host of the session is gone") == true)
    }
    #expect(fixture.press(.character("q")) == [.leave(.left)])
  }

  @Test func aSilentHostStillTakesCommands() {
    var fixture = Fixture.busy()
    fixture.link(LinkStatus(way: .files(delay: 1), host: .silent(since: fixture.now)))
    fixture.wait(180)
    #expect(fixture.header.hasSuffix("RUNNING  4:07  no sign of life for 3m"))
    #expect(fixture.press(.character("D"), .character("y")) == [.send(.drain, reason: nil)])
  }

  @Test func aProblemStaysUntilItIsSolved() {
    var fixture = Fixture.busy()
    let problem = "the journal cannot be written (No space left on device): events are kept in memory"
    fixture.link(LinkStatus(way: .socket, problem: problem))
    fixture.wait(100)
    #expect(fixture.screen().text(ofRow: 1).contains("No space left on device"))
    #expect(fixture.screen().style(row: 1, column: 1) == .warning)
    fixture.link(LinkStatus(way: .socket))
    #expect(!fixture.screen().text.contains("No space left"))
  }

  @Test func aClosedSessionNeedsNoHost() {
    var fixture = Fixture.closed()
    fixture.link(Self.gone(fixture))
    #expect(!fixture.screen().text.contains("HOST GONE"))
  }
}

extension Fixture {
  mutating func link(_ status: LinkStatus) { _ = state.update(.session(.link(status)), at: now) }

  var header: String {
    mutating get { screen().text(ofRow: 0) }
  }
}
