import Testing

@testable import Leftovers

/// A session may be called by any word: what only has the word is not its.
@Suite struct MarkTests {
  private let mark = RadicalMark("run", directory: "/w/run", hasSandbox: true)
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func `a made-up id counts where RADICAL-Pilot puts it`() {
    #expect(mark.isIn(bytes("/h/radical.pilot.sandbox/run/pilot.0000")))
    #expect(mark.isIn(bytes("bash\0-l\0/h/radical.pilot.sandbox/run/pilot.0000//bootstrap_0.sh")))
    #expect(mark.isTask(bytes("A=b\0RP_SESSION_ID=run\0C=d")) && mark.isTask(bytes("RP_SESSION_ID=run")))
    #expect(mark.isDirectory(bytes("/w/run")))
    #expect(mark.isHeldFile(bytes("/w/run/run.reg.init.json")) && mark.isHeldFile(bytes("/w/run/run.proxy.log")))
  }

  @Test(arguments: [
    "run", "/home/run", "/home/run/x", "/w/run", "make run all", "/h/radical.pilot.sandbox/run.7/pilot.0000",
    "/h/radical.pilot.sandbox/rerun/pilot.0000", "/h/radical.pilot.sandbox/run",
  ])
  func `and nowhere else`(_ text: String) { #expect(!mark.isIn(bytes(text))) }

  @Test func `nor in the variables, files and directories of others`() {
    for text in ["RP_SESSION_ID=run.7", "RP_SESSION_ID=rerun", "OLDPWD=/h/radical.pilot.sandbox/run/pilot.0000"] {
      #expect(!mark.isTask(bytes(text)), "\(text)")
    }
    for text in ["/other/run", "/w/run/x", "/w/run.7"] { #expect(!mark.isDirectory(bytes(text)), "\(text)") }
    for text in ["/other/run/run.reg.init.json", "/w/run/run.prof", "/w/run.7/run.7.proxy.log"] {
      #expect(!mark.isHeldFile(bytes(text)), "\(text)")
    }
  }

  /// Another one of the same id lives, and has the same sandbox.
  @Test func `what a live session may have made is nobody's`() {
    let shared = RadicalMark("run", directory: "/w/run", hasSandbox: false)
    #expect(!shared.isIn(bytes("/h/radical.pilot.sandbox/run/pilot.0000")))
    #expect(!shared.isTask(bytes("RP_SESSION_ID=run")))
    #expect(shared.isHeldFile(bytes("/w/run/run.proxy.log")))
  }

  @Test func `an id of RADICAL-Pilot's own counts wherever it stands`() {
    let mark = RadicalMark("rp.session.4fb0.0000", directory: nil, hasSandbox: true)
    #expect(
      mark.isIn(bytes("/any/rp.session.4fb0.0000/pilot.0000")) && mark.isIn(bytes("x --sid rp.session.4fb0.0000")))
    #expect(!mark.isIn(bytes("/any/rp.session.4fb0.00001")))
    for id in ["", "a/b"] { #expect(!RadicalMark(id, directory: nil, hasSandbox: true).isIn(bytes("/x/a/b/y"))) }
  }
}
