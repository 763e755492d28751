import JSON
import SessionModel
import TestSupport
import Testing
import Work

@testable import Wire

/// Lines of scalems-top 0.1.0, and what it must be able to read.
@Suite struct CompatibilityTests {
  /// As 0.1.0 wrote it.
  private static let old =
    #"{"after":["grompp"],"argv":["gmx","-s"],"environment":{"A":"b"},"inputs":[{"action":"link","source":"client:///a","#
    + #""target":"task:///b"}],"name":"md","outputs":[],"pre_exec":["module load gmx\n"],"raptor":true,"resources":{"#
    + #""cores_per_rank":3,"gpus_per_rank":1,"ranks":2},"retries":2,"stderr":"md.err","stdin":{"file":{"_0":"in"}},"#
    + #""stdout":"md.out","timeout":90.25}"#

  private static let description = TaskDescription(
    name: "md", argv: ["gmx", "-s"], stdin: .file("in"), environment: ["A": "b"], stdout: "md.out", stderr: "md.err",
    inputs: [StagingDirective(source: "client:///a", target: "task:///b", action: .link)],
    resources: TaskResources(ranks: 2, coresPerRank: 3, gpusPerRank: 1), preExec: ["module load gmx\n"], timeout: 90.25,
    raptor: true, after: ["grompp"], retries: 2)

  private func read(_ json: String) throws -> TaskDescription {
    try Array(json.utf8).withUnsafeBytes { try TaskDescription.coding.value($0) }
  }

  @Test func `a description reads, and is written byte by byte, as by 0.1.0`() throws {
    #expect(try read(Self.old) == Self.description)
    #expect(String(decoding: Self.description.json, as: UTF8.self) == Self.old)
    let call = TaskDescription(
      name: "f", function: FunctionCall(module: "m", name: "g", args: [1, 2.0, "é"], kwargs: ["k": nil]),
      stdin: .text("x"))
    #expect(
      String(decoding: call.json, as: UTF8.self)
        == #"{"after":[],"argv":[],"environment":{},"function":{"args":"[1,2.0,\"é\"]","kwargs":"{\"k\":null}","module":"#
        + #""m","name":"g"},"inputs":[],"name":"f","outputs":[],"pre_exec":[],"raptor":true,"resources":{"#
        + #""cores_per_rank":1,"gpus_per_rank":0,"ranks":1},"retries":0,"stderr":"stderr","stdin":{"text":{"_0":"x"}},"#
        + #""stdout":"stdout"}"#)
  }

