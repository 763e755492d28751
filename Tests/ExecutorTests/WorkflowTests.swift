import SessionModel
import TestSupport
import Testing
import Work

@testable import Executor

@Suite struct WorkflowTests {
  private func message<E: ScalemsError>(_ type: E.Type, _ items: [WorkItem], in workflow: Workflow = Workflow())
    -> String?
  {
    var copy = workflow
    let error = #expect(throws: type) { try copy.add(items) }
    #expect(copy.count == workflow.count, "all of them or none")
    return error?.message
  }

  /// Dispatches what is ready and returns the numbers.
  private func ready(_ workflow: inout Workflow, _ limit: Int = .max) -> [Int] {
    workflow.takeReady(limit: limit).map(\.id.index)
  }

  @Test func `names are unique`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("a")])
    #expect(message(DuplicateKeyError.self, [item("a")], in: workflow) == "there is already a task 'a'")
    #expect(message(DuplicateKeyError.self, [item("b"), item("b")]) == "there is already a task 'b'")
  }

  @Test func `where functions have run, programs get what their workers leave`() throws {
    var pilot = PilotSize.ofSession(cores: 8, gpus: nil, hasRaptor: true)
    pilot.workerCores = 6
    let call = WorkItem(TaskDescription(name: "f", function: FunctionCall(module: "m", name: "f")))
    let wide = WorkItem(TaskDescription(name: "p", argv: ["x"], resources: TaskResources(ranks: 2)))
    var before = Workflow()
    #expect(throws: Never.self) { try before.add([wide], on: pilot) }
    var after = Workflow()
    _ = try after.add([call], on: pilot)
    let error = #expect(throws: ValueError.self) { try after.add([wide], on: pilot) }
    #expect(error?.message.contains("its workers, for functions, 6") ?? false)
    #expect(after.count == 1)
    pilot.workerCores = 0
    #expect(throws: Never.self) { try after.add([wide], on: pilot) }
  }

  @Test func `shapes other than one-dimensional are not there yet`() {
    #expect(
      message(MissingImplementationError.self, [WorkItem(TaskDescription(name: "m", argv: ["x"]), shape: [2, 3])])
        == "'ensemble' in task 'm' must be one number: only one-dimensional ensembles are supported")
    #expect(
      message(ValueError.self, [item("m", count: 0)])
        == "'ensemble' in task 'm' must be a whole number of at least 1, found '0'")
    #expect(message(ValueError.self, [item("m", count: -1)]) != nil)
    #expect(message(ValueError.self, [item("m", count: .max)]) != nil)
  }

  @Test func `impossible descriptions are refused, each with its reason`() {
    func refused(_ change: (inout TaskDescription) -> Void) -> String? {
      var description = TaskDescription(name: "a", argv: ["x"])
      change(&description)
      var workflow = Workflow()
      do { _ = try workflow.add([WorkItem(description)]) } catch { return (error as? ValueError)?.message }
      return nil
    }
    #expect(
      refused { $0.argv = [] }
        == "'argv' in task 'a' names no program: it begins with the program to run")
    #expect(
      refused { $0.resources.ranks = 0 }
        == "'ranks' in task 'a' must be a whole number of at least 1, found '0'")
    #expect(refused { $0.resources.coresPerRank = -1 } != nil)
    #expect(
      refused { $0.resources.gpusPerRank = -1 }
        == "'gpus_per_rank' in task 'a' must be a whole number of at least 0, found '-1'")
    #expect(refused { $0.timeout = 0 } == "'timeout' in task 'a' must be more than 0 seconds, found '0'")
    #expect(refused { $0.timeout = .infinity } != nil)
    #expect(
      refused { $0.retries = 251 }
        == "'retries' in task 'a' is too large: 251, at most 250 is possible")
    #expect(refused { $0.retries = -1 } != nil)
    let call = FunctionCall(module: "m", name: "f")
    #expect(refused { ($0.argv, $0.function, $0.raptor) = ([], call, true) } == nil)
    #expect(refused { ($0.function, $0.raptor) = (call, true) } != nil)
    #expect(
      refused { ($0.argv, $0.function) = ([], call) }
        == "task 'a' is a function and cannot have 'raptor: false': a function runs in a worker of the raptor")
    #expect(refused { ($0.argv, $0.function, $0.raptor, $0.stdin) = ([], call, true, .text("")) } != nil)
    #expect(refused { ($0.argv, $0.function, $0.raptor, $0.preExec) = ([], call, true, ["x"]) } != nil)
    #expect(refused { ($0.argv, $0.function, $0.raptor, $0.resources.ranks) = ([], call, true, 2) } != nil)
  }

  @Test func `what waits for nothing that exists is refused`() {
    #expect(
      message(ValueError.self, [item("a", after: ["b"])]) == "task 'a' is after 'b', which is no task here")
    #expect(
      message(ValueError.self, [item("e", count: 2), item("a", after: ["e.2"])])
        == "task 'a' is after 'e.2', but 'e' has the members 0 to 1")
    #expect(
      message(ValueError.self, [item("e", count: 2), item("a", after: ["e.{member}"])])
        == "'after' in task 'a' has {member}, but the task is no ensemble (ensemble: N)")
    #expect(
      message(ValueError.self, [item("e", count: 2), item("a", count: 3, after: ["e.{member}"])])
        == "task 'a' has 3 members and each is after its own of 'e', which has only 2")
    #expect(message(ValueError.self, [item("e", count: 2), item("a", after: ["e.x"])]) != nil)
  }

  @Test func `a circle is refused and named`() {
    #expect(
      message(
        ValueError.self, [item("x"), item("a", after: ["c"]), item("b", after: ["a"]), item("c", after: ["b", "x"])])
        == "tasks wait for each other: a → c → b → a")
    #expect(message(ValueError.self, [item("a", after: ["a"])]) == "tasks wait for each other: a → a")
    #expect(message(ValueError.self, [item("e", count: 2, after: ["e.{member}"])]) != nil)
  }

  @Test func `a long chain is checked without a deep stack`() throws {
    var workflow = Workflow()
    let chain = [item("i0")] + (1..<20_000).map { item("i\($0)", after: ["i\($0 - 1)"]) }
    _ = try workflow.add(chain.reversed())
    #expect(ready(&workflow) == [19_999])
    let canceled = workflow.finish(TaskID(19_999), .failed)
    #expect(canceled.count == 19_999)
    #expect(canceled.first?.reason == "i0 is FAILED")
    #expect(canceled.last?.reason == "i19998 is CANCELED")
    #expect(workflow.isFinished)
  }

  @Test func `an item waits for all members of an ensemble`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("e", count: 3), item("a", after: ["e"]), item("b", after: ["a", "e"])])
    #expect(ready(&workflow) == [0, 1, 2])
    for id in 0..<3 {
      #expect(!workflow.hasReady)
      #expect(workflow.finish(TaskID(id), .done).isEmpty)
    }
    #expect(ready(&workflow) == [3])
    _ = workflow.finish(TaskID(3), .done)
    #expect(ready(&workflow) == [4])
  }

  @Test func `an item may wait for one member, and each member for its like`() throws {
    var workflow = Workflow()
    _ = try workflow.add([
      item("e", count: 3), item("one", after: ["e.1"]), item("f", count: 3, after: ["e.{member}"]),
      item("g", count: 2, after: ["f.{member}", "one"]),
    ])
    #expect(ready(&workflow) == [0, 1, 2])
    _ = workflow.finish(TaskID(1), .done)
    #expect(ready(&workflow) == [3, 5])
    _ = workflow.finish(TaskID(5), .done)
    #expect(ready(&workflow).isEmpty, "g.1 waits for 'one', too")
    _ = workflow.finish(TaskID(3), .done)
    #expect(ready(&workflow) == [8])
    #expect(workflow.finish(TaskID(0), .failed).map(\.0.index).sorted() == [4, 7])
    #expect(workflow.state(of: TaskID(6)) == .new)
    _ = workflow.finish(TaskID(2), .done)
    #expect(ready(&workflow) == [6])
  }

  @Test func `a diamond is canceled once`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("a"), item("b", after: ["a"]), item("c", after: ["a"]), item("d", after: ["b", "c"])])
    let canceled = workflow.finish(TaskID(0), .canceled)
    #expect(canceled.map(\.0.index).sorted() == [1, 2, 3])
    #expect(workflow.counts == ["CANCELED": 4])
  }

  @Test func `a big fan-out is canceled in one go`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("a"), item("e", count: 100_000, after: ["a"]), item("z", after: ["e"])])
    let canceled = workflow.finish(TaskID(0), .failed)
    #expect(canceled.count == 100_001)
    #expect(canceled.allSatisfy { $0.reason == "a is FAILED" || $0.reason.hasPrefix("e.") })
    #expect(workflow.isFinished)
  }

  @Test func `items that are added later count what is done already`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("a"), item("e", count: 2)])
    _ = ready(&workflow)
    for id in 0...1 { _ = workflow.finish(TaskID(id), .done) }
    _ = try workflow.add([
      item("b", after: ["a"]), item("c", after: ["e.0"]), item("d", count: 2, after: ["e.{member}"]),
      item("f", after: ["e"]),
    ])
    #expect(ready(&workflow) == [3, 4, 5])
    _ = workflow.finish(TaskID(2), .done)
    #expect(ready(&workflow) == [6, 7])
  }

  @Test func `tasks that come back are next, in their order`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("e", count: 6)])
    #expect(ready(&workflow, 4) == [0, 1, 2, 3])
    workflow.putBack([TaskID(1), TaskID(2)])
    #expect(ready(&workflow, 3) == [1, 2, 4])
    #expect(workflow.attempt(of: TaskID(1)) == 1)
  }

  @Test func `the first final state wins`() throws {
    var workflow = Workflow()
    _ = try workflow.add([item("e", count: 3)])
    _ = ready(&workflow)
    _ = workflow.finish(TaskID(1), .failed)
    #expect(workflow.finish(TaskID(1), .done).isEmpty)
    #expect((0..<3).map { workflow.state(of: TaskID($0)) } == [.tmgrScheduling, .failed, .tmgrScheduling])
  }

  /// Random graphs, random outcomes: every task comes to an end, and in an order that its dependencies allow.
  @Test(arguments: 0..<20)
  func `random workflows come to their end`(_ seed: UInt64) throws {
    var numbers = SeededNumbers(seed)
    var workflow = Workflow()
    var items: [WorkItem] = []
    for number in 0..<40 {
      let count = Bool.random(using: &numbers) ? Int.random(in: 1...5, using: &numbers) : nil
      var after: [String] = []
      for other in items where Int.random(in: 0..<12, using: &numbers) == 0 {
        switch (other.shape.first, Int.random(in: 0..<3, using: &numbers)) {
        case (let size?, 0) where size >= count ?? .max: after.append(other.description.name + ".{member}")
        case (let size?, 1): after.append("\(other.description.name).\(Int.random(in: 0..<size, using: &numbers))")
        default: after.append(other.description.name)
        }
      }
      items.append(item("i\(number)", count: count, after: after))
    }
    var offered = items[...]
    var running: [TaskID] = []
    while !workflow.isFinished || !offered.isEmpty {
      if let next = offered.popFirst() { _ = try workflow.add([next]) }
      running += workflow.takeReady(limit: 3).map(\.id)
      if let index = running.indices.randomElement(using: &numbers) {
        let id = running.remove(at: index)
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0: _ = workflow.finish(id, .failed)
        case 1: workflow.retry(id)
        case 2: workflow.putBack([id])
        default: _ = workflow.finish(id, .done)
        }
      } else if offered.isEmpty, !workflow.hasReady {
        break
      }
    }
    #expect(workflow.isFinished, "stuck: \(workflow.counts)")
  }
}
