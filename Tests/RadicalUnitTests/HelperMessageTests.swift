import SessionModel
import TestSupport
import Testing
import Work

@testable import RadicalEngine

private func message(_ line: some Collection<UInt8>) throws -> HelperMessage {
  try Array(line).withUnsafeBytes { try HelperMessage(line: $0) }
}

private func message(_ line: String) throws -> HelperMessage { try message(Array(line.utf8)) }

private func task(_ line: String) throws -> (uid: String, state: String, time: Timestamp, record: TaskRecord?)? {
  guard case .task(let uid, let state, let time, let record) = try message(line) else { return nil }
  return (uid, state, time, record)
}

private func reply(_ line: String) throws -> (id: Int, reply: HelperReply)? {
  guard case .reply(let id, let reply) = try message(line) else { return nil }
  return (id, reply)
}

/// Lines as the helper writes them, one of each kind.
private let samples = [
  #"{"event":"hello","protocol":1,"python":"3.11.2","pid":4711,"rp_version":"1.103.2","new":["submit","cancel"]}"#,
  #"{"event":"hello","protocol":1,"python":"3.6.8","pid":4711,"error":"no radical.pilot in /usr (No module \"x\")"}"#,
  #"{"event":"session","uid":"rp.session.host.user.020779.0000","path":"/s/radical/rp.session.host"}"#,
  #"{"event":"heartbeat"}"#,
  #"{"event":"log","level":"warning","text":"radical.utils: a | \u00e9 \"quoted\" \\ word"}"#,
  #"{"event":"pilot","uid":"pilot.0000","state":"PMGR_ACTIVE","t":1785571200.123456,"resources":{"nodes":2,"cores_per_node":16,"mem_per_node":0.5}}"#,
  #"{"event":"pilot","uid":"pilot.0000","state":"FAILED","t":1785571201.5,"reason":"no such queue (/x/agent_0.err)"}"#,
  #"{"event":"task","uid":"task.000042","state":"AGENT_EXECUTING","t":1785571200.123456}"#,
  #"{"event":"task","uid":"task.000042.2","state":"FAILED","t":1785571200.25,"record":{"uid":"task.000042.2","exit_code":3,"stdout":"","stderr":"why\n","return_value":null,"exception":"RuntimeError(\"task failed\")","exception_detail":null,"resources":{"cpu":[1,2]},"slots":[{"cores":[0]}]}}"#,
  #"{"reply":1,"ok":true}"#,
  #"{"reply":2,"ok":true,"uid":"pilot.0000","sandbox":"/home/u/radical.pilot.sandbox/x","runtime":60}"#,
  #"{"reply":3,"ok":true,"uid":"rp.session.x","path":"/s","manager":"FORK"}"#,
  #"{"reply":4,"ok":false,"error":"RADICAL-Pilot knows no resource 'x'","names":["local.localhost","a.b"]}"#,
  #"{"reply":5,"ok":true,"hello":{"name":"ScaleMSRaptor","version":"1.0"},"state":null}"#,
]

@Suite struct HelperMessageTests {
  @Test func `a task's state`() throws {
    let told = try task(samples[7])
    #expect(told?.uid == "task.000042" && told?.state == "AGENT_EXECUTING" && told?.record == nil)
    #expect(told?.time == Timestamp(microseconds: 1_785_571_200_123_456))
  }

  @Test func `a task's end, whatever the order of the members`() throws {
    let told = try task(samples[8])
    #expect(told?.state == "FAILED" && told?.uid == "task.000042.2")
    #expect(
      told?.record == TaskRecord(exitCode: 3, stderr: "why\n", exception: "RuntimeError(\"task failed\")"))
    let turned = try task(#"{"record":{"return_value":"[1]"},"t":1,"state":"DONE","uid":"task.000001","event":"task"}"#)
    #expect(turned?.state == "DONE" && turned?.record == TaskRecord(returnValue: "[1]"))
    #expect(turned?.time == Timestamp(microseconds: 1_000_000))
  }

