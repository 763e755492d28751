import Glibc
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalWatch

@Suite struct ProfileTests {
  private func line(_ text: String) -> ProfileLine? { Array(text.utf8).withUnsafeBytes { ProfileLine($0) } }

  @Test func `a line says when, who and what`() throws {
    let advance = try #require(
      line("1795364150.2230899,advance,agent_executing.0000,Thread-2 (_work_loop),task.000000,AGENT_EXECUTING,a,b"))
    #expect(advance.time == Timestamp(microseconds: 1_795_364_150_223_089))
    #expect(advance.event == .advance && advance.uid == "task.000000" && advance.state == "AGENT_EXECUTING")
    #expect(advance.component.isEmpty)
    #expect(line("1,advance,tmgr.0000,MainThread,task.000000,NEW,")?.component == "tmgr.0000")
    #expect(line("1795364150,rank_start,x,MainThread,fn.1,,")?.event == .rankStart)
    #expect(line("1795364150.5,rank_stop,,,fn.1,,RP_EXEC_PID=1:RP_RANK_PID=2")?.event == .rankStop)
  }

  @Test(arguments: [
    "", "#time,event,comp,thread,uid,state,msg", "1.0,advance", "1.0,advance,,,,NEW,", "x,advance,a,b,task.0,NEW,",
    "-1,advance,a,b,task.0,NEW,", "1e9,advance,a,b,task.0,NEW,", "99999999999999999999,advance,a,b,t,NEW,",
    "1.0,advanced,a,b,task.0,NEW,", "1.0,put,a,b,task.0,NEW,",
  ])
  func `anything else says nothing`(_ text: String) { #expect(line(text) == nil) }

  @Test func `a file is read as it grows, whole lines at a time, and anew when it is shorter`() throws {
    let place = try TemporaryDirectory()
    func advance(_ number: Int, _ state: String) -> String { "\(number).0,advance,tmgr.0000,T,task.000001,\(state),\n" }
    try place.write(advance(1, "NEW") + "#time,event,comp,thread,uid,state,msg\n2.0,adv", to: "a.prof")
    var file = try ProfileFile(place.path + "/a.prof")
    func states() -> [String] {
      var states: [String] = []
      file.read { states.append($0.state) }
      return states
    }
    #expect(states() == ["NEW"])
    #expect(states() == [])
    let descriptor = open(place.path + "/a.prof", O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    let rest = Array("ance,tmgr.0000,T,task.000001,DONE,\n".utf8)
    #expect(write(descriptor, rest, rest.count) == rest.count)
    #expect(states() == ["DONE"])
    let short = Array(advance(3, "FAILED").utf8)
    #expect(ftruncate(descriptor, 0) == 0 && write(descriptor, short, short.count) == short.count)
    #expect(states() == ["FAILED"])
  }

  @Test func `of what is no file nothing is read, and nobody waits`() throws {
    let place = try TemporaryDirectory()
    #expect(mkfifo(place.path + "/a.prof", 0o600) == 0)
    #expect(throws: (any Error).self) { _ = try ProfileFile(place.path + "/a.prof") }
  }
}

@Suite struct PictureTests {
  private func line(_ second: Int, _ uid: String, _ state: String, by component: String = "tmgr.0000") -> ProfileLine {
    let text = "\(second).0,advance,\(component),T,\(uid),\(state),"
    return Array(text.utf8).withUnsafeBytes { ProfileLine($0) }!
  }

  @Test func `states rise, in whatever order they are told`() {
    let lines = [
      line(1, "task.000000", "NEW"), line(2, "task.000000", "TMGR_SCHEDULING"),
      line(3, "task.000000", "AGENT_EXECUTING", by: "agent_executing.0000"), line(5, "task.000000", "DONE"),
      line(1, "task.000001", "NEW"), line(4, "task.000001", "AGENT_EXECUTING", by: "agent_executing.0000"),
      line(1, "pilot.0000", "NEW", by: "pmgr.0000"), line(2, "pilot.0000", "PMGR_ACTIVE", by: "pmgr.0000"),
    ]
    for seed in 0..<50 as Range<UInt64> {
      var numbers = SeededNumbers(seed)
      var picture = RadicalPicture()
      // In one look or in many: what comes late changes nothing.
      var rest = lines.shuffled(using: &numbers)
      while !rest.isEmpty {
        let count = Int.random(in: 1...rest.count, using: &numbers)
        picture.take(Array(rest.prefix(count)))
        rest.removeFirst(count)
      }
      let tasks = picture.snapshot.tasks
      #expect(tasks.count == 2 && tasks.count(in: .done) == 1 && tasks.count(in: .running) == 1)
      #expect(picture.snapshot.pilot?.state == .active)
      #expect(picture.manager(of: "task.000001") == "tmgr.0000" && picture.manager(of: "pilot.0000") == "pmgr.0000")
    }
  }

  @Test func `a function runs when its rank does, whatever its state says`() {
    var picture = RadicalPicture()
    picture.take([line(1, "fn", "NEW"), line(2, "fn", "AGENT_SCHEDULING", by: "agent_scheduling.0000")])
    picture.take(["3.0,rank_start,w,T,fn,,"].map { Array($0.utf8).withUnsafeBytes { ProfileLine($0) }! })
    let tasks = picture.snapshot.tasks
    #expect(tasks.count(in: .running) == 1)
    #expect(tasks.details(of: TaskID(0))?.started == Timestamp(seconds: 3))
  }

  @Test func `what a session runs on is known when it has a pilot`() {
    var picture = RadicalPicture()
    let info = SessionInfo(
      id: "s", name: "s", engine: "radical", resource: RadicalPicture.unknownResource, user: "u", host: "h", pid: 1,
      directory: "/d")
    picture.apply(.sessionOpened(info), at: Timestamp(seconds: 1))
    var facts = PilotFacts(uid: "pilot.0000")
    picture.take(facts)
    #expect(picture.snapshot.info?.resource == "unknown")
    facts.resource = "tacc.frontera"
    picture.take(facts)
    facts.resource = "local.localhost"
    picture.take(facts)
    #expect(picture.snapshot.info?.resource == "tacc.frontera")
  }

  @Test func `a raptor's workers are its own`() {
    var picture = RadicalPicture()
    func script(_ raptor: String) -> String {
      "$RP_PROF rank_start \"\"\nradical-pilot-raptor-worker \"\" \"DefaultWorker\" \"\(raptor)\" &"
    }
    picture.take([
      line(1, "one", "AGENT_EXECUTING"), line(1, "one.0000", "AGENT_EXECUTING"), line(1, "w", "AGENT_EXECUTING"),
      line(1, "other.0000", "AGENT_EXECUTING"), line(1, "one.0001", "AGENT_EXECUTING"),
    ])
    picture.describe(TaskScript.facts(of: "one", "$RP_PROF rank_start \"\"\nradical-pilot-raptor-master x &"))
    picture.describe(TaskScript.facts(of: "one.0000", script("one")))
    picture.describe(TaskScript.facts(of: "w", script("one")))
    picture.describe(TaskScript.facts(of: "other.0000", script("other")))
    // By its name only that of this raptor: it works for the other.
    picture.describe(TaskScript.facts(of: "one.0001", script("other")))
    #expect(
      picture.workers(of: "one") == ["one.0000", "w"] && picture.workers(of: "other") == ["one.0001", "other.0000"])
    #expect(picture.workers.count == 4 && picture.workers(of: "on") == [])
  }

  @Test func `a task is called what its program calls it, and described when that is known`() {
    var picture = RadicalPicture()
    picture.take([
      line(1, "sim.42", "NEW"), line(2, "sim.42", "AGENT_EXECUTING"), line(1, "pilot.0000", "PMGR_ACTIVE"),
    ])
    let id = TaskID(0)
    #expect(picture.uid(of: id) == "sim.42" && picture.snapshot.tasks.label(of: id) == "sim.42")
    #expect(picture.nextUndescribed(10) == ["sim.42"] && picture.nextUndescribed(10) == [])
    let script = """
      export RP_TASK_NAME="gmx"
      export RP_CORES_PER_RANK=4
      export RP_RANKS=2
      $RP_PROF rank_start ""
      /usr/bin/gmx "mdrun" &
      """
    picture.describe(TaskScript.facts(of: "sim.42", script))
    #expect(picture.snapshot.tasks.label(of: id) == "gmx" && picture.snapshot.tasks.coresInUse == 8)
    #expect(picture.snapshot.tasks.commandLine(of: id) == "/usr/bin/gmx \"mdrun\"")
    picture.take([line(3, "sim.42", "DONE")])
    #expect(picture.snapshot.tasks.coresInUse == 0)
  }
}

