import JSON
import SessionModel
import TestSupport
import Testing
import Work

@testable import Wire

enum AgentSamples {
  static let configuration = AgentConfiguration(
    session: "s", sessionDirectory: "/s \"x\"", directoryIdentity: "64:12", clientDirectory: "/c", venv: "/v", cores: 4,
    gpus: 1, runtime: 90.25,
    pilot: "pilot.0000", killGrace: 1e-5, patience: 900, raptorCommand: ["/x", "scalems-raptor", "raptor"],
    placement: TaskPlacement(bindsCores: false, setsThreads: false), callLimit: 7, functions: 3)

  static let requests: [AgentRequest] = [
    .start(configuration), .hello, .batch(7, RoundTripTests.description),
    .addItem(
      ResolvedTask(
        id: TaskID(9), attempt: 3, label: "a.2", member: 2, resolved: TaskDescription(name: "a", argv: ["x"])),
      TaskSlots(cores: [3, 1], gpus: [0])),
    .addItem(
      ResolvedTask(
        id: TaskID(9), attempt: 1, label: "b", member: nil, resolved: TaskDescription(name: "b", argv: ["x"]))),
    .cancel([TaskID(1), TaskID(1_000_000)], grace: 0.25), .withdraw(4), .directory("1:2"), .startRaptor, .stopRaptor,
    .cancelRaptor, .stop,
  ]
}

@Suite struct AgentRequestTests {
  private func lines(_ write: (inout RequestWriter) -> Void) -> [[UInt8]] {
    var writer = RequestWriter()
    write(&writer)
    return writer.take().split(separator: 0x0a).map(Array.init)
  }

  private func read(_ line: [UInt8], _ reader: inout RequestReader) -> RequestReader.Outcome {
    line.withUnsafeBytes { reader.read($0) }
  }

  private func read(_ text: String) -> RequestReader.Outcome {
    var reader = RequestReader()
    return read(Array(text.utf8), &reader)
  }

  @Test func `every request reads back`() {
    for request in AgentSamples.requests {
      var reader = RequestReader()
      #expect(lines { $0.write(request) }.map { read($0, &reader) } == [.request(request)])
    }
  }

  @Test func `the tasks of a batch share a description, and each has its number or its command`() {
    var reader = RequestReader()
    let ensemble = TaskBatch(
      first: TaskID(5), description: Samples.description, members: .ensemble(first: 3, count: 2))
    let read = lines { $0.write(TaskID(6), attempt: 2, of: ensemble) }.map { self.read($0, &reader) }
    let item = ResolvedTask(
      id: TaskID(6), attempt: 2, label: "équilibrer.4", member: 4, resolved: ensemble.description(of: TaskID(6)))
    #expect(read == [.request(.batch(5, Samples.description)), .request(.addItem(item))])
    let list = TaskBatch(
      first: TaskID(8), description: TaskDescription(name: "c"),
      members: .commands(first: 0, CommandList(["/bin/echo {member}", "true"])))
    let command = lines { $0.write(TaskID(8), attempt: 1, of: list) }.map { self.read($0, &reader) }.last
    guard case .request(.addItem(let resolved, _)) = command else {
      Issue.record("no item")
      return
    }
    #expect(resolved.description.argv == ["/bin/sh", "-c", "/bin/echo {member}"])
    // An agent hands it on to its raptor as it is.
    #expect(lines { $0.write(.addItem(resolved)) }.map { self.read($0, &reader) } == [command])
  }

  @Test(arguments: ["", #","version":0"#, #","version":2"#, #","version":null"#, #","version":999999999999999999"#])
  func `a start of another version is answered with what is wrong`(_ version: String) {
    guard case .otherVersion(let words) = read(#"{"do":"start"\#(version),"configuration":{}}"#) else {
      Issue.record("taken")
      return
    }
    #expect(words.contains("speaks version 1 of the protocol of agents") && words.contains("the same scalems-top"))
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"do":1}"#, #"{"do":"dance"}"#, #"{"do":"start","version":1}"#,
    #"{"do":"start","version":"1","configuration":{}}"#, #"{"do":"start","version":1,"configuration":{"cores":"4"}}"#,
    #"{"do":"batch","description":{}}"#, #"{"do":"batch","batch":-1,"description":{}}"#,
    #"{"do":"batch","batch":4294967296,"description":{}}"#, #"{"do":"batch","batch":1}"#, #"{"do":"add_item"}"#,
    #"{"do":"add_item","n":1}"#, #"{"do":"add_item","n":-1,"description":{}}"#, #"{"do":"add_item","n":1,"batch":3}"#,
    #"{"do":"cancel"}"#, #"{"do":"cancel","uids":["x"],"grace":1}"#, #"{"do":"cancel","uids":[],"grace":"1"}"#,
    #"{"do":"withdraw"}"#, #"{"do":"stop"}x"#, #"{"do":"stop",}"#,
  ])
  func `a wrong request is a problem`(_ text: String) {
    guard case .problem(let words) = read(text) else {
      Issue.record("\(text) is taken")
      return
    }
    #expect(words.hasPrefix("not a request: "))
  }
}