  @Test func `members of a record that are of no use as they are`() throws {
    for (member, expected) in [
      (#""exit_code":[0,0],"stderr":["a","b"],"return_value":[1,2]"#, TaskRecord()),
      (#""exit_code":null,"stderr":null,"exception":null,"exception_detail":null,"return_value":null"#, TaskRecord()),
      (#""exit_code":"3","stderr":3"#, TaskRecord()), (#""exit_code":3.5"#, TaskRecord()),
      (#""exit_code":99999999999999999999"#, TaskRecord()), (#""exit_code":3000000000"#, TaskRecord()),
      (#""exit_code":NaN,"stderr":"x""#, TaskRecord(stderr: "x")), (#""exit_code":-6"#, TaskRecord(exitCode: -6)),
      (#""exit_code":true,"stderr":{"a":1},"exception":"e""#, TaskRecord(exception: "e")),
      (#""exception_detail":"d\ne""#, TaskRecord(exceptionDetail: "d\ne")),
    ] {
      let told = try task(#"{"event":"task","uid":"task.000001","state":"DONE","t":1,"record":{\#(member)}}"#)
      #expect(told?.record == expected, "\(member)")
    }
    for record in ["null", "[]", "1", "\"x\""] {
      let told = try task(#"{"event":"task","uid":"task.000001","state":"DONE","t":1,"record":\#(record)}"#)
      #expect(told?.state == "DONE" && told?.record == nil, "\(record)")
    }
  }

  @Test func `a time that is none is now`() throws {
    for time in ["null", "\"x\"", "[]", "1e300", "-1e300", "99999999999999999999", "NaN", "Infinity", "true"] {
      let told = try task(#"{"event":"task","uid":"task.000001","state":"DONE","t":\#(time)}"#)
      #expect(abs(told?.time.seconds(since: .now) ?? 99) < 60, "\(time)")
    }
  }

  @Test func `a pilot's state`() throws {
    guard case .pilot(let uid, let state, let time, let record) = try message(samples[5]) else {
      Issue.record("no pilot")
      return
    }
    #expect(uid == "pilot.0000" && state == "PMGR_ACTIVE" && time == Timestamp(microseconds: 1_785_571_200_123_456))
    #expect(record.resources == ["nodes": 2, "cores_per_node": 16, "mem_per_node": 0.5])
    #expect(record.nodes == 2 && record.cores == 32 && record.gpus == nil && record.reason == nil)
    guard case .pilot(_, "FAILED", _, let failed) = try message(samples[6]) else {
      Issue.record("no failed pilot")
      return
    }
    #expect(failed == PilotRecord(reason: "no such queue (/x/agent_0.err)"))
  }

  @Test func `resources that are no numbers are left out`() throws {
    for (resources, expected) in [
      (#"{"nodes":1,"shared":true,"x":null,"y":"z","v":[1],"w":{"a":1}}"#, ["nodes": 1.0]), ("null", [:]),
      ("[1,2]", [:]), ("\"x\"", [:]), ("{}", [:]), (#"{"nodes":1e3,"a":-1.5,"b":NaN}"#, ["nodes": 1000, "a": -1.5]),
    ] {
      let line = #"{"event":"pilot","uid":"p","state":"PMGR_ACTIVE","t":1,"resources":\#(resources)}"#
      guard case .pilot(_, _, _, let record) = try message(line) else {
        Issue.record("no pilot in \(line)")
        continue
      }
      #expect(record.resources == expected, "\(resources)")
    }
  }

  @Test func `the first words`() throws {
    guard case .hello(let hello) = try message(samples[0]), case .hello(let sorry) = try message(samples[1]) else {
      Issue.record("no hello")
      return
    }
    #expect(hello.version == 1 && hello.rp == "1.103.2" && hello.python == "3.11.2" && hello.error == nil)
    #expect(sorry.rp == nil && sorry.error == "no radical.pilot in /usr (No module \"x\")")
  }

  @Test func `session, log and heartbeat`() throws {
    guard case .session("rp.session.host.user.020779.0000", "/s/radical/rp.session.host") = try message(samples[2]),
      case .heartbeat = try message(samples[3]), case .log(.warning, let text) = try message(samples[4])
    else {
      Issue.record("one of them is something else")
      return
    }
    #expect(text == "radical.utils: a | é \"quoted\" \\ word")
    guard case .log(.warning, "x") = try message(#"{"event":"log","level":"loud","text":"x"}"#)
    else {
      Issue.record("one of them is something else")
      return
    }
  }

  @Test func `replies`() throws {
    let good = try reply(samples[10])
    #expect(good?.id == 2 && good?.reply.ok == true && good?.reply.uid == "pilot.0000" && good?.reply.runtime == 60)
    #expect(good?.reply.sandbox == "/home/u/radical.pilot.sandbox/x" && good?.reply.error == nil)
    #expect(try reply(samples[11])?.reply.manager == "FORK")
    let bad = try reply(samples[12])
    #expect(bad?.reply.ok == false && bad?.reply.names == ["local.localhost", "a.b"])
    let hello = try reply(samples[13])?.reply.hello
    #expect(hello?.name == "ScaleMSRaptor" && hello?.version == "1.0")
  }

  @Test func `a reply with members of other types is one still`() throws {
    let odd = try reply(#"{"reply":6,"ok":true,"uid":[],"runtime":"x","hello":"hi","names":{},"state":3,"error":null}"#)
    #expect(odd?.id == 6 && odd?.reply.ok == true && odd?.reply.uid == nil && odd?.reply.hello == nil)
    // A close that nobody asked for has no id: it answers no request.
    #expect(try reply(#"{"reply":null,"ok":true}"#)?.id == 0)
    // What says not that it went well did not.
    #expect(try reply(#"{"reply":7}"#)?.reply.ok == false)
  }

  @Test(arguments: [
    "", " ", "x", "null", "1", "\"x\"", "[]", "{", "{}", "{\"event\"", "{\"event\":}", "{\"event\":\"task\"",
    #"{"event":"task"}x"#, #"{"event":"bored"}"#, #"{"event":null}"#, #"{"event":1}"#, #"{"event":["task"]}"#,
    #"{"uid":"task.000001","state":"DONE"}"#, "Traceback (most recent call last):", #"['event', 'task']"#,
  ])
  func `a line that is no message is an error`(_ line: String) {
    #expect(throws: (any Error).self) { try message(line) }
  }

  @Test func `every truncation is an error`() {
    for sample in samples {
      let bytes = Array(sample.utf8)
      for length in 0..<bytes.count { #expect(throws: (any Error).self) { try message(bytes[..<length]) } }
    }
  }

  /// 10 × 1000 lines with bytes changed, added, cut and spliced; what still reads is taken up.
  @Test(arguments: 0..<10) func `a mutated line is a message or an error, never a crash`(_ seed: UInt64) async {
    var numbers = SeededNumbers(seed)
    let lines = samples.map { Array($0.utf8) }
    var outcomes = (messages: 0, errors: 0)
    var tracker = TaskTracker()
    var pilot = PilotTracker()
    for round in 0..<1000 {
      // Tests that wait for something run on the same few threads.
      if round % 100 == 0 { await Task.yield() }
      let bytes = mutated(lines, most: 3, using: &numbers)
      guard let read = try? message(bytes) else {
        outcomes.errors += 1
        continue
      }
      outcomes.messages += 1
      switch read {
      case .task(let uid, let state, let time, let record):
        tracker.add(TaskID(42), attempt: 1, timeout: 1, isCall: round.isMultiple(of: 2))
        _ = tracker.receive(uid, state, at: time, record)
      case .pilot(let uid, let state, let time, let record):
        if pilot.isFinal { pilot = PilotTracker() }
        _ = PilotState(rawValue: state).flatMap { pilot.receive(uid, $0, at: time, record) }
      default: break
      }
    }
    // Neither all refused nor all taken.
    #expect(outcomes.messages > 50 && outcomes.errors > 200)
  }

  @Test func `deep nesting does no harm`() throws {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let deep = String(repeating: open, count: 100_000)
      #expect(throws: (any Error).self) { try message(#"{"event":"task","uid":"task.000001","record":\#(deep)"#) }
      let whole = deep + "1" + String(repeating: close, count: 100_000)
      // Refused or skipped, both are right.
      _ = try? message(#"{"event":"task","uid":"task.000001","state":"DONE","record":{"slots":\#(whole)}}"#)
    }
  }
}
