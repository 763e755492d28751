import Glibc
import Platform
import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalWatch

/// Whatever lies where RADICAL-Pilot has its files: nothing hangs, nothing is believed that is not said.
@Suite struct HostileFileTests {
  private let place: TemporaryDirectory
  private let session = "rp.session.hostile"
  private var directory: String { "\(place.path)/\(session)" }
  private var pilot: String { "\(place.path)/radical.pilot.sandbox/\(session)/pilot.0000" }

  init() throws {
    place = try TemporaryDirectory()
    for path in [
      directory, "\(place.path)/radical.pilot.sandbox", "\(place.path)/radical.pilot.sandbox/\(session)", pilot,
    ] {
      mkdir(path, 0o700)
    }
    try place.write(
      advance("task.000000", "NEW") + advance("task.000000", "AGENT_EXECUTING"), to: "\(session)/tmgr.0000.prof")
  }

  private func advance(_ uid: String, _ state: String, time: String = "5.0") -> String {
    "\(time),advance,tmgr.0000,T,\(uid),\(state),\n"
  }

  private func load() -> SessionSnapshot {
    RadicalSource(RadicalSite(session: session, directory: directory, pilots: [pilot]), nil).load()
  }

  @Test func `what is no file is passed over`() throws {
    for (number, name) in ["tmgr.0001.prof", "pmgr.0000.json", "tmgr.0000.json", "\(session).reg.init.json"]
      .enumerated()
    {
      // A directory, a pipe, a link to itself, a link to a device.
      switch number {
      case 0: mkdir("\(directory)/\(name)", 0o700)
      case 1: mkfifo("\(directory)/\(name)", 0o600)
      case 2: symlink(name, "\(directory)/\(name)")
      default: symlink("/dev/zero", "\(directory)/\(name)")
      }
    }
    mkfifo("\(directory)/x.prof", 0o600)
    symlink("/dev/zero", "\(directory)/y.prof")
    symlink("/nowhere", "\(directory)/z.prof")
    symlink(".", "\(pilot)/task.000000")
    mkfifo("\(pilot)/agent_0.cfg", 0o600)
    let snapshot = load()
    #expect(snapshot.tasks.count == 1 && snapshot.tasks.state(of: TaskID(0)) == .agentExecuting)
  }

