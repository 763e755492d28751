import Testing
import Work

@testable import Executor

/// Work that is offered later meets the targets of what the session has.
@Suite struct TargetOfferTests {
  private func item(_ name: String, _ target: String, count: Int? = nil, after: [String] = []) -> WorkItem {
    WorkItem(
      TaskDescription(
        name: name, argv: ["x"], outputs: [StagingDirective(source: "o", target: target)], after: after),
      shape: count.map { [$0] } ?? [])
  }

  @Test func `a target of a task that is not over is refused`() throws {
    var workflow = Workflow()
    workflow.clientDirectory = "/w"
    _ = try workflow.add([item("a", "out"), item("e", "e.{member}", count: 10)])
    for (target, name) in [("out", "a"), ("/w/out", "a"), ("/w/x/../out", "a"), ("/w/e.3", "e"), ("e.{member}", "e")] {
      let error = try #require(throws: (any Error).self) {
        try workflow.add([item("b", target, count: target.contains("{") ? 2 : nil)])
      }
      #expect("\(error)".contains("task 'b' and task '\(name)', which is not over, have the same target"), "\(error)")
    }
    _ = try workflow.add([item("after", "out", after: ["a"]), item("other", "e.10")])
  }

  @Test func `one that is over has left it`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("a", "out")])
    for task in workflow.takeReady(limit: 1) { _ = workflow.finish(task.id, .done) }
    _ = try workflow.add([item("b", "out")])
    #expect(throws: (any Error).self) { try workflow.add([item("c", "out")]) }
  }
}
