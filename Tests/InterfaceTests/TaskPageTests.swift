import SessionModel
import Terminal
import Testing
import Work

@testable import Interface

@Suite struct TaskPageTests {
  private func answer(
    _ fixture: inout Fixture, _ effects: [Effect], _ output: FakeOutput, path: String? = "/s/tasks/task.000043/stderr"
  ) -> [Effect] {
    effects.requests.flatMap { request in
      var answer = output.answer(request)
      answer.path = path
      return fixture.state.update(.output(request.output, answer), at: fixture.now)
    }
  }

  @Test func `two keys lead to what the next failed task said`() {
    var fixture = Fixture.ensembles()
    let effects = fixture.press(.character("f"), .enter)
    #expect(effects.reads == [OutputID(TaskID(43), .stderr)])
    _ = answer(&fixture, effects, FakeOutput(lines: ["Segmentation fault"]))
    let text = fixture.screen().text
    #expect(text.contains("Segmentation fault") && text.contains("stderr"))
    #expect(text.contains("signal 11 (SEGV)"))
    #expect(text.contains("/s/tasks/task.000043"), "where it is")
  }

  @Test func `when it said nothing there, the other stream is shown, and one that a person chose stays`() {
    var fixture = Fixture.ensembles()
    var effects = fixture.press(.character("f"), .enter)
    effects = answer(&fixture, effects, FakeOutput(lines: []))
    #expect(effects.reads == [OutputID(TaskID(43), .stdout)])
    _ = answer(&fixture, effects, FakeOutput(lines: ["all of it"]))
    #expect(fixture.screen().text.contains("all of it"))
    effects = fixture.press(.character("o"))
    #expect(answer(&fixture, effects, FakeOutput(lines: [])) == [])
    #expect(fixture.state.detail?.stream == .stderr)
  }

  @Test func `the page says how long a task was in each state, and what became of what it waits for`() {
    var fixture = Fixture(isFlat: false)
    fixture.open()
    fixture.add("one")
    fixture.add("many", count: 3)
    var description = TaskDescription(name: "last", argv: ["x"], after: ["one", "many", "many.2"])
    description.retries = 2
    fixture.events(.tasksAdded(TaskBatch(first: TaskID(4), description: description, members: .single)))
    fixture.move([0, 1], .agentExecuting)
    fixture.wait(10)
    fixture.move([0, 1], .done)
    fixture.move([2], .failed, TaskResult(exitCode: 1))
    fixture.move([4], .agentSchedulingPending)
    fixture.wait(20)
    fixture.move([4], .agentExecuting, TaskResult(attempt: 2))
    fixture.wait(5)
    fixture.settle()
    fixture.state.go(to: TaskID(4))
    fixture.press(.enter)
    let text = fixture.screen().text
    for words in [
      "10.0s  added", "20.0s  ready", "0:05  started", "one  ✓ done", "many  1 of 3 done, 1 failed or canceled",
      "many.2  W waiting", "2 of 3",
    ] {
      #expect(text.contains(words), "\(words) in\n\(text)")
    }
    let bars = text.split(separator: "\n").filter { $0.contains("░") || $0.contains("──█") || $0.contains("█") }
    #expect(!bars.isEmpty)
  }

  @Test func `long lines are seen sideways, and the way back is Esc alone`() {
    var fixture = Fixture.ensembles()
    let line = (0..<40).map { "column\($0 * 10) " }.joined()
    let effects = fixture.press(.character("f"), .enter)
    _ = answer(&fixture, effects, FakeOutput(lines: [line]))
    #expect(!fixture.screen().text.contains("column200"))
    for _ in 0..<6 { fixture.press(.right) }
    #expect(fixture.screen().text.contains("column200"))
    for _ in 0..<100 { fixture.press(.right) }
    #expect(fixture.screen().text.contains("column390"), "its end stays in view")
    for _ in 0..<100 { fixture.press(.left) }
    #expect(fixture.screen().text.contains("column0"))
    #expect(fixture.state.detail != nil)
    fixture.press(.character("w"), .right)
    #expect(fixture.state.detail?.output.column == 0)
  }

  @Test func `the outputs of earlier attempts are shown, one after the other`() {
    var fixture = Fixture()
    fixture.open()
    fixture.add("one")
    fixture.move([0], .agentExecuting)
    fixture.press(.enter)
    #expect(fixture.press(.character("a")) == [])
    fixture.move([0], .new, TaskResult(attempt: 2))
    fixture.move([0], .agentExecuting, TaskResult(attempt: 3))
    #expect(fixture.press(.character("a")).reads == [OutputID(TaskID(0), .stdout, attempt: 2)])
    #expect(fixture.screen().text.contains("stdout of attempt 2"))
    #expect(fixture.press(.character("o")).reads == [OutputID(TaskID(0), .stderr, attempt: 2)])
    #expect(fixture.press(.character("a")).reads == [OutputID(TaskID(0), .stderr, attempt: 1)])
    #expect(fixture.press(.character("a")).reads == [OutputID(TaskID(0), .stderr)])
  }

  @Test func `pager and editor get the path, when there is one`() {
    var fixture = Fixture.ensembles()
    let effects = fixture.press(.character("f"), .enter)
    #expect(fixture.press(.character("v"), .character("e")) == [])
    _ = answer(&fixture, effects, FakeOutput(lines: ["x"]))
    #expect(fixture.press(.character("v")) == [.show("/s/tasks/task.000043/stderr", .pager)])
    #expect(fixture.press(.character("e")) == [.show("/s/tasks/task.000043/stderr", .editor)])
  }

  @Test func `what is copied is chosen`() {
    var fixture = Fixture.ensembles()
    fixture.press(.character("f"))
    #expect(fixture.press(.character("y"), .character("u")) == [.copy("task.000043")])
    #expect(fixture.press(.character("y"), .character("n")) == [.copy("production-run.2")])
    #expect(fixture.press(.character("y"), .escape) == [])
    #expect(fixture.press(.character("y"), .enter) == [.copy("task.000043")])
    let effects = fixture.press(.enter)
    _ = answer(&fixture, effects, FakeOutput(lines: ["x"]))
    #expect(fixture.press(.character("y"), .character("p")) == [.copy("/s/tasks/task.000043/stderr")])
    #expect(fixture.press(.character("y"), .character("d")) == [.copy("/s/tasks/task.000043")])
    #expect(fixture.state.detail != nil && fixture.state.copyMenu == nil)
  }
}