@Suite struct EndingTests {
  @Test func `each step gets its time, and none is skipped`() {
    var ending = RadicalEnding(at: 100)
    #expect(ending.next(at: 100) == .killPilots)
    #expect(ending.next(at: 105.9) == nil)
    #expect(ending.next(at: 106) == .signal(SIGINT))
    #expect(ending.next(at: 115) == nil)
    #expect(ending.next(at: 116) == .signal(SIGTERM))
    #expect(ending.next(at: 119) == .giveUp)
    #expect(ending.next(at: 1e9) == nil)
  }

  @Test func `who hurries skips waits, and not steps`() {
    var ending = RadicalEnding(at: 0)
    var steps: [RadicalEnding.Step] = []
    for _ in 0..<6 {
      ending.hurry()
      if let step = ending.next(at: 0) { steps.append(step) }
    }
    #expect(steps == [.killPilots, .signal(SIGINT), .signal(SIGTERM), .giveUp])
  }

  /// RADICAL-Pilot may end before it has written how its pilot did.
  @Test func `a session that was closed has no pilot and no task that goes on`() {
    var picture = RadicalPicture()
    let time = Timestamp(seconds: 1)
    for state in ["PMGR_ACTIVE_PENDING", "PMGR_ACTIVE"] { picture.advance("pilot.0000", to: state, at: time) }
    picture.advance("pilot.0001", to: "DONE", at: time)
    picture.advance("task.000000", to: "AGENT_EXECUTING", at: time)
    picture.endAll(at: time)
    #expect(picture.livePilots == [] && picture.snapshot.tasks.count(in: .canceled) == 1)
    picture.advance("pilot.0000", to: "PMGR_ACTIVE", at: time)
    #expect(picture.livePilots == [])
  }
}
