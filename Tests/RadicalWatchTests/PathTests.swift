import Testing

@testable import RadicalWatch

@Suite struct PathTests {
  @Test(arguments: [
    ("/home/me/radical.pilot.sandbox/run/pilot.0000", "run", "/home/me/radical.pilot.sandbox/run/pilot.0000"),
    ("/s/radical.pilot.sandbox/run.7/pilot.0001/t.0/t.1", "run.7", "/s/radical.pilot.sandbox/run.7/pilot.0001"),
    (
      "/s/radical.pilot.sandbox//rp.session.a//pilot.0000//x", "rp.session.a",
      "/s/radical.pilot.sandbox/rp.session.a/pilot.0000"
    ),
    ("/elsewhere/rp.session.a/pilot.0000/x", "rp.session.a", "/elsewhere/rp.session.a/pilot.0000"),
  ])
  func `a pilot's directory says whose it is`(_ path: String, _ session: String, _ directory: String) {
    let pilot = RadicalPath.pilot(above: path)
    #expect(pilot?.session == session && pilot?.directory == directory)
  }

  @Test(arguments: [
    "", "/", "/home/me/run", "/home/me/radical.pilot.sandbox", "/home/me/radical.pilot.sandbox/run",
    "/home/me/rp.session.a",
    "/home/me/pilot.0000/x",
  ])
  func `other directories are no pilot's`(_ path: String) { #expect(RadicalPath.pilot(above: path) == nil) }

  @Test func `files of a program are known by the id before them`() {
    #expect(RadicalPath.session(ofFile: "/w/run/run.prof") == "run")
    #expect(RadicalPath.session(ofFile: "/w/rp.session.a/tmgr.0000.prof") == "rp.session.a")
    #expect(RadicalPath.session(ofFile: "/w/run/run.7.log") == "run", "one that only writes is no owner")
    #expect(RadicalPath.session(ofFile: "/w/run/other.prof") == nil)
    #expect(RadicalPath.session(ofFile: "/w/run/run.txt") == nil)
    #expect(RadicalPath.session(ofFile: "/s/radical.pilot.sandbox/run/pilot.0000/run.prof") == nil)
  }
}