  @Test func `numbers that no machine has are not calculated with`() throws {
    let huge = "9223372036854775807"
    try place.write(
      #"{"pid": "pilot.0000", "cores": \#(huge), "gpus": -1, "runtime": 1e308, "resource": "r"}"#,
      to: "radical.pilot.sandbox/\(session)/pilot.0000/agent_0.cfg")
    mkdir("\(pilot)/task.000000", 0o700)
    try place.write(
      """
      export RP_RANKS=\(huge)
      export RP_CORES_PER_RANK=\(huge)
      export RP_GPUS_PER_RANK=-9223372036854775808
      export RP_TASK_NAME="a
      """, to: "radical.pilot.sandbox/\(session)/pilot.0000/task.000000/task.000000.exec.sh")
    try place.write(
      advance("pilot.0000", "PMGR_ACTIVE", time: "99999999999.9999999999") + advance("task.000000", "DONE", time: "0")
        + advance("task.000001", "FAILED", time: "99999999999.0"), to: "\(session)/pmgr.0000.prof")
    try place.write(
      #"""
      {"tasks": {"task.000001": {"uid": "task.000001", "state": "FAILED", "exit_code": \#(huge), "description":
      {"ranks": -1, "cores_per_rank": 1e300, "gpus_per_rank": 1e18}}, "x": {"uid": 5, "state": []}}}
      """#, to: "\(session)/tmgr.0000.json")
    try place.write("", to: "\(session)/\(session).reg.json")
    let snapshot = load()
    #expect(snapshot.tasks.count == 2 && snapshot.tasks.coresInUse == 0)
    #expect(snapshot.tasks.details(of: TaskID(1))?.exitCode == nil)
    #expect(snapshot.pilot?.cores == 0 && snapshot.pilot?.runtime == nil)
  }

  @Test func `names lead to no other place`() throws {
    try place.write("secret", to: "outside.out")
    try place.write(advance("../../outside", "AGENT_EXECUTING"), to: "\(session)/a.prof")
    let site = RadicalSite(session: session, directory: directory, pilots: [pilot])
    let reader = RadicalReader(site, nil)
    reader.readAll(describes: true)
    let tasks = reader.picture.snapshot.tasks
    #expect(Set((0..<tasks.count).map { tasks.uid(of: TaskID($0)) }) == ["task.000000", "../../outside"])
  }

  /// Of a gigabyte of zeros, which takes no place on a disk, behind it a line.
  @Test func `a line of a gigabyte is passed over with all that belongs to it`() throws {
    let path = "\(directory)/long.prof"
    let file = open(path, O_RDWR | O_CREAT, 0o600)
    defer { close(file) }
    func write(_ text: String, at place: off_t) { _ = pwrite(file, text, text.utf8.count, place) }
    let end: off_t = 1 << 30
    ftruncate(file, end)
    // In its midst something that looks like one.
    write("1.0,advance,tmgr.0000,T,task.000666,DONE,", at: 1 << 20)
    write("\n" + advance("task.000001", "DONE"), at: end)
    write(advance("task.000002", "DONE").dropLast() + "", at: end + 60)
    var profile = try ProfileFile(path)
    var lines: [ProfileLine] = []
    profile.read { lines.append($0) }
    #expect(lines.map(\.uid) == ["task.000001"])
  }

  /// Files of any bytes, and real lines with any byte changed.
  @Test func `no bytes end the reader`() throws {
    var numbers = SeededNumbers(11)
    let whole = Array(
      ("#time,event,comp,thread,uid,state,msg\n" + advance("task.000001", "AGENT_EXECUTING")
        + "6.0,rank_start,w,T,fn,,\n7.0,rank_stop,w,T,fn,,RP_EXEC_PID=1\n" + advance("pilot.0000", "PMGR_ACTIVE")).utf8)
    var picture = RadicalPicture()
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...8, using: &numbers) {
        let place = Int.random(in: 0..<bytes.count, using: &numbers)
        switch Int.random(in: 0..<3, using: &numbers) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(30), at: place)
        }
      }
      var lines: [ProfileLine] = []
      for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
        Array(line).withUnsafeBytes { if let line = ProfileLine($0) { lines.append(line) } }
      }
      picture.take(lines)
      picture.describe(TaskScript.facts(of: "task.000001", String(decoding: bytes, as: UTF8.self)))
    }
    #expect(picture.snapshot.tasks.count > 0)
  }

  @Test func `no frames end a connection in any other way than as its end`() throws {
    var numbers = SeededNumbers(12)
    for round in 0..<500 {
      let pair = try SocketPair()
      pair.ours.setNonBlocking()
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...6, using: &numbers) {
        let body = (0..<Int.random(in: 0...40, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        switch Int.random(in: 0..<5, using: &numbers) {
        case 0: bytes += [0, UInt8(body.count)] + body
        case 1: bytes += [4, 7, 4] + Array("PING".utf8) + [0, 1]
        // Lengths that are not, or that nobody has the memory for.
        case 2: bytes += [2] + (0..<8).map { _ in UInt8.random(in: 0...255, using: &numbers) } + body
        case 3: bytes += [2, 0, 0, 0, 0, 0, 0, 0, UInt8(body.count)] + body
        default: bytes += body
        }
      }
      _ = send(pair.theirs.number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      shutdown(pair.theirs.number, Int32(SHUT_WR))
      let connection = ZMTPConnection(pair.ours)
      var count = 0
      let wire = RadicalWire(RadicalSite(session: "s", directory: "/nowhere"))
      while case .message(let message) = connection.receive(limit: 0) {
        wire.take(message)
        count += 1
      }
      #expect(connection.receive(limit: 0) == .ended && count <= 200, "round \(round)")
    }
  }
}
