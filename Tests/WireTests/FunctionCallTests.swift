import JSON
import SessionModel
import TestSupport
import Testing
import Work

@testable import Wire

@Suite struct FunctionCallTests {
  private static let call = FunctionCall(
    module: "pkg.md", name: "Run.start",
    args: [1, 2.0, -0.5, "a \"b\"\n", true, nil, [], [:], ["{member}", ["x": "seed {member}"]]],
    kwargs: ["n": "{member}", "big": .int(.max), "small": .double(.leastNonzeroMagnitude), "large": 1e300])

  @Test func `values read back as they were written, decimal numbers as such`() throws {
    let values = Self.call.args + Self.call.kwargs.values + hostileTexts.map(JSONValue.string)
    for value in values + [.array(values), .object(["a": .array(values)])] {
      #expect(try JSONValue(json: value.json) == value)
    }
    #expect(JSONValue.array([2.0, 2]).json == "[2.0,2]")
    #expect(try JSONValue(json: " [1 , {\"a\" : 2.5e3 , \"b\":null} ] ") == [1, ["a": 2500.0, "b": nil]])
    #expect(JSONValue.double(.infinity).json == "null")
  }

  @Test(arguments: ["", "nul", "[1", "{\"a\":}", "1 2", "inf", "nan", "0x1", "1e999", "]", "\"a"])
  func `what is no JSON is refused`(text: String) {
    #expect(throws: (any Error).self) { try JSONValue(json: text) }
  }

  @Test func `deep nesting is refused before it exhausts the stack`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try JSONValue(json: nested(JSONValue.depthLimit)) }
    #expect(throws: JSONScanner.SyntaxError.self) { try JSONValue(json: nested(100_000)) }
  }

  @Test func `a description with a function reads back`() throws {
    let description = TaskDescription(name: "f", function: Self.call)
    #expect(description.raptor && description.argv.isEmpty)
    #expect(try description.json.withUnsafeBytes { try TaskDescription.coding.value($0) } == description)
    let plain = TaskDescription(name: "f", function: FunctionCall(module: "m", name: "f"))
    #expect(try plain.json.withUnsafeBytes { try TaskDescription.coding.value($0) } == plain)
  }

  @Test func `a whole argument is the number of the member, elsewhere its digits`() throws {
    let batch = TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "f", function: Self.call),
      members: .ensemble(first: 3, count: 2))
    let call = try #require(batch.description(of: TaskID(1)).function)
    #expect(call.args.last == [4, ["x": "seed 4"]] && call.kwargs["n"] == 4)
  }

  @Test func `people see the call`() {
    let call = FunctionCall(
      module: "m", name: "f", args: [1, "a", ["{member}", 2.0]], kwargs: ["x": 2, "b": ["k": "in {member}"]])
    let batch = TaskBatch(
      first: TaskID(0), description: TaskDescription(name: "f", function: call),
      members: .ensemble(first: 0, count: 9))
    #expect(batch.commandLine(of: TaskID(7)) == #"m.f(1, "a", [7, 2.0], b={"k": "in 7"}, x=2)"#)
    #expect(FunctionCall(module: "m", name: "f").description == "m.f()")
  }

  @Test(arguments: ["42", "null", "\"a}\"", "{\"a\": [1, {\"b\": \"]\"}]}", "-1.5e-7", "[]", "true"])
  func `a value is in the event as it is, and the table keeps it`(value: String) throws {
    let id = TaskID(0)
    let done = SessionEvent(
      time: at(1), source: .raptor, .task(id, .done, TaskResult(exitCode: 0, reason: "r", value: functionValue(value))))
    #expect(String(decoding: line(done), as: UTF8.self).contains(",\"value\":\(value)}"))
    #expect(try event(line(done)) == done)
    var table = TaskTable()
    table.add(TaskBatch(first: id, description: TaskDescription(name: "f"), members: .single), at: at(0))
    #expect(table.details(of: id)?.value == nil)
    table.move(id, to: .done, at: at(1), result: TaskResult(value: functionValue(value)))
    #expect(table.details(of: id)?.value == value)
  }
}