  @Test func `plain forms read, too, and what is absent has its default`() throws {
    #expect(try read("{}") == TaskDescription(name: ""))
    #expect(try read(#"{"name":"a","stdin":{"text":"x"}}"#).stdin == .text("x"))
    #expect(try read(#"{"name":"a","stdin":{"file":"x"}}"#).stdin == .file("x"))
    #expect(try read(#"{"name":"a","stdin":null,"timeout":null}"#) == TaskDescription(name: "a"))
    #expect(try read(#"{"name":"a","resources":{"ranks":3}}"#).resources == TaskResources(ranks: 3))
    #expect(
      try read(#"{"inputs":[{"source":"a","target":"b"}]}"#).inputs == [StagingDirective(source: "a", target: "b")])
    let call = try read(#"{"function":{"module":"m","name":"f","args":[1,2.0],"kwargs":{"a":[]}}}"#)
    #expect(call.function == FunctionCall(module: "m", name: "f", args: [1, 2.0], kwargs: ["a": []]) && call.raptor)
    #expect(try read(#"{"name":"a","later":{"x":[1]},"resources":{"nodes":2}}"#) == TaskDescription(name: "a"))
  }

  @Test(arguments: [
    (#"{"name":1}"#, "name is wrong: expected a string"), (#"{"argv":"x"}"#, "argv is wrong: expected ["),
    (#"{"argv":["a",1]}"#, "argv[1] is wrong: expected a string"),
    (#"{"environment":{"A":1}}"#, "environment.A is wrong: expected a string"),
    (#"{"resources":{"ranks":"2"}}"#, "resources.ranks is wrong: expected a whole number"),
    (#"{"resources":{"ranks":2.5}}"#, "resources.ranks is wrong: expected a whole number"),
    (#"{"resources":{"ranks":99999999999999999999}}"#, "resources.ranks is wrong: expected a number of at most"),
    (#"{"timeout":1e999}"#, "timeout is wrong: expected a number in range"),
    (#"{"timeout":"1"}"#, "timeout is wrong"), (#"{"raptor":1}"#, "raptor is wrong: expected true or false"),
    (#"{"stdout":null}"#, "stdout is wrong: expected a string"),
    (#"{"stdin":{}}"#, "stdin is wrong: expected either a text or a file"),
    (#"{"stdin":{"text":"a","file":"b"}}"#, "stdin is wrong: expected either a text or a file"),
    (#"{"stdin":{"text":1}}"#, "stdin.text is wrong"), (#"{"stdin":{"text":{"_1":"x"}}}"#, "stdin.text has no '_0'"),
    (#"{"inputs":[{"source":"a"}]}"#, "inputs[0] has no 'target'"),
    (#"{"inputs":[{"source":"a","target":"b","action":"eat"}]}"#, "inputs[0].action cannot be 'eat'"),
    (#"{"function":{"module":"m"}}"#, "function has no 'name'"),
    (#"{"function":{"module":"m","name":"f","args":"{}"}}"#, "function.args is wrong: expected ["),
    (#"{"function":{"module":"m","name":"f","args":"[NaN]"}}"#, "function.args"),
    (#"{"function":{"module":"m","name":"f","kwargs":[]}}"#, "function.kwargs is wrong: expected {"),
  ])
  func `what is wrong is named with its place`(_ json: String, _ words: String) throws {
    let problem = #expect(throws: JSONError.self) { try read(json) }
    #expect(problem?.description.hasPrefix(words) ?? false, "\(problem?.description ?? "")")
  }

  @Test func `the control socket refuses what it does not know of a task, and names it`() throws {
    func submit(_ item: String) throws(ControlError) -> ControlRequest {
      let line = #"{"id":4,"request":"command","verb":"submit","later":1,"items":[\#(item)]}"#
      return try Array(line.utf8).withUnsafeBytes { bytes in
        Result { () throws(ControlError) in try ControlRequest(line: bytes) }
      }.get()
    }
    #expect(throws: Never.self) { try submit(#"{"description":\#(Self.old),"shape":[]}"#) }
    #expect(throws: Never.self) { try submit(#"{"description":{"name":"a","argv":["x"]}}"#) }
    for (item, place) in [
      (#"{"description":{"name":"a","priority":1}}"#, "items[0].description.priority"),
      (#"{"description":{"resources":{"nodes":1}}}"#, "items[0].description.resources.nodes"),
      (#"{"description":{"inputs":[{"source":"a","target":"b","mode":1}]}}"#, "items[0].description.inputs[0].mode"),
      (#"{"description":{"function":{"module":"m","name":"f","init":1}}}"#, "items[0].description.function.init"),
      (#"{"description":{"stdin":{"text":"a","url":1}}}"#, "items[0].description.stdin.url"),
      (#"{"description":{},"shapes":[]}"#, "items[0].shapes"),
      (#"{"description":{},"shape":[]},{"description":{"Name":1}}"#, "items[1].description.Name"),
    ] {
      let problem = #expect(throws: ControlError.self) { try submit(item) }
      #expect(problem?.id == 4)
      #expect(
        problem?.description == "this is no request: \(place) is unknown to this version of the program",
        "\(problem?.description ?? "")")
    }
    let problem = #expect(throws: ControlError.self) { try submit(#"{"description":{"stdout":1}}"#) }
    #expect(problem?.description.hasPrefix("this is no request: items[0].description.stdout is wrong: ") ?? false)
    let long = #expect(throws: ControlError.self) {
      try submit(#"{"description":{"\#(String(repeating: "x", count: 100_000))\u001b":1}}"#)
    }
    #expect(long?.description.count ?? 0 < 300)
  }

  /// RADICAL-Pilot's workers of 0.1.0 had the values of functions as Python writes them.
  @Test func `a value of a function that is no JSON costs the value, not the event`() throws {
    let text = #"{"t":1,"event":"task","source":"engine","uid":"task.000001","state":"DONE","exit_code":0,"value":"#
    for (value, read) in [
      ("NaN", "null"), ("[1, -Infinity]", "[1, null]"), (#"{"NaN": NaN}"#, #"{"NaN": null}"#),
    ] {
      #expect(
        try event(text + value + "}")?.kind
          == .task(TaskID(1), .done, TaskResult(exitCode: 0, value: functionValue(read))))
    }
    let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
    #expect(
      try event(text + deep + "}")?.kind == .task(TaskID(1), .done, TaskResult(exitCode: 0, value: functionValue(deep)))
    )
    for value in ["nan", "[1", "1 2", "'x'", "NaN,,", "{NaN:1}"] {
      #expect(throws: (any Error).self) { try event(text + value + "}") }
    }
  }

  @Test func `members of a task's event may mean something else in an event of another kind`() throws {
    let later = #"{"t":1,"state":7,"user":[],"pid":"x","value":1,"event":"task.moved","source":"agent"}"#
    #expect(try event(later) == nil)
    #expect(throws: (any Error).self) { try event(later.replacing("task.moved", with: "task")) }
    #expect(throws: (any Error).self) { try event(#"{"t":1,"event":"task.moved",}"#) }
  }
}
