import SessionModel
import Testing
import Work

@testable import Interface

@Suite struct FunctionDetailTests {
  /// The detail of a function of an ensemble that returned this.
  private func facts(value: String) -> [Fact] {
    var fixture = Fixture()
    fixture.open(raptor: true)
    let call = FunctionCall(module: "walks", name: "walk", args: ["{member}"], kwargs: ["steps": 20])
    fixture.events(
      .tasksAdded(
        TaskBatch(
          first: TaskID(0), description: TaskDescription(name: "walk", function: call),
          members: .ensemble(first: 0, count: 3))))
    fixture.move([2], .agentExecuting, TaskResult(pid: 17))
    fixture.move([2], .done, TaskResult(exitCode: 0, value: try? FunctionValue(value)))
    return fixture.state.factLines(of: TaskID(2), width: 40)
  }

  @Test func theCallAndItsValueAreShown() {
    let facts = facts(value: "42")
    #expect(facts.contains { $0.label == "function" && $0.value == "walks.walk(2, steps=20)" })
    #expect(facts.contains { $0.label == "value" && $0.value == "42" })
  }

  @Test func aLongValueIsCut() throws {
    let facts = facts(value: "[" + (0..<100_000).map(String.init).joined(separator: ", ") + "]")
    let start = try #require(facts.firstIndex { $0.label == "value" })
    let lines = facts[start...].prefix { $0.label == "value" || $0.label.isEmpty }
    #expect((3...4).contains(lines.count) && lines.last?.value.hasSuffix("…") ?? false)
    #expect(lines.allSatisfy { $0.value.count <= 25 })
  }
}
