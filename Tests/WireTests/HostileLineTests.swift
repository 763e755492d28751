import TestSupport
import Testing
import Work

import SessionModel

@testable import Wire

/// Lines of a damaged journal, or of whoever writes to the socket: an error, never a crash.
@Suite struct HostileLineTests {
  @Test(arguments: [
    "", " ", "x", "null", "1", "[]", "{", "}", "{}", "{\"", "{\"t\"", "{\"t\":", "{\"t\":}", "{\"t\":1}", "{\"t\":1",
    #"{"t":1,"event":"task"}"#, #"{"event":"workflow.complete"}"#, #"{"t":"1","event":"workflow.complete"}"#,
    #"{"t":1,"event":1}"#, #"{"t":1,"event":"workflow.complete"}x"#, #"{"t":1,"event":"workflow.complete"}{}"#,
    #"{"t":1,"event":"task","uid":"task.000001"}"#, #"{"t":1,"event":"task","uid":"task.000001","state":"BORED"}"#,
    #"{"t":1,"event":"task","uid":"task.","state":"DONE"}"#, #"{"t":1,"event":"task","uid":"task.x","state":"DONE"}"#,
    #"{"t":1,"event":"task","uid":"task.+1","state":"DONE"}"#,
    #"{"t":1,"event":"task","uid":"task.4294967296","state":"DONE"}"#,
    #"{"t":1,"event":"task","uid":"job.000001","state":"DONE"}"#,
    #"{"t":1,"event":"task","uid":"task.000001","state":"DONE","exit_code":"0"}"#,
    #"{"t":1,"event":"task","uid":"task.000001","state":"DONE","exit_code":1.5}"#,
    #"{"t":9223372036854775807,"event":"workflow.complete"}"#, #"{"t":9000000000000,"event":"workflow.complete"}"#,
    #"{"t":1e3,"event":"workflow.complete"}"#, #"{"t":-,"event":"workflow.complete"}"#,
    #"{"t":1,"event":"session.phase","phase":"asleep"}"#, #"{"t":1,"event":"session.phase"}"#,
    #"{"t":1,"event":"pilot","uid":"p","state":"NEW","cores":"4","gpus":0}"#,
    #"{"t":1,"event":"pilot","uid":"p","state":"NEW","cores":4x,"gpus":0}"#,
    #"{"t":1,"event":"pilot","uid":"p","state":"NEW","cores":4}"#,
    #"{"t":1,"event":"tasks.added","first":-1,"count":1,"description":{"name":"a"}}"#,
    #"{"t":1,"event":"command","id":1,"verb":"explode","user":"u","stage":"requested"}"#,
    #"{"t":1,"event":"command","id":1,"verb":"drain","user":"u","stage":"pondered"}"#,
    #"{"t":1,"event":"command","id":1,"verb":"drain","user":"u","stage":"finished","outcome":"x"}"#,
    #"{"t":1,"event":"command","id":1,"verb":"cancel","uids":["x"],"user":"u","stage":"requested"}"#,
    #"{"t":1,"event":"command","id":1,"verb":"cancel","uids":["task.1","user":"u","stage":"requested"}"#,
    #"{"t":1,"event":"session.closed","session":"s","tasks":[],"wall_s":1,"exit":0}"#,
    #"{"t":1,"event":"session.closed","session":"s","tasks":{"DONE":"x"},"wall_s":1,"exit":0}"#,
    #"{"t":1,"event":"resource","name":"pilot","acquired":1}"#,
  ])
  func `a line that is no event is an error`(_ text: String) {
    #expect(throws: (any Error).self) { try event(text) }
  }

  @Test func `a batch whose numbers contradict each other is an error`() throws {
    func batch(_ members: String) -> String {
      let json = String(decoding: TaskDescription(name: "a", argv: ["x"]).json, as: UTF8.self)
      return "{\"t\":1,\"event\":\"tasks.added\",\"description\":\(json),\(members)}"
    }
    #expect(try event(batch(#""first":0,"count":1"#)) != nil)
    #expect(try event(batch(#""first":5,"count":3,"member":0"#)) != nil)
    for members in [
      #""first":-1,"count":1"#, #""first":4294967296,"count":1"#, #""first":4294967295,"count":2,"member":0"#,
      #""first":0,"count":-1,"member":0"#, #""first":0,"count":2"#, #""first":0,"count":0"#,
      #""first":0,"count":2,"member":-1"#, #""first":0,"count":2,"member":999999999999999999"#,
      #""first":0,"count":2,"member":0,"commands":["a"]"#, #""first":0,"count":1,"member":0,"commands":[1]"#,
      #""first":0,"count":1,"member":0,"commands":{"a":1}"#,
    ] {
      #expect(throws: (any Error).self, "\(members)") { try event(batch(members)) }
    }
  }

  @Test func `every truncation of every event is an error`() {
    for original in Samples.events {
      let bytes = line(original).dropLast()
      for length in 0..<bytes.count {
        #expect(throws: (any Error).self) { try event(bytes.prefix(length)) }
      }
    }
  }

  /// 20 × 5000 lines with bytes changed, doubled, cut and spliced; what still reads is taken up by a snapshot.
  @Test(arguments: 0..<20) func `a mutated line is an event or an error, never a crash`(_ seed: UInt64) async {
    var numbers = SeededNumbers(seed)
    let lines = Samples.events.map { Array(line($0).dropLast()) }
    var outcomes = (events: 0, unknown: 0, errors: 0)
    var snapshot = SessionSnapshot()
    for round in 0..<5000 {
      // Tests that wait for something run on the same few threads.
      if round % 100 == 0 { await Task.yield() }
      // Descriptions go through Foundation's decoder, which is slow: fewer of those.
      var bytes = lines[Int.random(in: 0..<lines.count, using: &numbers)]
      if bytes.count > 300, Int.random(in: 0..<8, using: &numbers) > 0 { bytes = lines[14] }
      bytes = mutated(bytes, with: lines, most: 4, using: &numbers)
      do {
        guard let read = try event(bytes) else {
          outcomes.unknown += 1
          continue
        }
        outcomes.events += 1
        snapshot.apply(read)
        // What was read can be written again.
        if let again = try event(line(read)) { _ = again } else { Issue.record("\(read) is lost when written") }
      } catch { outcomes.errors += 1 }
    }
    // Neither all refused nor all taken: the loop reaches both ways through the reader.
    #expect(outcomes.events > 50)
    #expect(outcomes.errors > 500)
    #expect(outcomes.unknown > 0)
  }

  @Test func `random bytes are an error`() {
    var numbers = SeededNumbers(7)
    for length in 0..<2000 {
      let bytes = (0..<(length % 64)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      #expect(throws: (any Error).self) { try event(bytes) }
    }
  }
}
